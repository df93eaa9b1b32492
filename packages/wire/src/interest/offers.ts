import type { Endpoint, Origin } from '@bus/core';
import type { LinkContext } from '../link/link-context.ts';
import type { Interest } from './interest.ts';
import { keyOf, Offer } from './offer.ts';
import { distanceOf, reachOf } from './reach.ts';

/** What this bus offers one peer: its endpoints, as far as `export` lets them be seen. */
export class Offers {
  readonly #context: LinkContext;
  readonly #origin: Origin;
  readonly #most: number;
  readonly #byId = new Map<number, Offer>();
  readonly #byKey = new Map<string, Offer>();
  readonly #byEndpoint = new Map<Endpoint, Offer>();
  readonly #changed = new Set<Offer>();
  readonly #revoked: number[] = [];
  #next = 1;
  #left = false;
  /** The log says so once: how many the peer takes is its choice. */
  #isFull = false;

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
    const { pattern } = endpoint;
    const scope = this.#context.exports.scope(pattern);
    if (scope === undefined) return;
    const key = keyOf(endpoint);
    const offer = this.#byKey.get(key) ?? this.#create(key, scope === 'all' ? undefined : scope);
    if (offer === undefined) return;
    offer.endpoints = [...offer.endpoints, endpoint];
    this.#byEndpoint.set(endpoint, offer);
    this.#update(offer);
  }

  remove(endpoint: Endpoint): void {
    const offer = this.#byEndpoint.get(endpoint);
    if (offer === undefined) return;
    this.#byEndpoint.delete(endpoint);
    offer.endpoints = offer.endpoints.filter((other) => other !== endpoint);
    if (offer.endpoints.length > 0) this.#update(offer);
    else this.#revoke(offer);
  }

  /** An endpoint has come nearer or gone farther. */
  change(endpoint: Endpoint): void {
    if (!this.#byEndpoint.has(endpoint)) this.add(endpoint);
    else if (!this.#isOffered(endpoint)) this.remove(endpoint);
    else {
      const offer = this.#byEndpoint.get(endpoint);
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
    const offered = [...this.#changed].map((offer) => offer.asInterest());
    for (const offer of this.#changed) offer.isTold = true;
    this.#changed.clear();
    return { offered, revoked: this.#revoked.splice(0) };
  }

  /** Endpoints of the peer itself, and what has come too far, are not offered. */
  #isOffered(endpoint: Endpoint): boolean {
    const { origin } = endpoint.extras ?? {};
    if (origin === undefined) return true;
    const { relay, host } = this.#context;
    return relay && origin !== this.#origin && distanceOf(endpoint) < host.limits.hops;
  }

  #create(key: string, within: readonly string[] | undefined): Offer | undefined {
    if (this.#byId.size >= this.#most) {
      if (this.#isFull) return undefined;
      this.#isFull = true;
      this.#context.host.log.warn(
        `the peer '${this.#origin.peer}' takes ${this.#most} interests, and there are more: it will not see all`,
      );
      return undefined;
    }
    const { exports } = this.#context;
    const offer = new Offer(this.#next++, key, within, (topic) => exports.allows(topic));
    this.#byId.set(offer.id, offer);
    this.#byKey.set(key, offer);
    return offer;
  }

  #update(offer: Offer): void {
    const distance = 1 + Math.min(...offer.endpoints.map(distanceOf));
    const reach = reachOf(offer.endpoints, this.#context.host.limits.hops);
    if (distance === offer.distance && String(reach) === String(offer.reach)) return;
    offer.distance = distance;
    offer.reach = reach;
    this.#changed.add(offer);
  }

  #revoke(offer: Offer): void {
    this.#byId.delete(offer.id);
    this.#byKey.delete(offer.key);
    offer.endpoints = [];
    this.#changed.delete(offer);
    if (offer.isTold) this.#revoked.push(offer.id);
  }
}
