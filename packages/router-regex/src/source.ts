import type { BusError } from '@bus/core';
import { busError } from '@bus/core';

/** The text of a RegExp, with the flags that affect routing. */
export interface PatternSource {
  readonly source: string;
  /** Excludes `g` and `y`, which keep state between calls, and `d`, which does not affect `test`. */
  readonly flags: string;
}

/** Unlike `instanceof`, recognizes RegExps of every realm. */
export function isRegExp(value: unknown): value is RegExp {
  return Object.prototype.toString.call(value) === '[object RegExp]';
}

/** Copies text and flags, so later changes to the RegExp do not affect routes. */
export function sourceOf(pattern: RegExp): PatternSource {
  return { source: String(pattern.source), flags: String(pattern.flags).replace(/[gyd]/g, '') };
}

/** Whether a pattern can match system topics. Its text has to begin with `^\$bus`. */
export function readsSystemTopics({ source }: PatternSource): boolean {
  return source.startsWith('^\\$bus');
}

/** Makes the error for a pattern that cannot be routed. */
export function refusal({ source, flags }: PatternSource, reason: string): BusError {
  const shown = source.length > 64 ? `/${source.slice(0, 64)}…/${flags}` : `/${source}/${flags}`;
  return busError('BUS_PATTERN_INVALID', `pattern ${shown} ${reason}`, { pattern: shown, reason });
}
