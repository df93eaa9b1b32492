import { atLeast, checkOptions, optionInvalid } from '@bus/core';
import type { BatchLimits } from './api.ts';

/** Limits with every default filled in. */
export interface Limits {
  readonly size: number;
  /** Infinity where nothing is weighed. */
  readonly bytes: number;
  readonly waitMs: number;
  /** Weighs a payload; undefined where batches have no limit of bytes, so that it is not decoded. */
  readonly weigh: ((payload: unknown) => number) | undefined;
}

/**
 * Checks the option `batch`.
 * @throws BUS_OPTION_INVALID
 */
export function limitsOf(given: unknown, inFlight: number): Limits {
  if (typeof given !== 'object' || given === null) {
    throw optionInvalid('batch', given, 'limits, such as { size: 100, waitMs: 5 }');
  }
  checkOptions('batch', given, ['size', 'bytes', 'sizeOf', 'waitMs']);
  const { size = 100, bytes, sizeOf, waitMs = 5 } = given as BatchLimits;
  if (!Number.isInteger(size) || size < 1 || size > inFlight) {
    const most = `limits.inFlight (${inFlight}), since all messages of a batch are in flight`;
    throw optionInvalid('batch.size', size, `a whole number from 1 to ${most}`);
  }
  if (bytes !== undefined) atLeast(1, 'batch.bytes', bytes);
  if (sizeOf !== undefined && (typeof sizeOf !== 'function' || bytes === undefined)) {
    throw optionInvalid('batch.sizeOf', sizeOf, 'a function, together with batch.bytes');
  }
  atLeast(0, 'batch.waitMs', waitMs);
  return { size, bytes: bytes ?? Number.POSITIVE_INFINITY, waitMs, weigh: weigher(bytes, sizeOf) };
}

function weigher(bytes: number | undefined, sizeOf: BatchLimits['sizeOf']): Limits['weigh'] {
  if (bytes === undefined) return undefined;
  if (sizeOf === undefined) return byLength;
  return (payload) => {
    const weight = sizeOf(payload);
    if (typeof weight === 'number' && weight >= 0) return weight;
    throw optionInvalid('batch.sizeOf', weight, 'a function that returns a number');
  };
}

function byLength(payload: unknown): number {
  if (typeof payload === 'string') return payload.length;
  return payload instanceof Uint8Array ? payload.byteLength : 0;
}
