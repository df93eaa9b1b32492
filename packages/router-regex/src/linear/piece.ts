import type { BusError } from '@bus/core';
import type { PatternSource } from '../source.ts';
import { refusal } from '../source.ts';

/** A part of a pattern in RE2's syntax. */
export interface Piece {
  readonly text: string;
  /** The approximate number of steps per character of a topic. */
  readonly size: number;
}

/** Makes the error for a pattern that V8 accepts and the linear engine does not. */
export function refused(pattern: PatternSource, reason: string): BusError {
  return refusal(pattern, `${reason}; patterns from outside run in linear time`);
}
