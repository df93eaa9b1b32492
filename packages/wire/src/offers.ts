import type { Endpoint, MessageKind, Origin } from '@bus/core';
import { topicFault } from '@bus/core';
import type { Interest, WirePattern } from './interest.ts';
import type { LinkContext } from './link-context.ts';
import { distanceOf } from './link-context.ts';
import type { Reach } from './reach.ts';
import { membersOf, reachOf } from './reach.ts';
import type { ReceivedMessage } from './received-message.ts';

/** Equal endpoints of this bus, as one interest that the peer knows. */
export class Offer {
  readonly id: number;
  readonly key: string;
  readonly within: readonly string[] | undefined;
  /** Best first; a new list at every change, since the kernel keeps what it knows of a list. */
  endpoints: readonly Endpoint[] = [];
  /** Messages for it that wait for room, and keep their order; undefined while there is room. */
  waiting: ReceivedMessage[] | undefined;
  /** As the peer was last told; 0 before that. */
  distance = 0;
  /** As the peer was last told. */
  reach: Reach = [];
  readonly #permitted: (topic: string) => boolean;

  constructor(
    id: number,
    key: string,
    within: readonly string[] | undefined,
    permitted: (topic: string) => boolean,
  ) {
    this.id = id;
    this.key = key;
    this.within = within;
    this.#permitted = permitted;
  }

  isOf(kind: MessageKind): boolean {
    return this.endpoints[0]?.policy.kinds.includes(kind) ?? false;
  }

  /** Whether a peer may send it messages on a topic. To be asked once per name of the link. */
  takes(topic: string, context: LinkContext): boolean {
    const [endpoint] = this.endpoints;
    if (endpoint === undefined || topicFault(topic, context.host.limits) !== undefined)
      return false;
    if (!matches(endpoint, topic)) return false;
    return this.within === undefined || this.#permitted(topic);
  }
}

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

  /** @param most - how many interests the peer takes. */
  constructor(context: LinkContext, origin: Origin, most: number) {
    this.#context = context;
    this.#origin = origin;
    this.#most = most;
  }

  get count(): number {
    return this.#byId.size;
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
    const offered = [...this.#changed].map((offer) => interestOf(offer));
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
    this.#revoked.push(offer.id);
  }
}

function matches(endpoint: Endpoint, topic: string): boolean {
  const { matcher, pattern } = endpoint;
  if (matcher === undefined) return pattern === topic;
  // What does not begin with `$bus` is about the program's own topics.
  if (topic.startsWith('$bus.') && !/^\^?\\?\$bus/.test(textOf(endpoint))) return false;
  return matcher.matches(endpoint, topic);
}

function textOf({ pattern }: Endpoint): string {
  return typeof pattern === 'string' ? pattern : pattern.source;
}

function wirePattern({ pattern }: Endpoint): WirePattern {
  return typeof pattern === 'string' ? pattern : { source: pattern.source, flags: pattern.flags };
}

/** What the key function of `latest` makes of a message, only this bus can tell. */
function overflowOf({ policy }: Endpoint): Interest['overflow'] {
  const { overflow, keyOf: ownKey } = policy;
  return overflow === 'latest' && ownKey !== undefined ? 'drop-oldest' : overflow;
}

/** Endpoints of one key are one interest. */
function keyOf(endpoint: Endpoint): string {
  const { group, policy } = endpoint;
  const { kinds, priority, capacity } = policy;
  return JSON.stringify([
    wirePattern(endpoint),
    kinds,
    group,
    priority,
    capacity,
    overflowOf(endpoint),
    endpoint.acknowledges,
  ]);
}

function interestOf({ id, endpoints, within, distance, reach }: Offer): Interest {
  const members = membersOf(reach);
  const [first] = endpoints as readonly [Endpoint];
  const { kinds, priority, capacity } = first.policy;
  return {
    id,
    pattern: wirePattern(first),
    within,
    kinds,
    name: first.name,
    group: first.group,
    priority,
    capacity,
    overflow: overflowOf(first),
    distance,
    acknowledges: first.acknowledges || undefined,
    members: members === 1 ? undefined : members,
    reach: reach.length > 1 ? reach : undefined,
  };
}
