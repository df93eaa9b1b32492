import type { Endpoint, Host, MessageKind } from '@bus/core';
import { topicFault } from '@bus/core';
import type { ReceivedMessage } from '../in/received-message.ts';
import { isSystemTopic, readsSystemTopics } from './borders.ts';
import type { Interest, WirePattern } from './interest.ts';
import type { Reach, RemoteDefinition } from './reach.ts';
import { membersOf } from './reach.ts';

/** Equal endpoints of this bus, as one interest that the peer knows. */
export class Offer {
  readonly id: number;
  readonly key: string;
  readonly within: readonly string[] | undefined;
  /** Best first; a new list at every change, since the kernel keeps what it knows of a list. */
  endpoints: readonly Endpoint[] = [];
  /** Messages for it that wait for room, and keep their order; undefined while there is room. */
  waiting: ReceivedMessage[] | undefined;
  /** The peer knows of it. */
  isTold = false;
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
  takes(topic: string, limits: Host['limits']): boolean {
    const [endpoint] = this.endpoints;
    if (endpoint === undefined || topicFault(topic, limits) !== undefined) return false;
    if (!matches(endpoint, topic)) return false;
    return this.within === undefined || this.#permitted(topic);
  }

  /** As the peer is told of it. */
  asInterest(): Interest {
    const { id, endpoints, within, distance, reach } = this;
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
}

function wirePattern({ pattern }: Endpoint): WirePattern {
  return typeof pattern === 'string' ? pattern : { source: pattern.source, flags: pattern.flags };
}

/** What the key function of `latest` makes of a message, only this bus can tell. */
function overflowOf({ policy, extras, isRemote }: Endpoint): Interest['overflow'] {
  const { overflow, keyOf: ownKey } = policy;
  if (isRemote) return (extras as Partial<RemoteDefinition>).overflowThere ?? overflow;
  return overflow === 'latest' && ownKey !== undefined ? 'drop-oldest' : overflow;
}

/** Endpoints of one key are one interest. */
export function keyOf(endpoint: Endpoint): string {
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

function matches(endpoint: Endpoint, topic: string): boolean {
  const { matcher, pattern } = endpoint;
  if (matcher === undefined) return pattern === topic;
  if (isSystemTopic(topic) && !readsSystemTopics(pattern)) return false;
  return matcher.matches(endpoint, topic);
}
