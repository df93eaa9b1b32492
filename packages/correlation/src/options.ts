import type { BusError } from '@bus/core';
import type { CorrelationOptions } from './api.ts';
import { optionError } from './errors.ts';

const balances: readonly unknown[] = ['round-robin', 'least-pending', 'sticky', undefined];

/** What is wrong with the plugin's options, if anything. */
export function optionFault({ timeoutMs, balance }: CorrelationOptions): BusError | undefined {
  if (timeoutMs !== undefined && (typeof timeoutMs !== 'number' || !(timeoutMs >= 0))) {
    return optionError('timeoutMs', timeoutMs, 'a number of milliseconds');
  }
  if (typeof balance !== 'function' && !balances.includes(balance)) {
    return optionError('balance', balance, 'round-robin, least-pending, sticky or a function');
  }
  return undefined;
}

/** What is wrong with the limits of a request to many, if anything. */
export function limitFault(max: unknown, stallMs: unknown): BusError | undefined {
  if (typeof max !== 'number' || !(max >= 1)) {
    return optionError('max', max, 'a number of at least 1');
  }
  if (stallMs !== undefined && (typeof stallMs !== 'number' || !(stallMs >= 0))) {
    return optionError('stallMs', stallMs, 'a number of milliseconds');
  }
  return undefined;
}
