import { describe, expect, test } from 'vitest';
import type { OutcomeTapOptions } from '../src/index.ts';
import { plugin, testBench } from './support/bench.ts';

async function timedOf(count: number, options?: OutcomeTapOptions): Promise<number> {
  let timed = 0;
  const watch = plugin('watch', ({ hooks }) => {
    hooks.outcome.tap((_message, _endpoint, _outcome, _startedAt, durationMs) => {
      if (!Number.isNaN(durationMs)) timed++;
      return undefined;
    }, options);
  });
  const { publish, subscribe } = await testBench({ plugins: [watch] });
  subscribe('a', () => undefined);
  for (let i = 0; i < count; i++) await publish('a');
  return timed;
}

describe('runs that return at once', () => {
  test('are timed one time in 64', async () => {
    expect(await timedOf(640)).toBe(10);
  });

  test('are all timed where an observer asks for it', async () => {
    expect(await timedOf(100, { timing: 'every' })).toBe(100);
  });
});

test('runs that wait are all timed', async () => {
  const durations: number[] = [];
  const watch = plugin('watch', ({ hooks }) => {
    hooks.outcome.tap((_message, _endpoint, _outcome, _startedAt, durationMs) => {
      durations.push(durationMs);
      return undefined;
    });
  });
  const { publish, subscribe, env } = await testBench({ plugins: [watch] });
  subscribe('a', () => new Promise<void>((resolve) => void env.setTimer(resolve, 7)));
  await publish('a');
  await env.advance(10);
  await publish('a');
  await env.advance(10);
  expect(durations).toEqual([7, 7]);
});

test('a run that waits is timed, however many there are, and its start is told', async () => {
  const durations: number[] = [];
  const begun: number[] = [];
  const watch = plugin('watch', ({ hooks }) => {
    hooks.outcome.tap((_message, _endpoint, _outcome, startedAt, durationMs) => {
      durations.push(durationMs);
      begun.push(startedAt);
      return undefined;
    });
  });
  const { publish, subscribe, env } = await testBench({ plugins: [watch] });
  await env.advance(5);
  const wait = () => new Promise<void>((resolve) => void env.setTimer(resolve, 7));
  subscribe('a', wait, { concurrency: 1000 });
  const now = env.now();
  for (let i = 0; i < 640; i++) void publish('a');
  await env.advance(10);
  const timed = durations.filter((durationMs) => !Number.isNaN(durationMs));
  expect(timed).toHaveLength(640);
  expect(new Set(timed)).toEqual(new Set([7]));
  expect(begun).toEqual(Array(640).fill(now));
});
