import type { BreakerOptions, HealthOptions } from '@bus/health';
import type { Random } from './random.ts';

/** What the health of one station is told: all of it short, so that much happens in a run. */
export interface StationHealth extends HealthOptions {
  readonly breaker: BreakerOptions & { readonly openMs: number; readonly probes: number };
}

export function healthOptions(random: Random): StationHealth {
  return {
    intervalMs: random.pick([30, 50]),
    suspectMs: random.pick([80, 150, 250]),
    downMs: random.pick([400, 800]),
    slowHandlerMs: random.pick([50, 500]),
    breaker: {
      failures: random.pick([2, 3, 5, Number.POSITIVE_INFINITY]),
      minimum: random.pick([4, 8]),
      ratio: random.pick([0.3, 0.5, 1]),
      windowMs: random.pick([200, 2000]),
      openMs: random.pick([30, 80, 200]),
      probes: random.pick([1, 1, 2, 3]),
    },
  };
}
