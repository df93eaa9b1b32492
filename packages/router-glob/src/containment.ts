import type { GlobReading } from './compile-glob.ts';
import type { Alternative, GlobPattern } from './glob-pattern.ts';
import { GlobReader } from './glob-pattern.ts';
import type { ComplexSegment, Segment } from './segment.ts';
import { many, matchesText } from './segment.ts';
import { segmentContains, segmentsMeet } from './segment-relations.ts';

/** The first segment of system topics, which most patterns do not match. */
const system = '$bus';

/** Moves of an automaton after which {@link contains} gives up and says no. */
const patience = 2 ** 15;

/**
 * Whether every topic that `inner` matches is matched by `outer` too. Exact for text, `*`, `**` and
 * braces; where other marks leave it open, the answer is no. Meant for what a peer may do: a yes is
 * always right.
 * @throws BUS_PATTERN_INVALID
 */
export function contains(outer: string, inner: string, reading?: GlobReading): boolean {
  const reader = new GlobReader(reading?.nocase ?? false);
  return new ContainmentQuestion(reader.read(outer), reader.read(inner), reader.nocase).answer();
}

/**
 * Whether there may be a topic that both patterns match. Exact for text, `*`, `**` and braces; where
 * other marks leave it open, the answer is yes: a no is always right.
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

/** What is read of one segment of a topic, as far as it matters: a text, or any text that no other reading is. */
type Reading = string | ComplexSegment | undefined;

/** Positions in the outer alternatives, as alternative times 64 plus position. */
type Positions = readonly number[];

class ContainmentQuestion {
  readonly #outer: GlobPattern;
  readonly #inner: GlobPattern;
  readonly #nocase: boolean;
  /** What a wildcard of the inner pattern may read, as far as the outer one tells it apart. */
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
      // With fewer places in the outer pattern there is less that can follow.
      if (before.some((fewer) => isPartOf(fewer, outer))) continue;
      seen.set(key, [...before.filter((more) => !isPartOf(outer, more)), outer]);
      // No topic is empty.
      if (at === inner.length && start !== 'first' && !this.#ends(outer)) return false;
      const segment = inner[at];
      if (segment === undefined) continue;
      if (segment === many) open.push([at + 1, outer, start]);
      if (start === 'system' && !this.#inner.system && !this.#nocase) continue;
      // From here on it is a system topic, which an outer pattern that does not say so leaves out.
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

  /** Adds the positions after each `**`, which may read nothing. */
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

/** Whether all of the sorted `some` are among the sorted `all`. */
function isPartOf(some: Positions, all: Positions): boolean {
  let at = 0;
  for (const position of all) {
    if (position === some[at]) at++;
  }
  return at === some.length;
}

/** The texts that a segment tells apart from all others. */
function textsOf(segment: Segment): readonly string[] {
  if (typeof segment === 'string') return [segment];
  return typeof segment === 'object' && segment.rest === 'nothing' ? segment.beginnings : [];
}

function includes(segment: Segment, reading: Reading): boolean {
  if (typeof reading === 'string') return matchesText(segment, reading);
  if (typeof segment === 'symbol') return true;
  return typeof segment === 'object' && reading !== undefined && segmentContains(segment, reading);
}
