import { atLeast, oneOf } from '@bus/core';
import type { CorrelationOptions } from './api.ts';

/** @throws BUS_OPTION_INVALID */
export function checkOptions({ timeoutMs, balance }: CorrelationOptions): void {
  if (timeoutMs !== undefined) atLeast(0, 'timeoutMs', timeoutMs);
  if (balance === undefined || typeof balance === 'function') return;
  oneOf(['round-robin', 'least-pending', 'sticky'], 'balance', balance);
}

/**
 * Checks the limits of a request to many.
 * @throws BUS_OPTION_INVALID
 */
export function checkLimits(max: unknown, stallMs: unknown): void {
  atLeast(1, 'max', max);
  if (stallMs !== undefined) atLeast(0, 'stallMs', stallMs);
}
