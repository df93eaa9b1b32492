import type { BusError } from './errors.ts';
import { busError, textOf } from './errors.ts';

/**
 * The error of an option that cannot be meant, for plugins as for the kernel: one code and one wording
 * for all of them.
 * @param option - its name as the user wrote it, such as `backoff.baseMs`
 * @param wanted - what to give instead, as the end of a sentence: `a number of at least 1`
 */
export function optionInvalid(
  option: string,
  value: unknown,
  wanted: string,
  cause?: unknown,
): BusError {
  const shown = typeof value === 'string' ? `'${value}'` : textOf(value);
  return busError(
    'BUS_OPTION_INVALID',
    `option '${option}' is ${shown}: give ${wanted}`,
    { option, value: shown },
    cause,
  );
}

/**
 * The value, where it is a number of at least `least`.
 * @throws BUS_OPTION_INVALID
 */
export function atLeast(least: number, option: string, value: unknown): number {
  if (typeof value === 'number' && value >= least) return value;
  throw optionInvalid(option, value, `a number of at least ${least}`);
}

/**
 * The value, where it is one of `choices`.
 * @throws BUS_OPTION_INVALID
 */
export function oneOf<T extends string>(choices: readonly T[], option: string, value: unknown): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw optionInvalid(option, value, `one of ${choices.join(', ')}`);
}

/** Refuses what is given and no string. */
export function stringOption(option: string, value: unknown): void {
  if (value != null && typeof value !== 'string') throw optionInvalid(option, value, 'a string');
}

/** Refuses what is given and lacks the method that makes it what is wanted. */
export function methodOption(option: string, value: unknown, method: string, wanted: string): void {
  if (value == null) return;
  if (typeof (value as Record<string, unknown>)[method] !== 'function') {
    throw optionInvalid(option, value, wanted);
  }
}

export function signalOption(value: unknown): void {
  methodOption('signal', value, 'addEventListener', 'an AbortSignal');
}
