import type { ReceiveExtras } from '@bus/core';
import type { LinkContext } from './link-context.ts';
import type { Offer } from './offers.ts';
import type { ReceivedMessage } from './received-message.ts';

/** What a link tells its inbox, and wants to know. */
export interface InboxOwner {
  /** A message has been accepted: credit for its sender. */
  accepted(bytes: number): void;
  /** Asks the peer to send no more for an interest, or to go on. */
  hold(interest: number, on: boolean): void;
}

type MutableExtras = { -readonly [K in keyof ReceiveExtras]: ReceiveExtras[K] };

/**
 * Hands messages to the kernel. Where an endpoint has no room, the messages of its interest wait here
 * in order, bounded by the credit of the link, and the other interests go on.
 */
export class Inbox {
  readonly #context: LinkContext;
  readonly #owner: InboxOwner;
  /** One for all messages: the kernel reads it before it returns. */
  readonly #extras: MutableExtras = {};

  constructor(context: LinkContext, owner: InboxOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  take(offer: Offer, message: ReceivedMessage): void {
    if (offer.waiting !== undefined) {
      if (offer.waiting.length === 0) this.#owner.hold(offer.id, true);
      offer.waiting.push(message);
      return;
    }
    const answer = this.#receive(offer, message);
    if (typeof answer === 'number') this.#owner.accepted(message.size);
    else this.#await(offer, message, answer);
  }

  #receive(offer: Offer, message: ReceivedMessage): number | Promise<number> {
    const { kind, topic, payload, traits, sequence, stamp, scatter, completion } = message;
    const extras = this.#extras;
    extras.targets = offer.endpoints;
    extras.sequence = sequence;
    extras.stamp = stamp;
    extras.scatter = scatter;
    extras.completion = completion;
    return this.#context.host.receive(kind, topic, payload, traits, extras);
  }

  #await(offer: Offer, message: ReceivedMessage, answer: Promise<number>): void {
    offer.waiting ??= [];
    const settled = (): void => {
      this.#owner.accepted(message.size);
      this.#next(offer);
    };
    answer.then(settled, settled);
  }

  /** There is room again: those that waited go first. */
  #next(offer: Offer): void {
    const { waiting } = offer;
    if (waiting === undefined) return;
    let held = false;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      held = true;
      const answer = this.#receive(offer, next);
      if (typeof answer !== 'number') {
        this.#await(offer, next, answer);
        if (waiting.length === 0) this.#owner.hold(offer.id, false);
        return;
      }
      this.#owner.accepted(next.size);
    }
    offer.waiting = undefined;
    if (held) this.#owner.hold(offer.id, false);
  }
}
