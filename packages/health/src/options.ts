import { atLeast, checkOptions, optionInvalid } from '@bus/core';
import type { Heartbeat } from '@bus/wire';
import type { BreakerOptions, HealthOptions } from './api.ts';

/** {@link BreakerOptions} with every default filled in. */
export type BreakerSettings = { readonly [K in keyof BreakerOptions]-?: number };

/** {@link HealthOptions} with every default filled in. */
export interface HealthSettings {
  readonly heartbeat: Heartbeat;
  /** Undefined for no breakers. */
  readonly breaker: BreakerSettings | undefined;
  readonly slowHandlerMs: number;
}

/** @throws BUS_OPTION_INVALID */
export function settingsOf(options: HealthOptions): HealthSettings {
  checkOptions('health', options, [
    'intervalMs',
    'idleMs',
    'suspectMs',
    'downMs',
    'breaker',
    'slowHandlerMs',
  ]);
  const { breaker = {} } = options;
  return {
    heartbeat: heartbeatOf(options),
    breaker: breaker === false ? undefined : breakerOf(breaker),
    slowHandlerMs: atLeast(1, 'slowHandlerMs', options.slowHandlerMs ?? 50),
  };
}

function heartbeatOf(options: HealthOptions): Heartbeat {
  const { intervalMs = 20, suspectMs = 60, downMs = 1000 } = options;
  atLeast(1, 'intervalMs', intervalMs);
  const idleMs = atLeast(intervalMs, 'idleMs', options.idleMs ?? Math.max(1000, intervalMs));
  above(intervalMs, 'suspectMs', suspectMs, 'intervalMs');
  above(suspectMs, 'downMs', downMs, 'suspectMs');
  return { intervalMs, idleMs, suspectMs, downMs };
}

function breakerOf(options: BreakerOptions): BreakerSettings {
  checkOptions('breaker', options, [
    'failures',
    'minimum',
    'ratio',
    'windowMs',
    'openMs',
    'probes',
  ]);
  const { failures = 5, minimum = 10, ratio = 0.5 } = options;
  const { windowMs = 10_000, openMs = 5000, probes = 1 } = options;
  if (!(typeof ratio === 'number' && ratio > 0 && ratio <= 1)) {
    throw optionInvalid('breaker.ratio', ratio, 'a number above 0 and at most 1');
  }
  return {
    failures: atLeast(1, 'breaker.failures', failures),
    minimum: atLeast(1, 'breaker.minimum', minimum),
    ratio,
    windowMs: atLeast(1, 'breaker.windowMs', windowMs),
    openMs: atLeast(1, 'breaker.openMs', openMs),
    probes: atLeast(1, 'breaker.probes', probes),
  };
}

function above(least: number, option: string, value: unknown, other: string): void {
  if (typeof value === 'number' && value > least) return;
  throw optionInvalid(option, value, `a number of milliseconds above ${other}, ${least}`);
}
