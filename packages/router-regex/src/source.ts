import type { BusError } from '@bus/core';
import { busError } from '@bus/core';

/** The text of a RegExp with the flags that mean something to a router. */
export interface PatternSource {
  readonly source: string;
  /** Without `g` and `y`, whose state would leak from call to call, and `d`, which tests nothing. */
  readonly flags: string;
}

/** Holds for RegExps of every realm, unlike `instanceof`. */
export function isRegExp(value: unknown): value is RegExp {
  return Object.prototype.toString.call(value) === '[object RegExp]';
}

/** Copies what counts, so that nothing the owner does to the RegExp later changes a route. */
export function sourceOf(pattern: RegExp): PatternSource {
  return { source: String(pattern.source), flags: String(pattern.flags).replace(/[gyd]/g, '') };
}

/** Whether it may match system topics: only a pattern that says so in its first characters. */
export function readsSystemTopics({ source }: PatternSource): boolean {
  return source.startsWith('^\\$bus');
}

/** The error for a pattern that cannot be routed. */
export function refusal({ source, flags }: PatternSource, reason: string): BusError {
  const shown = source.length > 64 ? `/${source.slice(0, 64)}…/${flags}` : `/${source}/${flags}`;
  return busError('BUS_PATTERN_INVALID', `pattern ${shown} ${reason}`, { pattern: shown, reason });
}
