import type { MessageKind, Origin } from '@bus/core';
import { topicFault } from '@bus/core';
import { field } from '../frames/frames.ts';
import { Offer } from '../interest/offer.ts';
import type { Offers } from '../interest/offers.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { ReadMessage, ReceivedName } from './read-message.ts';

/** Verdicts that are remembered of one peer, who chooses the names and interests they are about. */
const mostVerdicts = 16_384;

/**
 * The one way in for what a peer sends to somebody here: each message is asked here for each interest
 * it is for, whatever record says so.
 */
export class Door {
  /** Messages that came back to their own bus, and that may not come in. */
  readonly refused: { loops: number; forbidden: number } = { loops: 0, forbidden: 0 };
  /** Whether the message before had come back to its own bus. */
  looped = false;
  readonly #context: LinkContext;
  readonly #origin: Origin;
  readonly #offers: Offers;
  /** What a message refers to that the peer has been told is gone. */
  readonly #nobody: Offer = new Offer(0, '', undefined, () => false);
  /** Names that have verdicts, each of which counts. */
  readonly #judged: ReceivedName[] = [];
  #verdicts = 0;

  constructor(context: LinkContext, origin: Origin, offers: Offers) {
    this.#context = context;
    this.#origin = origin;
    this.#offers = offers;
  }

  /** The interest a message is for, unless it may not come in. */
  offerFor(
    kind: MessageKind,
    { interest, topic, flags, idPrefix }: ReadMessage,
  ): Offer | undefined {
    this.looped = (flags & field.relayed) !== 0 && this.#isOwn(idPrefix);
    if (this.looped) {
      this.refused.loops++;
      return undefined;
    }
    const wasOffered = interest > 0 && interest <= this.#offers.made;
    const offer = this.#offers.of(interest) ?? (wasOffered ? this.#nobody : undefined);
    if (offer === undefined) {
      this.refused.forbidden++;
      return undefined;
    }
    const mayPass = topic.permitted?.get(offer) ?? this.#judge(offer, topic);
    if (mayPass && (offer === this.#nobody || offer.isOf(kind))) return offer;
    this.refused.forbidden++;
    return undefined;
  }

  /** Whether messages may pass is asked anew: the peer is somebody else now. */
  forget(): void {
    for (const name of this.#judged.splice(0)) name.permitted = undefined;
    this.#verdicts = 0;
  }

  #judge(offer: Offer, name: ReceivedName): boolean {
    if (this.#verdicts >= mostVerdicts) this.forget();
    if (name.permitted === undefined) {
      name.permitted = new Map();
      this.#judged.push(name);
    }
    const mayPass = this.#permits(offer, name.text);
    name.permitted.set(offer, mayPass);
    this.#verdicts++;
    return mayPass;
  }

  #permits(offer: Offer, topic: string): boolean {
    const { host, receives } = this.#context;
    const { limits } = host;
    const isTaken =
      offer === this.#nobody
        ? topicFault(topic, limits) === undefined && receives.allows(topic)
        : offer.takes(topic, limits);
    if (!isTaken) return false;
    const authorize = this.#context.authorize();
    return authorize === undefined || authorize(this.#origin.principal, 'send', topic) === true;
  }

  /** Whether ids that begin so are of this bus, or of a plugin of it. */
  #isOwn(idPrefix: string | undefined): boolean {
    return idPrefix?.startsWith(this.#context.idPrefix) ?? false;
  }
}
