import type { GlobReading } from './compile-glob.ts';
import type { GlobPattern, Segment } from './glob-pattern.ts';
import { parseGlob } from './glob-pattern.ts';

type Alternative = readonly Segment[];

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
  const nocase = reading?.nocase ?? false;
  const question = new ContainmentQuestion(
    parseGlob(outer, nocase),
    parseGlob(inner, nocase),
    nocase,
  );
  return question.answer();
}

/**
 * Whether there may be a topic that both patterns match. Exact for text, `*`, `**` and braces; where
 * other marks leave it open, the answer is yes: a no is always right.
 * @throws BUS_PATTERN_INVALID
 */
export function overlaps(a: string, b: string, reading?: GlobReading): boolean {
  const nocase = reading?.nocase ?? false;
  const [one, other] = [parseGlob(a, nocase), parseGlob(b, nocase)];
  const systemToo = nocase || (one.system && other.system);
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
    const [x, y] = [a[i], b[j]];
    if (x?.kind === 'many') open.push([i + 1, j, start]);
    if (y?.kind === 'many') open.push([i, j + 1, start]);
    if (x === undefined || y === undefined || !segmentsMeet(x, y)) continue;
    if (start === 'system' && !systemToo) continue;
    const begins = start === 'first' && (isSystem(x) || isSystem(y));
    open.push([after(x, i), after(y, j), begins ? 'system' : start === 'first' ? 'other' : start]);
  }
  return false;
}

type Start = 'first' | 'system' | 'other';
const starts: readonly Start[] = ['first', 'system', 'other'];

function isSystem(segment: Segment): boolean {
  return segment.kind === 'literal' && segment.text === system;
}

function after(segment: Segment, at: number): number {
  return segment.kind === 'many' ? at : at + 1;
}

function segmentsMeet(x: Segment, y: Segment): boolean {
  if (x.kind === 'one' || x.kind === 'many' || y.kind === 'one' || y.kind === 'many') return true;
  if (x.kind === 'literal') return readsText(y, x.text);
  if (y.kind === 'literal') return readsText(x, y.text);
  const [p, q] = [x.matcher?.prefix ?? '', y.matcher?.prefix ?? ''];
  return p.startsWith(q) || q.startsWith(p);
}

function readsText(segment: Segment, text: string): boolean {
  if (segment.kind === 'literal') return segment.text === text;
  return segment.matcher === undefined || segment.matcher.test(text);
}

/** One segment of a topic, as far as it matters: a text, any other text, or whatever a mark reads. */
type Reading = { readonly text: string } | { readonly written: string } | 'other';

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
    const literals = outer.alternatives.flat().filter((segment) => segment.kind === 'literal');
    const texts = new Set([system, ...literals.map((segment) => segment.text)]);
    this.#alphabet = [...[...texts].map((text) => ({ text })), 'other'];
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
      if (segment.kind === 'many') open.push([at + 1, outer, start]);
      if (start === 'system' && !this.#inner.system && !this.#nocase) continue;
      // From here on it is a system topic, which an outer pattern that does not say so leaves out.
      const left = start === 'system' && this.#inner.system && !this.#outer.system ? [] : outer;
      for (const reading of this.#readingsOf(segment)) {
        const begins = start === 'first' && typeof reading === 'object' && 'text' in reading;
        const next = begins && reading.text === system ? 'system' : start;
        open.push([
          after(segment, at),
          this.#move(left, reading),
          next === 'first' ? 'other' : next,
        ]);
      }
      if (this.#moves > patience) return false;
    }
    return true;
  }

  #readingsOf({ kind, text, matcher }: Segment): readonly Reading[] {
    if (kind === 'literal') return [{ text }];
    if (kind !== 'complex') return this.#alphabet;
    return matcher?.test(system) ? [{ written: text }, { text: system }] : [{ written: text }];
  }

  #move(from: Positions, reading: Reading): Positions {
    const to: number[] = [];
    for (const position of from) {
      this.#moves++;
      const segment = this.#segmentAt(position);
      if (segment === undefined || !includes(segment, reading)) continue;
      to.push(segment.kind === 'many' ? position : position + 1);
    }
    return this.#settle(to);
  }

  /** Adds the positions after each `**`, which may read nothing. */
  #settle(positions: readonly number[]): Positions {
    const settled = new Set(positions);
    for (const position of settled) {
      if (this.#segmentAt(position)?.kind === 'many') settled.add(position + 1);
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

function includes(segment: Segment, reading: Reading): boolean {
  if (segment.kind === 'one' || segment.kind === 'many') return true;
  if (reading === 'other') return false;
  if ('text' in reading) return readsText(segment, reading.text);
  return segment.kind === 'complex' && segment.text === reading.written;
}
