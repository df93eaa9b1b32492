import type { Endpoint, Host, MessageKind } from '@bus/core';
import { topicFault } from '@bus/core';
import type { ReceivedMessage } from '../in/received-message.ts';
import { isSystemTopic, readsSystemTopics } from './borders.ts';
import type { Interest, WirePattern } from './interest.ts';
import { isText, nameOf } from './interest.ts';
import type { Reach, RemoteDefinition } from './reach.ts';
import { Members, membersOf } from './reach.ts';

/** Equal endpoints of this bus, as one interest that the peer knows. */
export class Offer {
  readonly id: number;
  readonly key: string;
  readonly within: readonly string[] | undefined;
  /** Messages for it that wait for room, and keep their order; undefined while there is room. */
  waiting: ReceivedMessage[] | undefined;
  /** The peer has been told of it. */
  isTold = false;
  readonly #permitted: (topic: string) => boolean;
  readonly #members = new Members();
  /** As the peer is told, or is to be. */
  #distance = 0;
  #reach: Reach = [];
  #endpoints: readonly Endpoint[] | undefined;

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

  /** Best first; a new list after every change, since messages may be going round the old one. */
  get endpoints(): readonly Endpoint[] {
    this.#endpoints ??= [...this.#members.endpoints];
    return this.#endpoints;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Whether messages wait at an endpoint, or are being handled there. */
  get isBusy(): boolean {
    return this.endpoints.some(({ load }) => load > 0);
  }

  /** Takes an endpoint in, or finds out how far it is now. */
  set(endpoint: Endpoint): void {
    this.#members.set(endpoint);
    this.#endpoints = undefined;
  }

  delete(endpoint: Endpoint): void {
    this.#members.delete(endpoint);
    this.#endpoints = undefined;
  }

  /** Whether the peer has to be told of a change. */
  update(hops: number): boolean {
    const distance = 1 + this.#members.nearest;
    const reach = this.#members.reach(hops);
    if (distance === this.#distance && String(reach) === String(this.#reach)) return false;
    this.#distance = distance;
    this.#reach = reach;
    return true;
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
    const { id, within } = this;
    const reach = this.#reach;
    const members = membersOf(reach);
    const first = this.#members.first;
    const { kinds, priority, capacity } = first.policy;
    return {
      id,
      pattern: wirePattern(first),
      within,
      kinds,
      name: nameOf(first.name),
      group: first.group,
      // Numbers that JSON can say, and a count.
      priority: Math.max(-Number.MAX_VALUE, Math.min(priority, Number.MAX_VALUE)),
      capacity: Math.floor(Math.min(capacity, Number.MAX_SAFE_INTEGER)),
      overflow: overflowOf(first),
      distance: this.#distance,
      acknowledges: first.acknowledges || undefined,
      members: members === 1 ? undefined : members,
      reach: reach.length > 1 ? reach : undefined,
    };
  }
}

/** Whether a peer can be told of an endpoint: its pattern and its group are no longer than it takes. */
export function canBeTold(endpoint: Endpoint): boolean {
  const pattern = wirePattern(endpoint);
  const { group } = endpoint;
  return isText(typeof pattern === 'string' ? pattern : pattern.source) && isText(group ?? 'none');
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
