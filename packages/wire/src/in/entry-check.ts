import type { MessageKind, Origin } from '@bus/core';
import { field } from '../frames/frames.ts';
import { Offer } from '../interest/offer.ts';
import type { Offers } from '../interest/offers.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { ReadMessage } from './read-message.ts';
import type { ReceivedMessage } from './received-message.ts';

/** Endpoints come and go, names stay: verdicts of those that went are forgotten in the end. */
const mostVerdicts = 1024;

/** Which of the messages of one peer may come in, and which interest of this bus each is for. */
export class EntryCheck {
  /** Messages that came back to their own bus, and that may not come in. */
  readonly refused: { loops: number; forbidden: number } = { loops: 0, forbidden: 0 };
  /** Whether the message before had come back to its own bus. */
  looped = false;
  readonly #context: LinkContext;
  readonly #origin: Origin;
  readonly #offers: Offers;
  /** What a message refers to that the peer has been told is gone. */
  readonly #nobody: Offer = new Offer(0, '', undefined, () => false);

  constructor(context: LinkContext, origin: Origin, offers: Offers) {
    this.#context = context;
    this.#origin = origin;
    this.#offers = offers;
  }

  /** The interest a message is for, unless the message may not come in. */
  offerOf(kind: MessageKind, message: ReadMessage): Offer | undefined {
    const { interest, topic, flags, idPrefix } = message;
    this.looped = (flags & field.relayed) !== 0 && this.#isOwn(idPrefix);
    if (this.looped) {
      this.refused.loops++;
      return undefined;
    }
    const offer = this.#offers.of(interest);
    if (offer === undefined) return this.#nobody;
    let permitted = topic.permitted?.get(offer);
    if (permitted === undefined) {
      permitted = this.#permits(offer, topic.text);
      if (topic.permitted === undefined || topic.permitted.size >= mostVerdicts) {
        topic.permitted = new Map();
      }
      topic.permitted.set(offer, permitted);
    }
    if (permitted && offer.isOf(kind)) return offer;
    this.refused.forbidden++;
    return undefined;
  }

  /** The further interest that a message is for, if it came in itself and may be for that too. */
  alsoFor(interest: number, message: ReceivedMessage | undefined): Offer | undefined {
    if (message !== undefined) {
      const offer = this.#offers.of(interest);
      if (offer === undefined) return this.#nobody;
      if (offer.isOf(message.kind) && offer.takes(message.topic, this.#context.host.limits))
        return offer;
    }
    if (this.looped) this.refused.loops++;
    else this.refused.forbidden++;
    return undefined;
  }

  /** Whether ids that begin so are of this bus, or of a plugin of it. */
  #isOwn(idPrefix: string | undefined): boolean {
    return idPrefix?.startsWith(this.#context.idPrefix) ?? false;
  }

  #permits(offer: Offer, topic: string): boolean {
    if (!offer.takes(topic, this.#context.host.limits)) return false;
    const authorize = this.#context.authorize();
    return authorize === undefined || authorize(this.#origin.principal, 'send', topic) === true;
  }
}
