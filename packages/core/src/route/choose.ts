import type { Balance, Endpoint } from '../endpoint/endpoint.ts';
import type { BusError } from '../errors.ts';
import { handlerFailed } from '../errors.ts';
import type { Message } from '../message/envelope.ts';

/** Endpoints of one group, of which each message reaches one. */
interface Group {
  /** Best first; without filters, only those of the highest priority. */
  readonly members: readonly Endpoint[];
  readonly hasFilters: boolean;
}

/** The endpoints of an audience, those without a group apart. */
interface Parties {
  readonly singles: readonly Endpoint[];
  readonly groups: readonly Group[];
}

/**
 * The endpoints that may get a message, best first: by priority, then the more specific pattern, then
 * the earlier one. Endpoints may join and leave while a message goes round: it reaches those that were
 * there when it began.
 */
export class Audience {
  #endpoints: Endpoint[];
  #isSorted = true;
  /** How many have left: their places are cleared with the next message. */
  #left = 0;
  // What follows from who is there, found when first asked.
  #best: readonly Endpoint[] | undefined;
  #parties: Parties | false | undefined;

  /** @param endpoints - becomes its own. */
  constructor(endpoints: Endpoint[]) {
    this.#endpoints = endpoints;
    if (endpoints.length > 1) endpoints.sort(byPreference);
  }

  /** How many have joined and not left. */
  get size(): number {
    return this.#endpoints.length - this.#left;
  }

  get endpoints(): readonly Endpoint[] {
    if (this.#left > 0 || !this.#isSorted) this.#tidy();
    return this.#endpoints;
  }

  add(endpoint: Endpoint): void {
    const last = this.#endpoints.at(-1);
    if (last !== undefined && byPreference(last, endpoint) > 0) this.#isSorted = false;
    this.#endpoints.push(endpoint);
    this.#changed();
  }

  /** One of its endpoints has been stopped. */
  remove(): void {
    this.#left++;
    this.#changed();
    // A few may stay a while, so that leaving costs little.
    if (this.#left > 8 + (this.size >> 3)) this.#tidy();
  }

  #changed(): void {
    this.#best = this.#parties = undefined;
  }

  /** Leaves the old list to the messages that are going round. */
  #tidy(): void {
    this.#endpoints = this.#endpoints.filter(({ active }) => active);
    if (!this.#isSorted) this.#endpoints.sort(byPreference);
    this.#isSorted = true;
    this.#left = 0;
  }

  /** False where none has a group or a filter. */
  get #choice(): Parties | false {
    this.#parties ??= this.endpoints.some(isSelective) && partiesOf(this.endpoints);
    return this.#parties;
  }

  /** The target of a request: one of the equals of the highest rank that want it. */
  one(message: Message, balance: Balance | undefined, report: Report): readonly Endpoint[] {
    if (this.#choice) return pick(equals(this.willing(message, report)), message, balance);
    this.#best ??= equals(this.endpoints);
    return pick(this.#best, message, balance);
  }

  /** Every endpoint that wants it, groups or not. */
  willing(message: Message, report: Report): readonly Endpoint[] {
    return this.#choice ? wanting(this.endpoints, message, report) : this.endpoints;
  }

  /** Every endpoint without a group that wants it, and one member of each group. */
  each(message: Message, report: Report): readonly Endpoint[] {
    const parties = this.#choice;
    if (!parties) return this.endpoints;
    const targets = wanting(parties.singles, message, report);
    for (const { members, hasFilters } of parties.groups) {
      const willing = hasFilters ? ofTopPriority(wanting(members, message, report)) : members;
      const [chosen] = pick(willing, message, undefined);
      if (chosen !== undefined) targets.push(chosen);
    }
    return targets.sort(byPreference);
  }
}

function partiesOf(all: readonly Endpoint[]): Parties {
  const singles: Endpoint[] = [];
  const groups = new Map<string, Endpoint[]>();
  for (const endpoint of all) {
    const { group } = endpoint;
    const members = group === undefined ? singles : groups.get(group);
    if (members === undefined) groups.set(group as string, [endpoint]);
    else members.push(endpoint);
  }
  const groupOf = (members: readonly Endpoint[]): Group => {
    const hasFilters = members.some(({ filter }) => filter);
    return { members: hasFilters ? members : ofTopPriority(members), hasFilters };
  };
  return { singles, groups: [...groups.values()].map(groupOf) };
}

type Report = (error: BusError) => void;

function isSelective({ group, filter }: Endpoint): boolean {
  return group !== undefined || filter !== undefined;
}

function ofTopPriority(sorted: readonly Endpoint[]): readonly Endpoint[] {
  return sorted.filter(({ policy }) => policy.priority === sorted[0]?.policy.priority);
}

/** The endpoints of the highest rank, among which a request is balanced. */
export function equals(sorted: readonly Endpoint[]): readonly Endpoint[] {
  const first = sorted[0]?.specificity;
  return ofTopPriority(sorted).filter(({ specificity }) => specificity === first);
}

/** Those whose filter wants the message. One that throws says no. */
function wanting(all: readonly Endpoint[], message: Message, report: Report): Endpoint[] {
  return all.filter((endpoint) => {
    try {
      return endpoint.filter === undefined || endpoint.filter(message);
    } catch (cause) {
      report(handlerFailed('the filter', message.topic, endpoint.label, cause));
      return false;
    }
  });
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
  if (rule === 'least-pending') return [least(among, turn, ({ load }) => load)];
  if (rule === 'sticky' && key !== undefined) {
    // Rendezvous hashing (Thaler, Ravishankar 1998): members that come and go move only their keys.
    return [least(among, 0, ({ id }) => hash(`${key}\n${id}`))];
  }
  if (typeof rule !== 'function') return [among[turn] as Endpoint];
  try {
    const chosen = rule(among, message);
    return [among.includes(chosen) ? chosen : first];
  } catch (cause) {
    throw handlerFailed('the balance function', message.topic, first.label, cause);
  }
}

/** The one with the lowest score; of several the first, counted from `start`. */
function least(
  among: readonly Endpoint[],
  start: number,
  score: (endpoint: Endpoint) => number,
): Endpoint {
  let best: Endpoint | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < among.length; i++) {
    const endpoint = among[(start + i) % among.length] as Endpoint;
    const own = score(endpoint);
    if (own >= lowest) continue;
    best = endpoint;
    lowest = own;
  }
  return best as Endpoint;
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
