import type { Plan } from './audience.ts';
import { Audience, alone, byPreference, nobody } from './audience.ts';
import type { Endpoint } from './endpoint.ts';
import type { MessageKind } from './envelope.ts';
import type { Matcher } from './matcher.ts';
import { systemPrefix } from './topic.ts';

/** Who gets the messages of one topic. */
export class Route {
  readonly topic: string;
  readonly audience: Audience;
  /** The table's change up to which this holds. */
  change: number;
  /** Whether its topic is the bus's own. */
  readonly system: boolean;

  constructor(topic: string, audience: Audience, change: number) {
    this.topic = topic;
    this.audience = audience;
    this.change = change;
    this.system = topic.startsWith(systemPrefix);
  }

  plan(kind: MessageKind): Plan {
    return this.audience.plan(kind);
  }
}

/** How many changes a cached route may lag behind before it is found anew instead of checked. */
const changeLog = 64;
/** Unless one lookup in ten is served from the cache, filling it costs more than it saves. */
const worthwhile = 10;

/**
 * The endpoints by exact topic, matchers for patterns, and a bounded cache of routes per topic in two
 * generations: when the young one is full it becomes the old one, and nothing is ever swept.
 *
 * The cache has room for every exact topic and 4096 others, or as many as a router asks for.
 *
 * A change touches no cached route. It is put in a log, and a route found in the cache first checks
 * its topic against the changes since: it stays unless one of those patterns matches it.
 */
export class Routes {
  /** One endpoint mostly, so that a topic costs no collection of its own. */
  readonly #exact = new Map<string, Endpoint | Set<Endpoint>>();
  readonly #matchers = new Map<Matcher, number>();
  readonly #endpoints = new Set<Endpoint>();
  readonly #changes: Endpoint[] = [];
  #change = 0;
  #capacity = 4096;
  #young = new Map<string, Route>();
  #old = new Map<string, Route>();
  readonly #found: Endpoint[] = [];
  /** Messages come in bursts: the topic of the one before saves the look-up. */
  #last: Route | undefined;
  #misses = 0;
  #lookups = 0;

  get all(): ReadonlySet<Endpoint> {
    return this.#endpoints;
  }

  get cached(): number {
    return this.#young.size + this.#old.size;
  }

  add(endpoint: Endpoint): void {
    const { matcher, pattern } = endpoint;
    if (matcher !== undefined) {
      matcher.add(endpoint);
      this.#matchers.set(matcher, (this.#matchers.get(matcher) ?? 0) + 1);
      this.#capacity = Math.max(this.#capacity, matcher.cache ?? 0);
    } else if (typeof pattern === 'string') {
      const there = this.#exact.get(pattern);
      if (there === undefined) this.#exact.set(pattern, endpoint);
      else if (there instanceof Set) there.add(endpoint);
      else this.#exact.set(pattern, new Set([there, endpoint]));
    }
    this.#endpoints.add(endpoint);
    this.#changed(endpoint);
  }

  remove(endpoint: Endpoint): void {
    const { matcher, pattern } = endpoint;
    if (!this.#endpoints.delete(endpoint)) return;
    if (matcher !== undefined) {
      matcher.remove(endpoint);
      const left = (this.#matchers.get(matcher) ?? 1) - 1;
      if (left === 0) this.#matchers.delete(matcher);
      else this.#matchers.set(matcher, left);
    } else if (typeof pattern === 'string') {
      const there = this.#exact.get(pattern);
      if (there instanceof Set) there.delete(endpoint);
      if (there === endpoint || (there instanceof Set && there.size === 0)) {
        this.#exact.delete(pattern);
      }
    }
    this.#changed(endpoint);
  }

  /** The route of a topic already seen, or undefined: then its name has to be checked first. */
  cachedRoute(topic: string): Route | undefined {
    this.#lookups++;
    const last = this.#last;
    if (last !== undefined && last.topic === topic && last.change === this.#change) return last;
    const route = this.#young.get(topic);
    if (route !== undefined && route.change === this.#change) {
      this.#last = route;
      return route;
    }
    return this.#revive(topic, route);
  }

  /** Finds the route of a valid topic and keeps it, unless topics hardly ever repeat. */
  findRoute(topic: string): Route {
    const route = new Route(topic, this.#find(topic), this.#change);
    this.#misses++;
    if (this.#misses >= 1024) {
      // Halving both keeps the recent past in view.
      this.#misses >>= 1;
      this.#lookups >>= 1;
    }
    const hits = this.#lookups - this.#misses;
    if (this.#misses < 512 || hits * worthwhile > this.#lookups || (this.#misses & 15) === 0) {
      this.#keep(topic, route);
    }
    return route;
  }

  /** The route of a valid topic. */
  routeOf(topic: string): Route {
    return this.cachedRoute(topic) ?? this.findRoute(topic);
  }

  /** The route of a valid topic, without a trace in the cache. */
  peek(topic: string): Route {
    return new Route(topic, this.#find(topic), this.#change);
  }

  /** Whether nothing came or went since the route was found or last checked. */
  isCurrent(route: Route): boolean {
    return route.change === this.#change;
  }

  #keep(topic: string, route: Route): void {
    if (this.#young.size >= this.#capacity + this.#exact.size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(topic, route);
  }

  #revive(topic: string, young: Route | undefined): Route | undefined {
    const route = young ?? this.#old.get(topic);
    if (route === undefined) return undefined;
    if (!this.#untouched(route)) {
      this.#young.delete(topic);
      this.#old.delete(topic);
      return undefined;
    }
    route.change = this.#change;
    if (young === undefined) this.#keep(topic, route);
    return route;
  }

  /** Whether no change since matches the route's topic. */
  #untouched(route: Route): boolean {
    const age = this.#change - route.change;
    if (age > this.#changes.length) return false;
    for (let i = this.#changes.length - age; i < this.#changes.length; i++) {
      const changed = this.#changes[i];
      if (changed === undefined || matches(changed, route.topic)) return false;
    }
    return true;
  }

  #changed(endpoint: Endpoint): void {
    this.#change++;
    this.#changes.push(endpoint);
    if (this.#changes.length >= 2 * changeLog) this.#changes.splice(0, changeLog);
  }

  #find(topic: string): Audience {
    // One list for all look-ups: most topics have an audience of one, and then need no list at all.
    const found = this.#found;
    found.length = 0;
    for (const matcher of this.#matchers.keys()) matcher.match(topic, found);
    const exact = this.#exact.get(topic);
    if (exact !== undefined) found.push(...listOf(exact));
    if (found.length > 0 && topic.startsWith(systemPrefix)) {
      return new Audience(found.filter(readsSystem).sort(byPreference));
    }
    const [only] = found;
    if (only === undefined) return nobody;
    return found.length === 1 ? alone(only) : new Audience(found.slice().sort(byPreference));
  }
}

function listOf(exact: Endpoint | Set<Endpoint>): Iterable<Endpoint> {
  return exact instanceof Set ? exact : [exact];
}

function matches(endpoint: Endpoint, topic: string): boolean {
  if (endpoint.matcher === undefined) return endpoint.pattern === topic;
  return endpoint.matcher.matches(endpoint, topic);
}

/** Only patterns that say so read system topics: `**` is about the program's own. */
function readsSystem(endpoint: Endpoint): boolean {
  const { pattern } = endpoint;
  const source = typeof pattern === 'string' ? pattern : pattern.source.replace(/^\^\\?/, '');
  return source.startsWith('$bus');
}
