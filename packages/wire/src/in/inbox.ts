import type { ReceiveExtras } from '@bus/core';
import type { Offer } from '../interest/offer.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { ReceivedMessage } from './received-message.ts';

/** What a link tells its inbox, and wants to know. */
export interface InboxOwner {
  /** So much waits to leave for the peer that nothing of its is begun. */
  readonly isFull: boolean;
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
  /** Interests whose endpoints have no room. */
  readonly #blocked = new Set<Offer>();
  /** Those of them that wait for the peer to read what it was sent. */
  readonly #unread = new Set<Offer>();
  /** Messages that wait, of all interests. */
  #parkedMessages = 0;
  #parkedBytes = 0;
  /** Those of them that their sender has no credit for yet. */
  readonly #owed = new Set<ReceivedMessage>();
  readonly #emptied: (() => void)[] = [];

  constructor(context: LinkContext, owner: InboxOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  take(offer: Offer, message: ReceivedMessage): void {
    if (this.#owner.isFull) this.#awaitReader(offer);
    if (offer.waiting !== undefined) {
      if (offer.waiting.length === 0) this.#owner.hold(offer.id, true);
      message.payload.leaveFrame();
      offer.waiting.push(message);
      this.#park(message);
      return;
    }
    const answer = this.#receive(offer, message);
    if (typeof answer === 'number') this.#owner.accepted(message.size);
    else this.#await(offer, answer, () => this.#owner.accepted(message.size));
  }

  /**
   * The link is gone. What waits goes to the kernel now, so that nothing of a new link overtakes it;
   * what finds no room there is refused, and counted.
   */
  close(): void {
    for (const offer of this.#blocked) {
      const waiting = offer.waiting ?? [];
      offer.waiting = undefined;
      for (const message of waiting) {
        const answer = this.#receive(offer, message);
        if (typeof answer !== 'number') answer.catch(() => undefined);
      }
    }
    this.#blocked.clear();
    this.#unread.clear();
    this.#owed.clear();
    this.#tellEmpty();
  }

  /** What was sent to the peer leaves again. */
  resume(): void {
    for (const offer of this.#unread) {
      if (this.#owner.isFull) return;
      this.#unread.delete(offer);
      this.#next(offer);
    }
  }

  /** Resolves when nothing waits here any more. */
  empty(): Promise<void> {
    if (this.#blocked.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  #tellEmpty(): void {
    for (const resolve of this.#emptied.splice(0)) resolve();
  }

  /**
   * One that waits is credit again as long as that fits one more window: those who are slow must not
   * hold the others up, who share the link's credit.
   */
  #park(message: ReceivedMessage): void {
    const { windowMessages, windowBytes } = this.#context.limits;
    this.#parkedMessages++;
    this.#parkedBytes += message.size;
    if (this.#parkedMessages > windowMessages || this.#parkedBytes > windowBytes) {
      this.#owed.add(message);
    } else this.#owner.accepted(message.size);
  }

  #unpark(message: ReceivedMessage): void {
    this.#parkedMessages--;
    this.#parkedBytes -= message.size;
    if (this.#owed.delete(message)) this.#owner.accepted(message.size);
  }

  #receive(offer: Offer, message: ReceivedMessage): number | Promise<number> {
    const { kind, topic, payload, traits, sequence, stamp, scatter, completion } = message;
    // Given up while it waited here.
    if (completion?.isAnswered) return 0;
    const extras = this.#extras;
    extras.targets = offer.endpoints;
    extras.sequence = sequence;
    extras.stamp = stamp;
    extras.scatter = scatter;
    extras.completion = completion;
    const answer = this.#context.host.receive(kind, topic, payload, traits, extras);
    // The kernel has more to do with it than it has done at once.
    if (typeof answer !== 'number' || offer.isBusy) payload.leaveFrame();
    return answer;
  }

  /** Keeps the messages of an interest here, unless they are here for want of room. */
  #awaitReader(offer: Offer): void {
    if (offer.waiting !== undefined) return;
    offer.waiting = [];
    this.#blocked.add(offer);
    this.#unread.add(offer);
  }

  #await(offer: Offer, answer: Promise<number>, accepted: () => void): void {
    offer.waiting ??= [];
    this.#blocked.add(offer);
    const settled = (): void => {
      accepted();
      this.#next(offer);
    };
    answer.then(settled, settled);
  }

  /** There is room again: those that waited go first. */
  #next(offer: Offer): void {
    const { waiting } = offer;
    if (waiting === undefined) return;
    let held = false;
    while (waiting.length > 0) {
      if (this.#owner.isFull) {
        this.#unread.add(offer);
        return;
      }
      const next = waiting.shift() as ReceivedMessage;
      held = true;
      const answer = this.#receive(offer, next);
      if (typeof answer !== 'number') {
        this.#await(offer, answer, () => this.#unpark(next));
        if (waiting.length === 0) this.#owner.hold(offer.id, false);
        return;
      }
      this.#unpark(next);
    }
    offer.waiting = undefined;
    this.#blocked.delete(offer);
    if (this.#blocked.size === 0) this.#tellEmpty();
    if (held) this.#owner.hold(offer.id, false);
  }
}
