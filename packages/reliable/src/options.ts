import { atLeast, checkOptions, oneOf, optionInvalid } from '@bus/core';
import type { BackoffOptions, DeadLetterOverflow, ReliableOptions, RetryOptions } from './api.ts';
import type { Backoff } from './backoff.ts';

/** {@link RetryOptions} with every default filled in. */
export interface RetrySettings {
  readonly ackTimeoutMs: number;
  readonly attempts: number;
  readonly backoff: Backoff;
}

/** {@link ReliableOptions} with every default filled in. */
export interface ReliableSettings {
  readonly retry: RetrySettings;
  /** Of the dead letters. */
  readonly capacity: number;
  readonly overflow: DeadLetterOverflow;
  /** Of what a subscription remembers of one publisher. */
  readonly window: number;
  readonly redeliverMs: number;
  readonly pending: number;
}

const defaults: RetrySettings = {
  ackTimeoutMs: 5000,
  attempts: 3,
  backoff: { baseMs: 100, factor: 2, maxMs: 30_000, jitter: 'full' },
};

/** @throws BUS_OPTION_INVALID */
export function settingsOf(options: ReliableOptions): ReliableSettings {
  checkOptions('reliable', options, [
    'ackTimeoutMs',
    'attempts',
    'backoff',
    'deadLetters',
    'dedupe',
    'redeliverMs',
    'pending',
  ]);
  const { deadLetters = {}, dedupe = {}, redeliverMs = 10_000, pending = 10_000 } = options;
  checkOptions('deadLetters', deadLetters, ['capacity', 'overflow']);
  checkOptions('dedupe', dedupe, ['window']);
  const { capacity = 1000, overflow = 'error' } = deadLetters;
  return {
    retry: retryOf(options, defaults),
    capacity: count('deadLetters.capacity', capacity),
    overflow: oneOf(['error', 'drop-oldest', 'block'], 'deadLetters.overflow', overflow),
    window: count('dedupe.window', dedupe.window ?? 4096),
    redeliverMs: atLeast(0, 'redeliverMs', redeliverMs),
    pending: count('pending', pending),
  };
}

/** @throws BUS_OPTION_INVALID */
export function retryOf(options: RetryOptions, otherwise: RetrySettings): RetrySettings {
  const { ackTimeoutMs, attempts, backoff } = options;
  const ackMs = ackTimeoutMs ?? otherwise.ackTimeoutMs;
  if (!(typeof ackMs === 'number' && ackMs > 0)) {
    throw optionInvalid('ackTimeoutMs', ackMs, 'milliseconds, more than 0');
  }
  return {
    ackTimeoutMs: ackMs,
    attempts: count('attempts', attempts ?? otherwise.attempts),
    backoff: backoff === undefined ? otherwise.backoff : backoffOf(backoff, otherwise.backoff),
  };
}

function backoffOf(options: BackoffOptions, otherwise: Backoff): Backoff {
  checkOptions('backoff', options, ['baseMs', 'factor', 'maxMs', 'jitter']);
  const { baseMs, factor, maxMs, jitter } = options;
  return {
    baseMs: atLeast(0, 'backoff.baseMs', baseMs ?? otherwise.baseMs),
    factor: atLeast(1, 'backoff.factor', factor ?? otherwise.factor),
    maxMs: atLeast(0, 'backoff.maxMs', maxMs ?? otherwise.maxMs),
    jitter: oneOf(['full', 'none'], 'backoff.jitter', jitter ?? otherwise.jitter),
  };
}

/** Refuses what is no whole number of at least 1. */
function count(option: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw optionInvalid(option, value, 'a whole number of at least 1');
}
