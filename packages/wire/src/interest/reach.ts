import type { Endpoint, EndpointDefinition, Overflow } from '@bus/core';

/**
 * How many endpoints an interest stands for, by how many links they are away. A bare sum would be
 * told around a ring of links for ever, each time larger; what is by distance ends at `limits.hops`.
 */
export type Reach = readonly number[];

/** What an endpoint that stands for a peer's says of itself to the other links. */
export interface RemoteDefinition extends EndpointDefinition {
  /** Links between this bus and the nearest endpoint it stands for. */
  distance: number;
  /** How many endpoints it stands for. */
  members: number;
  /** The same by distance from its peer. */
  reach: Reach;
  /** What the peer's mailbox does when it is full, which other links are told. */
  readonly overflowThere: Overflow;
}

/** Endpoints that one interest stands for, as far as they are counted. */
export const mostMembers = 65_535;
/** Links over which they are counted, at the most. */
export const longestReach = 64;

/** Links between this bus and an endpoint: none where it is of this bus. */
export function distanceOf(endpoint: Endpoint): number {
  if (endpoint.kind === 'local') return 0;
  return (endpoint.extras as Partial<RemoteDefinition>).distance ?? 1;
}

/** How far one endpoint is, and what it reaches, when that was last looked at. */
interface Member {
  readonly distance: number;
  readonly reach: Reach;
}

/** Equal endpoints, with what they reach together; one more or less costs a count. */
export class Members {
  readonly #members = new Map<Endpoint, Member>();
  /** By distance, how many endpoints are so far away. */
  readonly #distances = new Map<number, number>();
  /** By distance, how many endpoints they stand for. */
  readonly #reach: number[] = [];

  get size(): number {
    return this.#members.size;
  }

  /** In the order they came. */
  get endpoints(): Iterable<Endpoint> {
    return this.#members.keys();
  }

  /** The one that came first; there has to be one. */
  get first(): Endpoint {
    const [first] = this.#members.keys();
    return first as Endpoint;
  }

  /** The distance of the nearest. */
  get nearest(): number {
    let nearest = Number.POSITIVE_INFINITY;
    for (const distance of this.#distances.keys()) nearest = Math.min(nearest, distance);
    return nearest;
  }

  /** Takes an endpoint in, or finds out how far it is now. */
  set(endpoint: Endpoint): void {
    this.#uncount(endpoint);
    const { reach: beyond = [1] } = (endpoint.extras ?? {}) as Partial<RemoteDefinition>;
    const reach = endpoint.isRemote ? [0, ...beyond.slice(0, longestReach)] : [1];
    const member = { distance: distanceOf(endpoint), reach };
    this.#members.set(endpoint, member);
    this.#count(member, 1);
  }

  delete(endpoint: Endpoint): void {
    this.#uncount(endpoint);
    this.#members.delete(endpoint);
  }

  /** What they reach together: those of a group are one. */
  reach(hops: number): Reach {
    if (this.first.group !== undefined) return [1];
    const most = Math.min(hops, longestReach);
    const reach = this.#reach.slice(0, most).map((count) => Math.min(count, mostMembers));
    while (reach.at(-1) === 0) reach.pop();
    return reach;
  }

  #uncount(endpoint: Endpoint): void {
    const member = this.#members.get(endpoint);
    if (member !== undefined) this.#count(member, -1);
  }

  #count({ distance, reach }: Member, sign: 1 | -1): void {
    const count = (this.#distances.get(distance) ?? 0) + sign;
    if (count === 0) this.#distances.delete(distance);
    else this.#distances.set(distance, count);
    for (const [at, more] of reach.entries()) {
      this.#reach[at] = (this.#reach[at] ?? 0) + sign * more;
    }
  }
}

/** How many that is; at least the one that is offered. */
export function membersOf(reach: Reach): number {
  const sum = reach.reduce((all, count) => all + count, 0);
  return Math.min(Math.max(sum, 1), mostMembers);
}
