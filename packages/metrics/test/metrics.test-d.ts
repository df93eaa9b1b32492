import { createBus } from '@bus/core';
import { expectTypeOf, test } from 'vitest';
import type { Alert, MetricsSnapshot } from '../src/index.ts';
import { metrics } from '../src/index.ts';

test('the plugin adds metrics to the bus, whose names are known', () => {
  const bus = createBus().use(metrics());
  expectTypeOf(bus.metrics.snapshot()).toEqualTypeOf<MetricsSnapshot>();
  expectTypeOf(bus.metrics.snapshot().outcomes['dead-lettered']).toEqualTypeOf<number>();
  expectTypeOf(bus.metrics.prometheus()).toEqualTypeOf<Promise<string>>();
  expectTypeOf<Alert['rule']>().toEqualTypeOf<
    'slowHandlerMs' | 'queueShare' | 'lost' | 'errorRatio' | 'loopLagMs'
  >();
});

test('a bus without the plugin has none', () => {
  // @ts-expect-error: not installed
  createBus().metrics;
});

test('alerts are given limits or switched off, never just on', () => {
  metrics({ alerts: false });
  metrics({ alerts: { lost: 3, intervalMs: 100 } });
  // @ts-expect-error: which limits?
  metrics({ alerts: true });
  // @ts-expect-error: no such rule
  metrics({ alerts: { slowHandler: 3 } });
});
