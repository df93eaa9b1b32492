import type { Endpoint, Matcher } from '../endpoint/endpoint.ts';
import type { MessageKind } from '../message/envelope.ts';
import { systemPrefix } from '../message/topic.ts';
import { Audience } from './choose.ts';

/** The least number of topics whose routes are kept. */
const leastCapacity = 4096;
const emptyAudience = new Audience([]);

/** The endpoints of one exact topic: a single one, or an audience per kind of message. */
type Exact = Endpoint | Map<MessageKind, Audience>;

/** The endpoints that get the messages of one topic. */
export class Route {
  readonly topic: string;
  /** Whether its topic belongs to the bus. */
  readonly isSystem: boolean;
  /** All matching endpoints, in no order. */
  readonly #matched: readonly Endpoint[];
  readonly #exact: Exact | undefined;
  #kind: MessageKind | undefined;
  #audience: Audience | undefined;
  #others: Map<MessageKind, Audience> | undefined;

  constructor(topic: string, matched: readonly Endpoint[], exact: Exact | undefined) {
    this.topic = topic;
    this.isSystem = topic.startsWith(systemPrefix);
    this.#matched = matched;
    this.#exact = exact;
  }

  /** The endpoints that take messages of a kind, best first. */
  audience(kind: MessageKind): Audience {
    // Nearly every topic has messages of one kind.
    if (kind === this.#kind && this.#audience !== undefined) return this.#audience;
    if (this.#audience === undefined) {
      this.#kind = kind;
      this.#audience = this.#find(kind);
      return this.#audience;
    }
    this.#others ??= new Map();
    const audience = this.#others.get(kind) ?? this.#find(kind);
    this.#others.set(kind, audience);
    return audience;
  }

  #find(kind: MessageKind): Audience {
    const exact = this.#exact;
    const isMany = exact instanceof Map;
    // Shared with the table: an endpoint that joins thousands costs no new list.
    if (this.#matched.length === 0 && isMany) return exact.get(kind) ?? emptyAudience;
    const found = this.#matched.filter((endpoint) => endpoint.takes(kind));
    if (isMany) {
      for (const endpoint of exact.get(kind)?.endpoints ?? []) found.push(endpoint);
    } else if (exact?.takes(kind)) found.push(exact);
    return found.length === 0 ? emptyAudience : new Audience(found);
  }

  /** All matching endpoints, whatever they take, best first. */
  all(): readonly Endpoint[] {
    const exact = this.#exact;
    const own = exact instanceof Map ? [...exact.values()].flatMap((one) => one.endpoints) : exact;
    return new Audience([...new Set(this.#matched.concat(own ?? []))]).endpoints;
  }
}

/**
 * Finds the endpoints of a topic: by exact topic, by the matchers of patterns, and from a bounded cache
 * of routes. A change of an exact topic drops the cached route of that topic; a change of a pattern
 * drops them all.
 */
export class Routes {
  readonly #exact = new Map<string, Exact>();
  readonly #matchers = new Map<Matcher, number>();
  readonly #endpoints = new Set<Endpoint>();
  #capacity = leastCapacity;
  #routes = new Map<string, Route>();
  /** Messages come in bursts: the topic of the previous one saves the look-up. */
  #last: Route | undefined;
  readonly #found: Endpoint[] = [];

  /** All endpoints, in the order added. */
  get all(): ReadonlySet<Endpoint> {
    return this.#endpoints;
  }

  /** How many routes are cached. */
  get size(): number {
    return this.#routes.size;
  }

  add(endpoint: Endpoint): void {
    const { matcher, pattern } = endpoint;
    if (matcher === undefined) this.#addExact(pattern as string, endpoint);
    else {
      matcher.add(endpoint);
      this.#matchers.set(matcher, (this.#matchers.get(matcher) ?? 0) + 1);
      this.#capacity = Math.max(this.#capacity, matcher.cache ?? 0);
      this.#forgetAll();
    }
    this.#endpoints.add(endpoint);
  }

  remove(endpoint: Endpoint): void {
    const { matcher, pattern } = endpoint;
    if (!this.#endpoints.delete(endpoint)) return;
    if (matcher === undefined) this.#removeExact(pattern as string, endpoint);
    else {
      const left = (this.#matchers.get(matcher) ?? 1) - 1;
      if (left === 0) this.#matchers.delete(matcher);
      else this.#matchers.set(matcher, left);
      this.#forgetAll();
      matcher.remove(endpoint);
    }
  }

  /** The route of a topic already seen, or undefined: then the topic has to be checked first. */
  cached(topic: string): Route | undefined {
    const last = this.#last;
    if (last !== undefined && last.topic === topic) return last;
    const route = this.#routes.get(topic);
    if (route !== undefined) this.#last = route;
    return route;
  }

  /** The route of a valid topic. */
  of(topic: string): Route {
    const cached = this.cached(topic);
    if (cached !== undefined) return cached;
    const route = this.find(topic);
    if (this.#routes.size >= this.#capacity + this.#exact.size) this.#routes = new Map();
    this.#routes.set(topic, route);
    this.#last = route;
    return route;
  }

  /** The route of a valid topic, without a trace in the cache. */
  find(topic: string): Route {
    const found = this.#found;
    found.length = 0;
    for (const matcher of this.#matchers.keys()) matcher.match(topic, found);
    const isSystem = found.length > 0 && topic.startsWith(systemPrefix);
    const matched = isSystem ? found.filter(readsSystem) : found.slice();
    return new Route(topic, matched, this.#exact.get(topic));
  }

  #forgetAll(): void {
    this.#last = undefined;
    if (this.#routes.size > 0) this.#routes = new Map();
  }

  #forget(topic: string): void {
    this.#routes.delete(topic);
    if (this.#last?.topic === topic) this.#last = undefined;
  }

  #addExact(topic: string, endpoint: Endpoint): void {
    const present = this.#exact.get(topic);
    if (present instanceof Map) join(present, endpoint);
    else if (present === undefined) this.#exact.set(topic, endpoint);
    else {
      const many = new Map<MessageKind, Audience>();
      join(many, present);
      join(many, endpoint);
      this.#exact.set(topic, many);
    }
    this.#forget(topic);
  }

  #removeExact(topic: string, endpoint: Endpoint): void {
    const present = this.#exact.get(topic);
    if (present === endpoint) this.#exact.delete(topic);
    else if (present instanceof Map) {
      for (const kind of endpoint.policy.kinds) {
        const audience = present.get(kind);
        audience?.remove();
        if (audience?.size === 0) present.delete(kind);
      }
      if (present.size === 0) this.#exact.delete(topic);
    }
    this.#forget(topic);
  }
}

function join(many: Map<MessageKind, Audience>, endpoint: Endpoint): void {
  for (const kind of endpoint.policy.kinds) {
    const audience = many.get(kind);
    if (audience === undefined) many.set(kind, new Audience([endpoint]));
    else audience.add(endpoint);
  }
}

/** Only patterns that name the prefix read system topics: `**` is about the program's own. */
function readsSystem({ pattern }: Endpoint): boolean {
  const source = typeof pattern === 'string' ? pattern : pattern.source.replace(/^\^\\?/, '');
  return source.startsWith('$bus');
}
