import type { ComplexSegment, Segment } from './segment.ts';
import { matchesText } from './segment.ts';
import type { Unit } from './segment-syntax.ts';
import type { Wildcard } from './wildcards.ts';
import { matchesWildcards, readsCharacter, readsEitherCase } from './wildcards.ts';

/**
 * Whether every text that `inner` matches is matched by `outer`. Exact for text and `*`; a yes is
 * always right.
 */
export function segmentContains(outer: ComplexSegment, inner: ComplexSegment): boolean {
  if (outer.written === inner.written) return true;
  if (outer.wildcards === undefined || inner.wildcards === undefined) return false;
  return matchesWildcards(outer.wildcards, inner.wildcards, readsAllOf);
}

/** Whether a piece reads everything that a piece of another segment reads. */
function readsAllOf(wanted: Unit, other: Wildcard): boolean {
  if (other.type === 'char') {
    return readsCharacter(wanted, other.char) && readsEitherCase(wanted, other.char);
  }
  return other.type !== 'star' && wanted.type === 'any';
}

/** Whether there may be a text that both match. Exact for text and `*`; a no is always right. */
export function segmentsMeet(x: Segment, y: Segment): boolean {
  if (typeof x === 'string') return matchesText(y, x);
  if (typeof y === 'string') return matchesText(x, y);
  if (typeof x === 'symbol' || typeof y === 'symbol') return true;
  if (x.rest === 'nothing') return x.beginnings.some((text) => y.matches(text));
  if (y.rest === 'nothing') return y.beginnings.some((text) => x.matches(text));
  if (x.wildcards !== undefined && y.wildcards !== undefined) {
    return wildcardsMeet(x.wildcards, y.wildcards);
  }
  return x.beginnings.some((a) => y.beginnings.some((b) => a.startsWith(b) || b.startsWith(a)));
}

/** Follows both at once; a state is a position in each. */
function wildcardsMeet(x: readonly Wildcard[], y: readonly Wildcard[]): boolean {
  const width = y.length + 1;
  const reached = new Set([0]);
  for (const state of reached) {
    const [i, j] = [Math.floor(state / width), state % width];
    if (i === x.length && j === y.length) return true;
    const [a, b] = [x[i], y[j]];
    if (a?.type === 'star') reached.add((i + 1) * width + j);
    if (b?.type === 'star') reached.add(i * width + j + 1);
    if (a === undefined || b === undefined) continue;
    if (a.type === 'star') {
      if (b.type !== 'star') reached.add(i * width + j + 1);
    } else if (b.type === 'star') reached.add((i + 1) * width + j);
    else if (readsSomeOf(a, b)) reached.add((i + 1) * width + j + 1);
  }
  return false;
}

/** Whether there may be a character that both read. */
function readsSomeOf(a: Unit, b: Unit): boolean {
  if (a.type === 'char') return readsCharacter(b, a.char) || readsEitherCase(b, a.char);
  return b.type === 'char' ? readsSomeOf(b, a) : true;
}
