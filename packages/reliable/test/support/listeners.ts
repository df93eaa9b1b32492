import type { Bench } from './bench.ts';
import { reliably } from './bench.ts';

/** A listener that fails each time, and counts. */
export function alwaysFails() {
  const fails = () => {
    fails.runs++;
    throw new Error('never');
  };
  fails.runs = 0;
  return fails;
}

/** A subscription that fails as long as it is told to. */
export function failing({ bus }: Bench, pattern: string, options: object = {}) {
  const state = { broken: true, runs: 0, handled: [] as unknown[] };
  const subscription = bus.subscribe(
    pattern,
    ({ payload }) => {
      state.runs++;
      if (state.broken) throw new Error(`no ${payload}`, { cause: new TypeError('deeper') });
      state.handled.push(payload);
    },
    { ...reliably, attempts: 1, name: 'billing', ...options },
  );
  return Object.assign(state, { subscription });
}
