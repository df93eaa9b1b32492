import { beginAlike } from './beginnings.ts';
import type { ComplexSegment, Segment } from './segment.ts';
import { matchesText } from './segment.ts';
import type { Unit } from './segment-syntax.ts';
import type { Wildcard } from './wildcards.ts';
import { matchesWildcards, readsCharacter, readsEitherCase } from './wildcards.ts';

/**
 * Whether `outer` matches every text that `inner` matches. Exact for text and `*`; otherwise only a
 * yes is certain.
 */
export function segmentContains(outer: ComplexSegment, inner: ComplexSegment): boolean {
  if (outer.written === inner.written) return true;
  if (outer.wildcards === undefined || inner.wildcards === undefined) return false;
  return matchesWildcards(outer.wildcards, inner.wildcards, readsAllOf);
}

/** Whether a piece reads every character that the other piece reads. */
function readsAllOf(wanted: Unit, other: Wildcard): boolean {
  if (other.type === 'char') {
    return readsCharacter(wanted, other.char) && readsEitherCase(wanted, other.char);
  }
  return other.type !== 'star' && wanted.type === 'any';
}

/** Whether some text matches both. Exact for text and `*`; otherwise only a no is certain. */
export function segmentsMeet(x: Segment, y: Segment): boolean {
  if (typeof x === 'string') return matchesText(y, x);
  if (typeof y === 'string') return matchesText(x, y);
  if (typeof x === 'symbol' || typeof y === 'symbol') return true;
  if (x.rest === 'nothing') return x.beginnings.some((text) => y.matches(text));
  if (y.rest === 'nothing') return y.beginnings.some((text) => x.matches(text));
  if (x.wildcards !== undefined && y.wildcards !== undefined) {
    return wildcardsMeet(x.wildcards, y.wildcards);
  }
  return x.beginnings.some((a) => y.beginnings.some((b) => beginAlike(a, b)));
}

/** Follows both segments at once. A state is a position in each. */
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

/** Whether both may read the same character. */
function readsSomeOf(a: Unit, b: Unit): boolean {
  if (a.type === 'char') return readsCharacter(b, a.char) || readsEitherCase(b, a.char);
  return b.type === 'char' ? readsSomeOf(b, a) : true;
}
