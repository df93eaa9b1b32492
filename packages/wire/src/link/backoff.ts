import type { Env } from '@bus/core';
import type { ReconnectOptions } from '../plugin/options.ts';

/**
 * How long to wait before attempt `failures + 1`: anywhere up to an exponentially growing bound, so
 * that many who lost the same peer do not come back together (Brooker, "Exponential Backoff And
 * Jitter": full jitter).
 */
export function backoffMs(failures: number, options: ReconnectOptions, env: Env): number {
  const { baseMs, factor, maxMs } = options;
  return env.random() * Math.min(maxMs, baseMs * factor ** failures);
}
