import { atLeast, optionInvalid } from '@bus/core';
import type { BatchLimits } from './api.ts';

/** Timers set for longer than this fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** Limits with every default filled in. */
export interface Limits {
  readonly size: number;
  /** Infinity where nothing is weighed. */
  readonly bytes: number;
  readonly waitMs: number;
  /** What a payload weighs; none where nobody has to know, so that it need not be decoded. */
  readonly weigh: ((payload: unknown) => number) | undefined;
}

/**
 * Checks what a user gave as `batch`.
 * @throws BUS_OPTION_INVALID
 */
export function limitsOf(given: unknown, inFlight: number): Limits {
  if (typeof given !== 'object' || given === null) {
    throw optionInvalid('batch', given, 'limits, such as { size: 100, waitMs: 5 }');
  }
  const { size = 100, bytes, sizeOf, waitMs = 5 } = given as BatchLimits;
  if (!Number.isInteger(size) || size < 1 || size > inFlight) {
    const most = `at most limits.inFlight (${inFlight}), since all of a batch is in flight`;
    throw optionInvalid('batch.size', size, `a whole number from 1, ${most}`);
  }
  if (bytes !== undefined) atLeast(1, 'batch.bytes', bytes);
  if (sizeOf !== undefined && (typeof sizeOf !== 'function' || bytes === undefined)) {
    throw optionInvalid('batch.sizeOf', sizeOf, 'a function, and batch.bytes with it');
  }
  if (typeof waitMs !== 'number' || !(waitMs >= 0 && waitMs <= longestTimerMs)) {
    throw optionInvalid(
      'batch.waitMs',
      waitMs,
      `a number of milliseconds, up to ${longestTimerMs}`,
    );
  }
  return { size, bytes: bytes ?? Number.POSITIVE_INFINITY, waitMs, weigh: weigher(bytes, sizeOf) };
}

function weigher(bytes: number | undefined, sizeOf: BatchLimits['sizeOf']): Limits['weigh'] {
  if (bytes === undefined) return undefined;
  if (sizeOf === undefined) return byLength;
  return (payload) => {
    const weight = sizeOf(payload);
    if (typeof weight === 'number' && weight >= 0) return weight;
    throw optionInvalid('batch.sizeOf', weight, 'one that returns a number');
  };
}

function byLength(payload: unknown): number {
  if (typeof payload === 'string') return payload.length;
  return payload instanceof Uint8Array ? payload.byteLength : 0;
}
