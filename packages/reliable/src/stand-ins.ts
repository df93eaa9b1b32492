import type {
  BusMessage,
  Endpoint,
  EndpointDefinition,
  Host,
  Message,
  Origin,
  Timer,
} from '@bus/core';
import { BusError, Verdict } from '@bus/core';
import { subscriberLost } from './errors.ts';
import { isNumbered } from './publisher-window.ts';

/** A living member of its group goes first; finite, since links tell it on. */
const lowestPriority = Number.MIN_SAFE_INTEGER;

/** What takes the place of a subscriber that was lost with its link. */
interface StandInDefinition extends EndpointDefinition {
  readonly standsIn: true;
  origin: Origin | undefined;
}

/** Equal subscribers of one bus that were lost. */
interface StandIn {
  endpoint: Endpoint | undefined;
  definition: StandInDefinition | undefined;
  /** How many there were. */
  expected: number;
  /** After this only those wait that were under way. */
  until: number;
  timer: Timer | undefined;
}

/** Whether an endpoint only stands in for a subscriber that was lost. */
export function isStandIn(endpoint: Endpoint): boolean {
  return (endpoint.extras as Partial<StandInDefinition> | undefined)?.standsIn === true;
}

/**
 * Refuses what is for subscribers that were lost with their links, until they are back: whoever
 * published it tries again then, here and beyond links, instead of taking silence for success.
 */
export class StandIns {
  readonly #host: Host;
  readonly #waitMs: number;
  /** By bus, pattern and group. */
  readonly #standIns = new Map<string, StandIn>();

  constructor(host: Host, waitMs: number) {
    this.#host = host;
    this.#waitMs = waitMs;
  }

  get count(): number {
    return this.#standIns.size;
  }

  /**
   * The link to a peer is up again, and its subscribers are not yet: until then it gets nothing of
   * its own back, and is not told of those who stand in for it.
   */
  peerUp(origin: Origin): void {
    for (const { definition, endpoint } of this.#standIns.values()) {
      if (definition?.origin?.peer !== origin.peer) continue;
      definition.origin = origin;
      endpoint?.changed();
    }
  }

  stop(): void {
    for (const { timer } of this.#standIns.values()) {
      if (timer !== undefined) this.#host.env.clearTimer(timer);
    }
    this.#standIns.clear();
  }

  /** An endpoint went with its link. */
  lost(endpoint: Endpoint): void {
    if (!endpoint.isRemote || !endpoint.acknowledges || isStandIn(endpoint)) return;
    if (this.#waitMs === 0 || !endpoint.takes('event')) return;
    const key = keyOf(endpoint);
    const expected = endpoint.members + this.#present(endpoint);
    const known = this.#standIns.get(key);
    const standIn = known ?? this.#add(key, endpoint);
    if (standIn === undefined) return;
    standIn.expected = Math.max(standIn.expected, expected);
    standIn.until = this.#host.env.now() + this.#waitMs;
    if (standIn.timer !== undefined) this.#host.env.clearTimer(standIn.timer);
    standIn.timer = this.#host.env.setTimer(() => this.#remove(key), 2 * this.#waitMs);
  }

  /** An endpoint came, or stands for more than before. */
  back(endpoint: Endpoint): void {
    if (!endpoint.isRemote) return;
    const key = keyOf(endpoint);
    const standIn = this.#standIns.get(key);
    if (standIn !== undefined && this.#present(endpoint) >= standIn.expected) this.#remove(key);
  }

  /** How many of the likes of it there are. */
  #present(endpoint: Endpoint): number {
    const key = keyOf(endpoint);
    const equals = this.#host
      .endpoints(endpoint.pattern)
      .filter((other) => other.isRemote && !isStandIn(other) && keyOf(other) === key);
    return equals.reduce((sum, { members }) => sum + members, 0);
  }

  #add(key: string, lost: Endpoint): StandIn | undefined {
    const standIn: StandIn = {
      endpoint: undefined,
      definition: undefined,
      expected: 0,
      until: 0,
      timer: undefined,
    };
    const definition = definitionFor(lost, (message) => this.#isRefused(message, standIn, lost));
    standIn.definition = definition;
    try {
      standIn.endpoint = this.#host.addEndpoint(definition);
    } catch (error) {
      // A bus that stops loses its peers by itself.
      if (BusError.is(error) && error.code === 'BUS_CLOSED') return undefined;
      throw error;
    }
    this.#standIns.set(key, standIn);
    return standIn;
  }

  /** Only what somebody waits to see acknowledged. */
  #isRefused(message: Message, { until }: StandIn, lost: Endpoint): boolean {
    const own = message as BusMessage;
    if (own.completion === undefined || !isNumbered(own)) return false;
    if (message.attempt <= 1 && this.#host.env.now() >= until) return false;
    return lost.filter === undefined || Boolean(lost.filter(message));
  }

  #remove(key: string): void {
    const standIn = this.#standIns.get(key);
    if (standIn === undefined) return;
    this.#standIns.delete(key);
    if (standIn.timer !== undefined) this.#host.env.clearTimer(standIn.timer);
    standIn.endpoint?.stop();
  }
}

function definitionFor(lost: Endpoint, filter: (message: Message) => boolean): StandInDefinition {
  const refusal = new Verdict('rejected', subscriberLost(String(lost.pattern), lost.bus));
  const { cancelled: _, removed: __, ...others } = lost.extras as EndpointDefinition;
  return {
    // With whatever links keep in it, for those beyond: to them it has not moved.
    ...others,
    name: `stand-in for '${String(lost.pattern)}' at ${lost.bus}`,
    origin: others.origin,
    priority: lost.group === undefined ? lost.policy.priority : lowestPriority,
    filter,
    handler: () => {
      throw refusal;
    },
    standsIn: true,
  };
}

function keyOf({ bus, pattern, group }: Endpoint): string {
  return JSON.stringify([bus, String(pattern), group]);
}
