import type { BusError, SendOptions } from '@bus/core';
import { atLeast, checkOptions, oneOf, optionInvalid } from '@bus/core';
import type { CorrelationOptions, RequestManyOptions } from './api.ts';

/** @throws BUS_OPTION_INVALID */
export function checkSettings(options: CorrelationOptions): void {
  checkOptions('correlation', options, ['timeoutMs', 'balance']);
  const { timeoutMs, balance } = options;
  if (timeoutMs !== undefined) atLeast(0, 'timeoutMs', timeoutMs);
  if (balance === undefined || typeof balance === 'function') return;
  oneOf(['round-robin', 'least-pending', 'sticky'], 'balance', balance);
}

/** Those of {@link RequestManyOptions} that are known whatever is installed, the rarest first. */
const known = [
  'stallMs',
  'max',
  'timeoutMs',
  'signal',
  'headers',
  'key',
  'priority',
  'correlationId',
  'parent',
] as const satisfies readonly (keyof RequestManyOptions)[];

/**
 * Refuses options that are none.
 * @throws BUS_OPTION_INVALID
 */
export function checkGiven(options: unknown): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw optionInvalid('options', options, 'an object');
}

/**
 * Checks the limits of a request to many.
 * @throws BUS_OPTION_INVALID
 */
export function checkLimits(max: unknown, stallMs: unknown): void {
  atLeast(1, 'max', max);
  atLeast(0, 'stallMs', stallMs);
}

/**
 * Checks what a request waits for besides its reply.
 * @throws BUS_OPTION_INVALID
 */
export function checkWait(timeoutMs: unknown, signal: unknown): void {
  atLeast(0, 'timeoutMs', timeoutMs);
  const { addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (signal == null || typeof addEventListener === 'function') return;
  throw optionInvalid('signal', signal, 'an AbortSignal');
}

/**
 * The kernel refuses an option that no plugin has taken, but does not know those of `requestMany`: says
 * which of all may have been meant.
 */
export function refusalOf(error: BusError, options: SendOptions): BusError {
  const { option = '' } = (error.details ?? {}) as { readonly option?: string };
  if (error.code !== 'BUS_OPTION_INVALID' || !Object.hasOwn(options, option)) return error;
  try {
    checkOptions('requestMany', { [option]: options[option as keyof SendOptions] }, known);
  } catch (named) {
    return named as BusError;
  }
  return error;
}
