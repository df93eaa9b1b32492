import { describe, expect, test } from 'vitest';
import { testBench } from './support/bench.ts';
import type { Gate } from './support/promises.ts';
import { gate } from './support/promises.ts';

const _ignore = (): undefined => undefined;

/** Handlers that finish when told: `running` has the payloads at work, `finish` ends one. */
function work() {
  const gates = new Map<unknown, Gate>();
  const started: unknown[] = [];
  let most = 0;
  return {
    started,
    get running() {
      return [...gates.keys()];
    },
    get most() {
      return most;
    },
    handler: ({ payload }: { readonly payload: unknown }): Promise<unknown> => {
      const slow = gate();
      started.push(payload);
      gates.set(payload, slow);
      most = Math.max(most, gates.size);
      return slow.promise;
    },
    finish(payload: unknown): void {
      const slow = gates.get(payload);
      gates.delete(payload);
      slow?.open();
    },
  };
}

describe('concurrency', () => {
  test('is never exceeded, and slots are used as they come free', async () => {
    const { publish, subscribe, env } = await testBench();
    const jobs = work();
    subscribe('a', jobs.handler, { concurrency: 3 });
    for (let i = 0; i < 10; i++) await publish('a', i);
    expect(jobs.running).toEqual([0, 1, 2]);
    jobs.finish(1);
    await env.settle();
    expect(jobs.running).toEqual([0, 2, 3]);
    for (let i = 0; i < 10; i++) {
      jobs.finish(i);
      await env.settle();
    }
    expect(jobs.started).toHaveLength(10);
    expect(jobs.most).toBe(3);
  });

  test('of one keeps the order of acceptance through sync and async handlers', async () => {
    const { publish, subscribe, env } = await testBench();
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => {
      seen.push(payload);
      return Number(payload) % 3 === 0 ? Promise.resolve() : undefined;
    });
    for (let i = 0; i < 50; i++) void publish('a', i);
    await env.settle();
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});

describe('the limit of the whole bus', () => {
  test('holds over all endpoints, and everyone gets a turn', async () => {
    const { publish, subscribe, env, bus } = await testBench({ limits: { inFlight: 2 } });
    const jobs = work();
    for (const topic of ['a', 'b', 'c']) {
      subscribe(topic, async (message) => jobs.handler(message), { concurrency: 100 });
    }
    for (let i = 0; i < 20; i++) await publish('a', `a${i}`);
    for (let i = 0; i < 3; i++) await publish('b', `b${i}`);
    await publish('c', 'c0');
    expect(jobs.running).toEqual(['a0', 'a1']);
    for (let i = 0; i < 6; i++) {
      jobs.finish(jobs.running[0]);
      await env.settle();
    }
    expect(jobs.started).toContain('c0');
    expect(jobs.started).toContain('b1');
    while (jobs.running.length > 0) {
      jobs.finish(jobs.running[0]);
      await env.settle();
    }
    expect(jobs.most).toBe(2);
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: 24 } });
  });

  test('a hanging handler gives its slot back at its own limit', async () => {
    const { publish, subscribe, env } = await testBench({ limits: { inFlight: 1 } });
    let seen = 0;
    subscribe('hangs', async () => gate().promise, { timeoutMs: 50 });
    subscribe('a', async () => void seen++);
    await publish('hangs');
    await publish('a');
    await env.advance(49);
    expect(seen).toBe(0);
    await env.advance(1);
    expect(seen).toBe(1);
  });

  test('holds no handler back that returns at once', async () => {
    const { publish, subscribe } = await testBench({ limits: { inFlight: 1 } });
    let seen = 0;
    subscribe('hangs', async () => gate().promise);
    subscribe('a', () => void seen++);
    await publish('hangs');
    await publish('a');
    expect(seen).toBe(1);
  });

  test('learns from its first run that a plain function returns promises', async () => {
    const { publish, subscribe, env } = await testBench({ limits: { inFlight: 1 } });
    const jobs = work();
    subscribe('a', jobs.handler, { concurrency: 10 });
    subscribe('b', async () => gate().promise);
    await publish('b');
    for (let i = 0; i < 3; i++) await publish('a', `a${i}`);
    expect(jobs.running).toEqual(['a0']);
    await env.settle();
    expect(jobs.most).toBe(1);
  });
});
