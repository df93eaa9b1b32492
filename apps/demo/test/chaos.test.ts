import { expect, test } from 'vitest';
import { chaosSchedule, plannedText } from '../src/chaos/schedule.ts';
import { Restarts } from '../src/parts/restarts.ts';

const can = { kill: ['analysis-1', 'analysis-2'], stall: true };

test('faults come in the middle third of the run', () => {
  expect(chaosSchedule(20_000, can).map(plannedText)).toEqual([
    '6.7 s: kill analysis-1',
    '9.3 s: stop analysis-2 for 700 ms',
    '11.3 s: poison a message of batch.stored',
  ]);
});

test('a short run has shorter ones, a long run has them at its beginning', () => {
  expect(chaosSchedule(3000, can)).toMatchObject([{ atMs: 1000 }, { forMs: 250 }, { atMs: 1700 }]);
  expect(chaosSchedule(Number.POSITIVE_INFINITY, can)).toEqual(chaosSchedule(30_000, can));
});

test('what cannot be killed or stopped is left alone', () => {
  const faults = (plan: ReturnType<typeof chaosSchedule>) => plan.map(({ fault }) => fault);
  expect(faults(chaosSchedule(20_000, { kill: [], stall: true }))).toEqual(['poison']);
  expect(faults(chaosSchedule(20_000, { ...can, stall: false }))).toEqual(['kill', 'poison']);
});

test('a lost process is started again, later each time, and no more after five times', () => {
  const restarts = new Restarts();
  const waits = [0, 1, 2, 3, 4, 5].map((now) => restarts.next('a', now));
  expect(waits).toEqual([100, 200, 400, 800, 1600, undefined]);
  expect(restarts.next('b', 6)).toBe(100);
  expect(restarts.next('a', 40_000)).toBe(100);
});
