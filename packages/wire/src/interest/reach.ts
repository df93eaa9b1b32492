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

/** What equal endpoints reach together: those of a group are one. */
export function reachOf(endpoints: readonly Endpoint[], hops: number): Reach {
  if (endpoints[0]?.group !== undefined) return [1];
  const reach: number[] = [];
  const most = Math.min(hops, longestReach);
  const add = (distance: number, count: number): void => {
    while (reach.length <= distance) reach.push(0);
    reach[distance] = Math.min((reach[distance] ?? 0) + count, mostMembers);
  };
  for (const endpoint of endpoints) {
    if (!endpoint.isRemote) add(0, 1);
    else {
      const { reach: beyond = [1] } = endpoint.extras as Partial<RemoteDefinition>;
      for (const [at, count] of beyond.entries()) if (at + 1 < most) add(at + 1, count);
    }
  }
  return reach;
}

/** How many that is; at least the one that is offered. */
export function membersOf(reach: Reach): number {
  const sum = reach.reduce((all, count) => all + count, 0);
  return Math.min(Math.max(sum, 1), mostMembers);
}
