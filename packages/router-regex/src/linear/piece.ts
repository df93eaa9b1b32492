import type { BusError } from '@bus/core';
import type { PatternSource } from '../source.ts';
import { refusal } from '../source.ts';

/** A part of a pattern in RE2's syntax. */
export interface Piece {
  readonly text: string;
  /** About how many steps each character of a topic may cost. */
  readonly size: number;
}

/** The error for what only the linear engine does not take. */
export function refused(pattern: PatternSource, reason: string): BusError {
  return refusal(pattern, `${reason}; patterns from outside run in linear time`);
}
