import type { Endpoint, Origin } from '@bus/core';
import type { LinkContext } from '../link/link-context.ts';
import type { Interest } from './interest.ts';
import { canBeTold, keyOf, Offer } from './offer.ts';
import { distanceOf } from './reach.ts';

/** What this bus offers one peer: its endpoints, as far as `receive` lets them be seen. */
export class Offers {
  readonly #context: LinkContext;
  readonly #origin: Origin;
  readonly #most: number;
  readonly #byId = new Map<number, Offer>();
  readonly #byKey = new Map<string, Offer>();
  readonly #byEndpoint = new Map<Endpoint, Offer>();
  readonly #changed = new Set<Offer>();
  #revoked: number[] = [];
  /** Endpoints that the peer does not see, since it takes no more interests. */
  readonly #leftOut = new Set<Endpoint>();
  /** That there are such is said once. */
  #warned = false;
  #next = 1;
  #left = false;

  /** @param most - how many interests the peer takes. */
  constructor(context: LinkContext, origin: Origin, most: number) {
    this.#context = context;
    this.#origin = origin;
    this.#most = most;
  }

  get count(): number {
    return this.#byId.size;
  }

  /** How many interests there have ever been. */
  get made(): number {
    return this.#next - 1;
  }

  of(id: number): Offer | undefined {
    return this.#byId.get(id);
  }

  add(endpoint: Endpoint): void {
    if (this.#left || !this.#isOffered(endpoint)) return;
    const key = keyOf(endpoint);
    const offer = this.#byKey.get(key) ?? this.#create(key, endpoint);
    if (offer === undefined) return;
    offer.set(endpoint);
    this.#byEndpoint.set(endpoint, offer);
    this.#update(offer);
  }

  remove(endpoint: Endpoint): void {
    this.#leftOut.delete(endpoint);
    const offer = this.#byEndpoint.get(endpoint);
    if (offer === undefined) return;
    this.#byEndpoint.delete(endpoint);
    offer.delete(endpoint);
    if (!offer.isEmpty) this.#update(offer);
    else this.#revoke(offer);
  }

  /** An endpoint has come nearer or gone farther. */
  change(endpoint: Endpoint): void {
    if (!this.#byEndpoint.has(endpoint)) this.add(endpoint);
    else if (!this.#isOffered(endpoint)) this.remove(endpoint);
    else {
      const offer = this.#byEndpoint.get(endpoint);
      offer?.set(endpoint);
      if (offer !== undefined) this.#update(offer);
    }
  }

  /**
   * Nothing new is offered from here on. What was offered stays, for what the peer sent before it was
   * told; the peer itself takes it out of its routes.
   */
  leave(): void {
    this.#left = true;
  }

  /** What the peer has not been told yet. */
  news(): { readonly offered: readonly Interest[]; readonly revoked: readonly number[] } {
    const offered: Interest[] = [];
    for (const offer of this.#changed) {
      offer.isTold = true;
      offered.push(offer.asInterest());
    }
    this.#changed.clear();
    const revoked = this.#revoked;
    this.#revoked = [];
    this.#warn();
    return { offered, revoked };
  }

  /** Endpoints of the peer itself, and what has come too far, are not offered. */
  #isOffered(endpoint: Endpoint): boolean {
    const { origin } = endpoint.extras ?? {};
    if (origin === undefined) return true;
    const { relay, host } = this.#context;
    return relay && origin !== this.#origin && distanceOf(endpoint) < host.limits.hops;
  }

  #create(key: string, endpoint: Endpoint): Offer | undefined {
    const { receives } = this.#context;
    const scope = receives.scope(endpoint.pattern);
    if (scope === undefined) return undefined;
    if (!canBeTold(endpoint)) {
      const text = `the peer '${this.#origin.peer}' is not offered '${endpoint.label.slice(0, 100)}'`;
      this.#context.host.log.warn(`${text}: shorten its pattern and its group to 1,024 characters`);
      return undefined;
    }
    if (this.#byId.size >= this.#most) {
      this.#leftOut.add(endpoint);
      return undefined;
    }
    const within = scope === 'all' ? undefined : scope;
    const offer = new Offer(this.#next++, key, within, (topic) => receives.allows(topic));
    this.#byId.set(offer.id, offer);
    this.#byKey.set(key, offer);
    return offer;
  }

  #update(offer: Offer): void {
    if (offer.update(this.#context.host.limits.hops)) this.#changed.add(offer);
  }

  #revoke(offer: Offer): void {
    this.#byId.delete(offer.id);
    this.#byKey.delete(offer.key);
    this.#changed.delete(offer);
    // Of one that has come and gone in between, the peer knows nothing.
    if (offer.isTold) this.#revoked.push(offer.id);
    const [next] = this.#leftOut;
    if (next === undefined) return;
    this.#leftOut.delete(next);
    this.add(next);
  }

  #warn(): void {
    const [first] = this.#leftOut;
    if (first === undefined || this.#warned) return;
    this.#warned = true;
    const { size } = this.#leftOut;
    this.#context.host.log.warn(
      `the peer '${this.#origin.peer}' is offered ${this.#most} patterns and not the other ${size}, of which '${String(first.pattern)}' is the first: raise limits.interests at both ends`,
    );
  }
}
