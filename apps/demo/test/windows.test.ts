import { expect, test } from 'vitest';
import { classify } from '../src/modules/classify.ts';
import { Windows } from '../src/modules/windows.ts';
import { batchOf, cpu, loop } from './support/events.ts';

test('a window holds what happened in it, and the first event after it closes it', () => {
  const windows = new Windows(100);
  expect(windows.add(cpu(1010, 1))).toBeUndefined();
  expect(windows.add(loop(1099.9, 3))).toBeUndefined();
  const closed = windows.add(cpu(1100, 2));
  expect(closed).toMatchObject({ index: 10, from: 1000, to: 1100 });
  expect(closed?.cpu).toHaveLength(1);
  expect(closed?.loop).toEqual([{ at: 1099.9, delayMs: 3, utilization: 0 }]);
  expect(windows.flush()).toMatchObject({ index: 11, from: 1100, cpu: [{ at: 1100 }] });
  expect(windows.flush()).toBeUndefined();
});

test('a silence leaves no empty windows behind, and the next one has the index of its time', () => {
  const windows = new Windows(100);
  windows.add(cpu(1000, 1));
  expect(windows.add(cpu(9950, 2))?.index).toBe(10);
  expect(windows.flush()).toMatchObject({ index: 99, from: 9900, to: 10_000 });
});

test('an event that comes late is kept in the window that is open', () => {
  const windows = new Windows(100);
  windows.add(cpu(1100, 1));
  expect(windows.add(loop(1050, 1))).toBeUndefined();
  expect(windows.flush()).toMatchObject({ index: 11, loop: [{ at: 1050 }] });
});

test.each([
  ['idle', batchOf({ cpuMs: 10 }), '10 % of a core'],
  ['active', batchOf({ cpuMs: 35 }), '35 % of a core'],
  ['active', batchOf({ cpuMs: 10, changes: 2 }), '2 file events'],
  ['overloaded', batchOf({ cpuMs: 85 }), '85 % of a core'],
  ['overloaded', batchOf({ cpuMs: 10, delayMs: 20 }), 'event loop 20 ms late'],
  ['overloaded', batchOf({ cpuMs: 95, changes: 2 }), '95 % of a core'],
])('a window is %s', (state, batch, because) => {
  expect(classify(batch)).toMatchObject({ state, window: { because } });
});

test('a window without readings is idle', () => {
  const nothing = { index: 7, from: 0, to: 100, cpu: [], memory: [], loop: [], host: [] };
  const { state, window } = classify({ ...nothing, changes: [] });
  expect(state).toBe('idle');
  expect(window).toMatchObject({ index: 7, events: 0, cpuShare: 0, loopDelayMs: 0, rssBytes: 0 });
});
