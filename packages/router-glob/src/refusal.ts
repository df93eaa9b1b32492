import type { BusError } from '@bus/core';
import { busError } from '@bus/core';

/** What a pattern from a stranger may cost at most. */
export const limits = {
  /** Characters of a pattern. */
  length: 256,
  segments: 32,
  /** `**` that stand apart in one pattern. */
  manyWildcards: 3,
  /** Patterns that the braces of one stand for. */
  alternatives: 64,
  /** Extglobs within extglobs, the outermost counted. */
  nesting: 2,
  /** Ways a backtracking engine may try to read one segment of `length` characters. */
  readings: 524_288,
} as const;

/**
 * The error for a pattern that is not taken.
 *
 * @param reason - says what is wrong and what to write instead; follows "pattern 'x' ".
 */
export function refusal(pattern: string, reason: string): BusError {
  const shown = pattern.slice(0, limits.length);
  return busError('BUS_PATTERN_INVALID', `pattern '${shown}' ${reason}`, {
    pattern: shown,
    reason,
  });
}
