import type { GlobReading } from './compile-glob.ts';
import type { Alternative, GlobPattern } from './glob-pattern.ts';
import { GlobReader } from './glob-pattern.ts';
import type { ComplexSegment, Segment } from './segment.ts';
import { many, matchesText } from './segment.ts';
import { segmentContains, segmentsMeet } from './segment-relations.ts';

/** The first segment of system topics. Only patterns that begin with it match them. */
const system = '$bus';

/** After this many moves {@link contains} gives up and answers no. */
const patience = 2 ** 15;

/**
 * Whether `outer` matches every topic that `inner` matches. The answer is exact for text, `*`, `**` and
 * braces. Other marks may turn a yes into a no, never the reverse, so a yes is safe to grant access on.
 * @throws BUS_PATTERN_INVALID
 */
export function contains(outer: string, inner: string, reading?: GlobReading): boolean {
  const reader = new GlobReader(reading?.nocase ?? false);
  return new ContainmentQuestion(reader.read(outer), reader.read(inner), reader.nocase).answer();
}

/**
 * Whether some topic matches both patterns. The answer is exact for text, `*`, `**` and braces. Other
 * marks may turn a no into a yes, never the reverse.
 * @throws BUS_PATTERN_INVALID
 */
export function overlaps(a: string, b: string, reading?: GlobReading): boolean {
  const reader = new GlobReader(reading?.nocase ?? false);
  const [one, other] = [reader.read(a), reader.read(b)];
  const systemToo = reader.nocase || (one.system && other.system);
  return one.alternatives.some((x) =>
    other.alternatives.some((y) => alternativesMeet(x, y, systemToo)),
  );
}

/** Follows both patterns at once; a state is a position in each and whether `$bus` was the start. */
function alternativesMeet(a: Alternative, b: Alternative, systemToo: boolean): boolean {
  const seen = new Set<number>();
  const open: (readonly [i: number, j: number, start: Start])[] = [[0, 0, 'first']];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const [i, j, start] = state;
    const key = (i * 64 + j) * 4 + starts.indexOf(start);
    if (seen.has(key)) continue;
    seen.add(key);
    // No topic is empty.
    if (i === a.length && j === b.length && start !== 'first') return true;
    const x = a[i];
    const y = b[j];
    if (x === many) open.push([i + 1, j, start]);
    if (y === many) open.push([i, j + 1, start]);
    if (x === undefined || y === undefined || !segmentsMeet(x, y)) continue;
    if (start === 'system' && !systemToo) continue;
    const begins = start === 'first' && (x === system || y === system);
    open.push([after(x, i), after(y, j), begins ? 'system' : start === 'first' ? 'other' : start]);
  }
  return false;
}

type Start = 'first' | 'system' | 'other';
const starts: readonly Start[] = ['first', 'system', 'other'];

function after(segment: Segment, at: number): number {
  return segment === many ? at : at + 1;
}

/** One segment of a topic: a text, any text that a segment matches, or (undefined) any other text. */
type Reading = string | ComplexSegment | undefined;

/** Positions in the outer alternatives, as alternative times 64 plus position. */
type Positions = readonly number[];

class ContainmentQuestion {
  readonly #outer: GlobPattern;
  readonly #inner: GlobPattern;
  readonly #nocase: boolean;
  /** The readings of a wildcard in the inner pattern that the outer pattern can tell apart. */
  readonly #alphabet: readonly Reading[];
  #moves = 0;

  constructor(outer: GlobPattern, inner: GlobPattern, nocase: boolean) {
    this.#outer = outer;
    this.#inner = inner;
    this.#nocase = nocase;
    this.#alphabet = [
      ...new Set([system, ...outer.alternatives.flat().flatMap(textsOf)]),
      undefined,
    ];
  }

  answer(): boolean {
    return this.#inner.alternatives.every((alternative) => this.#covers(alternative));
  }

  /** Looks for a way through `inner` that the outer pattern cannot follow. */
  #covers(inner: Alternative): boolean {
    const seen = new Map<string, Positions[]>();
    const entry = this.#outer.alternatives.map((_, i) => i * 64);
    const open: (readonly [at: number, outer: Positions, start: Start])[] = [
      [0, this.#settle(entry), 'first'],
    ];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      const [at, outer, start] = state;
      const key = `${at} ${start}`;
      const before = seen.get(key) ?? [];
      this.#moves += before.length;
      // Fewer outer positions match less: if they sufficed, so do more.
      if (before.some((fewer) => isPartOf(fewer, outer))) continue;
      seen.set(key, [...before.filter((more) => !isPartOf(outer, more)), outer]);
      // No topic is empty.
      if (at === inner.length && start !== 'first' && !this.#ends(outer)) return false;
      const segment = inner[at];
      if (segment === undefined) continue;
      if (segment === many) open.push([at + 1, outer, start]);
      if (start === 'system' && !this.#inner.system && !this.#nocase) continue;
      // From here on the topic is a system topic. Only an outer pattern that begins with `$bus` follows.
      const left = start === 'system' && this.#inner.system && !this.#outer.system ? [] : outer;
      for (const reading of this.#readingsOf(segment)) {
        const next = start === 'first' ? (reading === system ? 'system' : 'other') : start;
        open.push([after(segment, at), this.#move(left, reading), next]);
      }
      if (this.#moves > patience) return false;
    }
    return true;
  }

  #readingsOf(segment: Segment): readonly Reading[] {
    if (typeof segment === 'string') return [segment];
    if (typeof segment === 'symbol') return this.#alphabet;
    if (segment.rest === 'nothing') return segment.beginnings;
    return segment.matches(system) ? [segment, system] : [segment];
  }

  #move(from: Positions, reading: Reading): Positions {
    const to: number[] = [];
    for (const position of from) {
      this.#moves++;
      const segment = this.#segmentAt(position);
      if (segment === undefined || !includes(segment, reading)) continue;
      to.push(segment === many ? position : position + 1);
    }
    return this.#settle(to);
  }

  /** Adds the position after each `**`, which may read nothing. */
  #settle(positions: readonly number[]): Positions {
    const settled = new Set(positions);
    for (const position of settled) {
      if (this.#segmentAt(position) === many) settled.add(position + 1);
    }
    return [...settled].sort((a, b) => a - b);
  }

  #segmentAt(position: number): Segment | undefined {
    return this.#outer.alternatives[position >> 6]?.[position & 63];
  }

  #ends(positions: Positions): boolean {
    return positions.some(
      (position) => (position & 63) === this.#outer.alternatives[position >> 6]?.length,
    );
  }
}

/** Whether `all` includes `some`; both are sorted. */
function isPartOf(some: Positions, all: Positions): boolean {
  let at = 0;
  for (const position of all) {
    if (position === some[at]) at++;
  }
  return at === some.length;
}

/** The texts that a segment tells apart from all other texts. */
function textsOf(segment: Segment): readonly string[] {
  if (typeof segment === 'string') return [segment];
  return typeof segment === 'object' && segment.rest === 'nothing' ? segment.beginnings : [];
}

function includes(segment: Segment, reading: Reading): boolean {
  if (typeof reading === 'string') return matchesText(segment, reading);
  if (typeof segment === 'symbol') return true;
  return typeof segment === 'object' && reading !== undefined && segmentContains(segment, reading);
}
