import { checkOptions } from '@bus/core';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv as make } from '@bus/virtual-env';

/**
 * A clock that stands still until told to advance, and randomness from a seed. Timers due at the same
 * instant run in an order the seed decides; turns run in the order they were asked for.
 * @param options - `seed`: a whole number, default 1. The same seed is the same run.
 * @throws BUS_OPTION_INVALID
 * @example
 * ```ts
 * const env = virtualEnv({ seed: 1 });
 * const bus = createBus({ env }).use(correlation());
 * const asked = bus.request('slow', undefined, { timeoutMs: 1000 });
 * await env.advance(1000); // and `asked` has been rejected
 * ```
 */
export function virtualEnv(options: { readonly seed?: number | undefined } = {}): VirtualEnv {
  checkOptions('virtualEnv', options, ['seed']);
  return make(options);
}
