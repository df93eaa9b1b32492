import { AsyncLocalStorage } from 'node:async_hooks';
import { deferred } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { Acknowledgeable } from '../src/index.ts';
import type { Bench } from './support/bench.ts';
import { bench, reliably, steady } from './support/bench.ts';

const tenant = new AsyncLocalStorage<string>();

/** Publishes as a tenant, whose name is the payload. */
function publishAs(t: Bench, name: string, options: object = {}): Promise<number> {
  return tenant.run(name, () => t.bus.publish('a', name, { ...reliably, ...options }));
}

describe('the async context of a run', () => {
  it.each(['throws', 'rejects', 'nacks', 'takes too long'])(
    'is its sender’s when it is tried again, where it %s',
    async (how) => {
      await using t = await bench({ ...steady, ackTimeoutMs: 50 }, { context: true });
      const seen: unknown[] = [];
      t.bus.subscribe(
        'a',
        async ({ payload, attempt, nack }) => {
          seen.push([payload, tenant.getStore()]);
          if (attempt === 2) return;
          if (how === 'throws') throw new Error('at once');
          await Promise.resolve();
          if (how === 'rejects') throw new Error('later');
          if (how === 'nacks') nack();
          await new Promise(() => {});
        },
        { ...reliably, concurrency: 3 },
      );
      const all = ['x', 'y', 'z'].map((name) => publishAs(t, name));
      await t.env.advance(1000);
      expect(await Promise.all(all)).toEqual([1, 1, 1]);
      expect(seen).toHaveLength(6);
      for (const [payload, store] of seen as [string, string][]) expect(store).toBe(payload);
    },
  );

  it('is its sender’s where another listener says what is to become of it', async () => {
    await using t = await bench(steady, { context: true });
    const waiting: Acknowledgeable[] = [];
    const seen: unknown[] = [];
    t.bus.subscribe(
      'a',
      async (message) => {
        seen.push([message.payload, tenant.getStore()]);
        if (message.attempt > 1) return;
        waiting.push(message);
        if (waiting.length === 2) for (const { nack } of waiting) nack({ delayMs: 5 });
        await new Promise(() => {});
      },
      { ...reliably, concurrency: 2 },
    );
    const all = ['x', 'y'].map((name) => publishAs(t, name));
    await t.env.advance(10);
    await Promise.all(all);
    expect(seen).toHaveLength(4);
    for (const [payload, store] of seen as [string, string][]) expect(store).toBe(payload);
  });

  it.each([
    ['for the one before it, of its key', { key: 'k' }, {}],
    ['for a place among those that run', {}, { order: 'released' }],
    ['in the mailbox', {}, {}],
  ])('is its sender’s where it waited %s', async (_where, sent, subscribed) => {
    await using t = await bench(steady, { context: true });
    const runs: ReturnType<typeof deferred>[] = [];
    const seen: unknown[] = [];
    t.bus.subscribe(
      'a',
      ({ payload }) => {
        seen.push([payload, tenant.getStore()]);
        const run = deferred();
        runs.push(run);
        return run.promise;
      },
      { ...reliably, ...subscribed } as typeof reliably,
    );
    const all = ['x', 'y', 'z'].map((name) => publishAs(t, name, sent));
    for (let i = 0; i < 3; i++) {
      await t.env.settle();
      tenant.run('nobody', () => runs[i]?.resolve(undefined));
    }
    await t.env.settle();
    await Promise.all(all);
    expect(seen).toEqual([
      ['x', 'x'],
      ['y', 'y'],
      ['z', 'z'],
    ]);
  });
});
