import type { Balance, Endpoint } from '../endpoint/endpoint.ts';
import type { BusError } from '../errors.ts';
import { handlerFailed } from '../errors.ts';
import type { Message } from '../message/envelope.ts';

/** One group of endpoints, of which each message reaches one. */
interface Group {
  /** Best first; without filters, only those of the highest priority. */
  readonly members: readonly Endpoint[];
  readonly hasFilters: boolean;
}

/**
 * The endpoints that may get a message, best first: by priority, then the more specific pattern, then
 * the earlier one. Endpoints may join and leave while a message goes round: it reaches those that were
 * there when it began.
 */
export class Audience {
  /** How many have joined and not left. */
  size: number;
  #endpoints: Endpoint[];
  #isSorted = true;
  /** Some have left: their places are cleared with the next message. */
  #hasLeft = false;
  /** What the choice needs, made when first asked. */
  #isSelective: boolean | undefined;
  #singles: readonly Endpoint[] | undefined;
  #groups: readonly Group[] = [];
  #best: readonly Endpoint[] | undefined;

  constructor(endpoints: Endpoint[]) {
    this.#endpoints = endpoints;
    this.size = endpoints.length;
    if (endpoints.length > 1) this.#isSorted = false;
  }

  get endpoints(): readonly Endpoint[] {
    if (this.#hasLeft || !this.#isSorted) this.#tidy();
    return this.#endpoints;
  }

  /** Whether any has a group or a filter. */
  get isSelective(): boolean {
    this.#isSelective ??= this.endpoints.some(isSelective);
    return this.#isSelective;
  }

  add(endpoint: Endpoint): void {
    const last = this.#endpoints.at(-1);
    if (last !== undefined && byPreference(last, endpoint) > 0) this.#isSorted = false;
    this.#endpoints.push(endpoint);
    this.size++;
    if (isSelective(endpoint)) this.#isSelective = true;
    this.#forget();
  }

  /** One of its endpoints has been stopped. */
  remove(): void {
    this.size--;
    this.#hasLeft = true;
    this.#isSelective = undefined;
    this.#forget();
    // A few may stay a while, so that leaving costs little.
    if (this.#endpoints.length - this.size > 8 + (this.size >> 3)) this.#tidy();
  }

  /** The target of a request: one of the equals of the highest rank that want it. */
  one(message: Message, balance: Balance | undefined, report: Report): readonly Endpoint[] {
    const all = this.endpoints;
    if (this.isSelective) return pick(equals(this.willing(message, report)), message, balance);
    this.#best ??= equals(all);
    const best = this.#best;
    return pick(best, message, balance);
  }

  /** Every endpoint that wants it, groups or not. */
  willing(message: Message, report: Report): readonly Endpoint[] {
    if (!this.isSelective) return this.endpoints;
    return this.endpoints.filter((endpoint) => wants(endpoint, message, report));
  }

  /** Every endpoint without a group that wants it, and one member of each group. */
  each(message: Message, report: Report): readonly Endpoint[] {
    if (!this.isSelective) return this.endpoints;
    if (this.#singles === undefined) this.#partition();
    const targets = (this.#singles ?? []).filter((endpoint) => wants(endpoint, message, report));
    for (const { members, hasFilters } of this.#groups) {
      const top = hasFilters
        ? ofTopPriority(members.filter((endpoint) => wants(endpoint, message, report)))
        : members;
      const [chosen] = pick(top, message, undefined);
      if (chosen !== undefined) targets.push(chosen);
    }
    return targets;
  }

  #forget(): void {
    this.#singles = undefined;
    this.#best = undefined;
  }

  /** Leaves the old list to the messages that are going round. */
  #tidy(): void {
    this.#endpoints = this.#hasLeft
      ? this.#endpoints.filter(({ active }) => active)
      : this.#endpoints.slice();
    if (!this.#isSorted) this.#endpoints.sort(byPreference);
    this.#hasLeft = false;
    this.#isSorted = true;
  }

  #partition(): void {
    const groups = new Map<string, Endpoint[]>();
    this.#singles = this.endpoints.filter((endpoint) => {
      const { group } = endpoint;
      if (group === undefined) return true;
      const members = groups.get(group);
      if (members === undefined) groups.set(group, [endpoint]);
      else members.push(endpoint);
      return false;
    });
    this.#groups = [...groups.values()].map((all) => {
      const hasFilters = all.some(({ filter }) => filter !== undefined);
      return { members: hasFilters ? all : ofTopPriority(all), hasFilters };
    });
  }
}

type Report = (error: BusError) => void;

function isSelective({ extras }: Endpoint): boolean {
  return extras !== undefined && (extras.group !== undefined || extras.filter !== undefined);
}

function ofTopPriority(sorted: readonly Endpoint[]): readonly Endpoint[] {
  return sorted.filter(({ policy }) => policy.priority === sorted[0]?.policy.priority);
}

/** The endpoints of the highest rank, among which a request is balanced. */
export function equals(sorted: readonly Endpoint[]): readonly Endpoint[] {
  const first = sorted[0];
  return sorted.filter(
    ({ policy, specificity }) =>
      policy.priority === first?.policy.priority && specificity === first.specificity,
  );
}

/** Asks an endpoint's filter. One that throws says no. */
function wants(endpoint: Endpoint, message: Message, report: Report): boolean {
  const { filter } = endpoint;
  if (filter === undefined) return true;
  try {
    return Boolean(filter(message));
  } catch (cause) {
    report(handlerFailed('the filter', message.topic, endpoint.label, cause));
    return false;
  }
}

/**
 * Picks one of equals by their rule or by the one given; an empty list where there is none.
 * @throws BUS_HANDLER_FAILED where the rule is a function that throws.
 */
function pick(
  among: readonly Endpoint[],
  message: Message,
  balance: Balance | undefined,
): readonly Endpoint[] {
  const first = among[0];
  if (first === undefined || among.length === 1) return among;
  const rule = balance ?? first.policy.balance;
  const { key } = message;
  // The first of equals counts their turns, so that routes found anew go on where others were.
  const turn = first.turn++ % among.length;
  let chosen = among[turn] as Endpoint;
  if (typeof rule === 'function') {
    try {
      const own = rule(among, message);
      chosen = among.includes(own) ? own : first;
    } catch (cause) {
      throw handlerFailed('the balance function', message.topic, first.label, cause);
    }
  } else if (rule === 'least-pending') chosen = least(among, turn, ({ load }) => load);
  else if (rule === 'sticky' && key !== undefined) {
    // Rendezvous hashing (Thaler, Ravishankar 1998): members that come and go move only their keys.
    chosen = least(among, 0, ({ id }) => hash(`${key}\n${id}`));
  }
  return [chosen];
}

/** The one with the lowest score; of several the first, counted from `start`. */
function least(
  among: readonly Endpoint[],
  start: number,
  score: (endpoint: Endpoint) => number,
): Endpoint {
  let best = among[start % among.length] as Endpoint;
  let lowest = score(best);
  for (let i = 1; i < among.length; i++) {
    const endpoint = among[(start + i) % among.length] as Endpoint;
    const own = score(endpoint);
    if (own >= lowest) continue;
    best = endpoint;
    lowest = own;
  }
  return best;
}

/** FNV-1a, with a final mix so that close ids spread. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}

function byPreference(a: Endpoint, b: Endpoint): number {
  if (a.policy.priority !== b.policy.priority) return b.policy.priority - a.policy.priority;
  if (a.specificity !== b.specificity) return a.specificity < b.specificity ? -1 : 1;
  return a.sequence - b.sequence;
}
