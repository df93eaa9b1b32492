import type { Endpoint } from '@bus/core';
import type { Breaker } from './breaker.ts';

/** One endpoint and its breaker. */
export interface Guard {
  readonly endpoint: Endpoint;
  readonly breaker: Breaker;
  /** Why the breaker is in its state; undefined where it has never been in another. */
  reason: string | undefined;
}
