import type { Message } from '@bus/core';
import { collectGarbage } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { Bench } from './support/bench.ts';
import { bench } from './support/bench.ts';

/** Subscribes, has a batch handled while more messages wait, and stops. */
async function subscribed(
  t: Bench,
  options: { timeoutMs?: number; concurrency?: number },
): Promise<WeakRef<object>[]> {
  const running: (() => void)[] = [];
  const parts: object[] = [];
  const listener = (messages: readonly Message[], batch: object): Promise<void> => {
    parts.push(batch, ...messages);
    return new Promise((resolve) => void running.push(resolve));
  };
  const subscription = t.bus.subscribe('t', { batch: { size: 2 }, ...options }, listener);
  t.burst(1, 5);
  await t.env.settle();
  subscription.stop();
  while (running.length > 0) {
    running.pop()?.();
    await t.env.settle();
  }
  return [listener, subscription, ...parts].map((part) => new WeakRef(part));
}

describe('a subscription to batches that was stopped', () => {
  it.each([{}, { concurrency: 3 }, { timeoutMs: 50_000 }])(
    'is reachable from nothing: %j',
    async (options) => {
      await using t = await bench();
      const left = await subscribed(t, options);
      await t.env.advance(60_000);
      await collectGarbage();
      expect(left.length).toBeGreaterThan(4);
      expect(left.map((one) => one.deref())).toEqual(left.map(() => undefined));
    },
  );
});
