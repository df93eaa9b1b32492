import { expect, test } from 'vitest';
import type { MetricsOptions } from '../src/index.ts';
import { metrics } from '../src/index.ts';

test.each([
  ['timing', { timing: 'always' }],
  ['series', { series: 0 }],
  ['series', { series: 1.5 }],
  ['series', { series: '10' }],
  ['timings', { timings: 'every' }],
  ['slowHandlerMS', { alerts: { slowHandlerMS: 5 } }],
  ['meter', { meter: {} }],
  ['meter', { meter: null }],
  ['alerts', { alerts: true }],
  ['alerts', { alerts: null }],
  ['alerts.intervalMs', { alerts: { intervalMs: 0 } }],
  ['alerts.intervalMs', { alerts: { intervalMs: Number.POSITIVE_INFINITY } }],
  ['alerts.lost', { alerts: { lost: -1 } }],
  ['alerts.queueShare', { alerts: { queueShare: Number.NaN } }],
  ['alerts.slowHandlerMs', { alerts: { slowHandlerMs: '5' } }],
])('a bad option %s is refused where the plugin is made', (option, options) => {
  expect(() => metrics(options as MetricsOptions)).toThrow(
    expect.objectContaining({
      code: 'BUS_OPTION_INVALID',
      details: expect.objectContaining({ option }),
    }),
  );
});

test('all options may be left out', () => {
  expect(() => metrics()).not.toThrow();
  expect(() => metrics({ alerts: {}, timing: undefined, meter: undefined })).not.toThrow();
});
