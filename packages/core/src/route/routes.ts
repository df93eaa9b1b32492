import type { Endpoint, Matcher } from '../endpoint/endpoint.ts';
import { systemPrefix } from '../message/checks.ts';
import type { MessageKind } from '../message/envelope.ts';
import { Audience } from './choose.ts';

/** The least number of topics whose routes are kept. */
const leastCapacity = 4096;
/** Once there were more topics than that, one new topic in so many is kept: most never come again. */
const keptOneIn = 16;
const emptyAudience = new Audience([]);

/** By exact topic the endpoints that take messages of one kind: a single one, or all of them. */
type Table = Map<string, Endpoint | Audience>;

/** The endpoints that get the messages of one topic. */
export class Route {
  readonly topic: string;
  /** Whether its topic belongs to the bus. */
  readonly isSystem: boolean;
  /** All endpoints whose pattern matches, in no order. */
  readonly #matched: Endpoint[];
  readonly #tables: Readonly<Record<MessageKind, Table>>;
  // Nearly every topic has messages of one kind.
  #kind: MessageKind | undefined;
  #audience: Audience | undefined;
  #others: Map<MessageKind, Audience> | undefined;

  constructor(
    topic: string,
    isSystem: boolean,
    matched: Endpoint[],
    tables: Readonly<Record<MessageKind, Table>>,
  ) {
    this.topic = topic;
    this.isSystem = isSystem;
    this.#matched = matched;
    this.#tables = tables;
  }

  /** The endpoints that take messages of a kind, best first. */
  audience(kind: MessageKind): Audience {
    if (kind === this.#kind) return this.#audience as Audience;
    const audience = this.#others?.get(kind) ?? this.#find(kind);
    if (this.#audience === undefined) {
      this.#kind = kind;
      this.#audience = audience;
    } else {
      this.#others ??= new Map();
      this.#others.set(kind, audience);
    }
    return audience;
  }

  #find(kind: MessageKind): Audience {
    const table = this.#tables[kind];
    const exact = table.size === 0 ? undefined : table.get(this.topic);
    const matched = this.#matched;
    if (exact === undefined) {
      if (matched.length === 0) return emptyAudience;
      // Most endpoints take one kind, as all of one topic do: the list serves as it is.
      const isAll = matched.every((endpoint) => endpoint.takes(kind));
      return new Audience(isAll ? matched : matched.filter((endpoint) => endpoint.takes(kind)));
    }
    const isMany = exact instanceof Audience;
    // Shared with the table: an endpoint that joins thousands costs no new list.
    if (isMany && matched.length === 0) return exact;
    const taking = matched.filter((endpoint) => endpoint.takes(kind));
    return new Audience(taking.concat(isMany ? exact.endpoints : exact));
  }

  /** All matching endpoints, whatever they take, best first. */
  all(): readonly Endpoint[] {
    const kinds = Object.keys(this.#tables) as MessageKind[];
    const each = kinds.flatMap((kind) => this.#find(kind).endpoints);
    return new Audience([...new Set(each)]).endpoints;
  }
}

/**
 * Finds the endpoints of a topic: by exact topic, by the matchers of patterns, and from a bounded cache
 * of routes. A change of an exact topic drops the cached route of that topic; a change of a pattern
 * drops them all.
 */
export class Routes {
  readonly #exact: Readonly<Record<MessageKind, Table>> = {
    event: new Map(),
    notification: new Map(),
    request: new Map(),
    response: new Map(),
  };
  readonly #matchers = new Set<Matcher>();
  readonly #endpoints = new Set<Endpoint>();
  #capacity = leastCapacity;
  #routes = new Map<string, Route>();
  /** Messages come in bursts: the topic of the previous one saves the look-up. */
  #last: Route | undefined;
  /** The topic last looked for in vain: it is not looked for again when its route is made. */
  #missing: string | undefined;
  /** How often endpoints have come and gone. */
  #changes = 0;
  #stride = 1;
  #untilKept = 1;

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
    this.#changes++;
    if (matcher === undefined) this.#addExact(pattern as string, endpoint);
    else {
      matcher.add(endpoint);
      this.#matchers.add(matcher);
      this.#capacity = Math.max(this.#capacity, matcher.cache ?? 0);
      this.#forgetAll();
    }
    this.#endpoints.add(endpoint);
  }

  remove(endpoint: Endpoint): void {
    const { matcher, pattern } = endpoint;
    if (!this.#endpoints.delete(endpoint)) return;
    this.#changes++;
    if (matcher === undefined) this.#removeExact(pattern as string, endpoint);
    else {
      this.#forgetAll();
      matcher.remove(endpoint);
    }
  }

  /** The route of a topic already seen, or undefined: then the topic has to be checked first. */
  cached(topic: string): Route | undefined {
    if (this.#last?.topic === topic) return this.#last;
    const route = this.#routes.get(topic);
    if (route === undefined) this.#missing = topic;
    else this.#last = route;
    return route;
  }

  /** The route of a valid topic. */
  of(topic: string): Route {
    const cached = topic === this.#missing ? undefined : this.cached(topic);
    if (cached !== undefined) return cached;
    this.#missing = undefined;
    const changes = this.#changes;
    const route = this.find(topic);
    // A matcher may have added or removed an endpoint.
    if (changes !== this.#changes) return route;
    if (--this.#untilKept <= 0) this.#keep(route);
    this.#last = route;
    return route;
  }

  #keep(route: Route): void {
    if (this.#routes.size >= this.#capacity + this.#endpoints.size) {
      this.#routes = new Map();
      this.#stride = keptOneIn;
    }
    this.#untilKept = this.#stride;
    this.#routes.set(route.topic, route);
  }

  /** The route of a valid topic, without a trace in the cache. */
  find(topic: string): Route {
    const found: Endpoint[] = [];
    for (const matcher of this.#matchers) matcher.match(topic, found);
    const isSystem = topic.startsWith(systemPrefix);
    const matched = isSystem ? found.filter(readsSystem) : found;
    return new Route(topic, isSystem, matched, this.#exact);
  }

  #forgetAll(): void {
    this.#last = this.#missing = undefined;
    this.#stride = this.#untilKept = 1;
    if (this.#routes.size > 0) this.#routes = new Map();
  }

  #forget(topic: string): void {
    this.#routes.delete(topic);
    if (this.#last?.topic === topic) this.#last = undefined;
  }

  #addExact(topic: string, endpoint: Endpoint): void {
    for (const kind of endpoint.policy.kinds) {
      const present = this.#exact[kind].get(topic);
      if (present instanceof Audience) present.add(endpoint);
      else this.#exact[kind].set(topic, present ? new Audience([present, endpoint]) : endpoint);
    }
    this.#forget(topic);
  }

  #removeExact(topic: string, endpoint: Endpoint): void {
    for (const kind of endpoint.policy.kinds) {
      const present = this.#exact[kind].get(topic);
      if (present instanceof Audience) present.remove();
      if (present === endpoint || (present as Audience).size === 0) this.#exact[kind].delete(topic);
    }
    this.#forget(topic);
  }
}

/** Only patterns that name the prefix read system topics: `**` is about the program's own. */
function readsSystem({ pattern }: Endpoint): boolean {
  const source = typeof pattern === 'string' ? pattern : pattern.source.replace(/^\^\\?/, '');
  return source.startsWith('$bus');
}
