import type { BusError } from '@bus/core';
import { busError } from '@bus/core';

/** These limits keep a pattern from a stranger cheap. */
export const limits = {
  /** Characters in a pattern. */
  length: 256,
  segments: 32,
  /** Separate `**` segments in one pattern. */
  manyWildcards: 3,
  /** Patterns that one pattern with braces stands for. */
  alternatives: 64,
  /** Levels of nested extglobs, including the outermost. */
  nesting: 2,
  /** Ways in which a backtracking engine can read one segment of `length` characters. */
  readings: 524_288,
} as const;

/**
 * Makes the error for an invalid pattern.
 *
 * @param reason - states the fault and the remedy; follows "pattern 'x' "
 */
export function refusal(pattern: string, reason: string): BusError {
  const shown = pattern.slice(0, limits.length);
  return busError('BUS_PATTERN_INVALID', `pattern '${shown}' ${reason}`, {
    pattern: shown,
    reason,
  });
}
