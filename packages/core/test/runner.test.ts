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

describe('lanes', () => {
  test('messages of one key run one at a time, in order; other keys overtake', async () => {
    const { publish, subscribe, env } = await testBench();
    const jobs = work();
    subscribe('a', jobs.handler, { concurrency: 4 });
    for (const payload of ['x1', 'x2', 'y1', 'x3', 'y2', 'z1']) {
      await publish('a', payload, { key: payload.slice(0, 1) });
    }
    expect(jobs.running).toEqual(['x1', 'y1', 'z1']);
    jobs.finish('x1');
    await env.settle();
    expect(jobs.running).toEqual(['y1', 'z1', 'x2']);
    jobs.finish('y1');
    jobs.finish('x2');
    await env.settle();
    expect(jobs.started).toEqual(['x1', 'y1', 'z1', 'x2', 'y2', 'x3']);
  });

  test('hold from the very first message of an idle endpoint', async () => {
    const { publish, subscribe } = await testBench();
    const jobs = work();
    subscribe('a', jobs.handler, { concurrency: 4 });
    await publish('a', 1, { key: 'k' });
    await publish('a', 2, { key: 'k' });
    expect(jobs.running).toEqual([1]);
  });

  test('a key named __proto__ is a key', async () => {
    const { publish, subscribe, env } = await testBench();
    const jobs = work();
    subscribe('a', jobs.handler, { concurrency: 4 });
    for (const key of ['__proto__', 'constructor']) {
      for (let i = 0; i < 2; i++) await publish('a', `${key}${i}`, { key });
    }
    expect(jobs.running).toEqual(['__proto__0', 'constructor0']);
    jobs.finish('__proto__0');
    await env.settle();
    expect(jobs.running).toEqual(['constructor0', '__proto__1']);
  });

  test('a lane goes on after a failure, an expiry and a cancel', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    const seen: unknown[] = [];
    subscribe(
      'a',
      ({ payload }) => {
        seen.push(payload);
        if (payload === 'hangs') return gate().promise;
        return payload === 'fails' ? Promise.reject(new Error('no')) : Promise.resolve();
      },
      { concurrency: 2, timeoutMs: 50 },
    );
    const key = 'k';
    const cancel = new AbortController();
    void publish('a', 'fails', { key });
    void publish('a', 'hangs', { key });
    void publish('a', 'expires', { key, timeoutMs: 10 });
    void publish('a', 'cancelled', { key, signal: cancel.signal });
    void publish('a', 'last', { key });
    await env.settle();
    cancel.abort();
    await env.advance(100);
    expect(seen).toEqual(['fails', 'hangs', 'last']);
    expect(bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { failed: 1, expired: 2, cancelled: 1, handled: 1 },
    });
  });

  test('a key function of the endpoint decides; one that throws is reported, and costs the key', async () => {
    const { publish, subscribe, codes, bus, env } = await testBench();
    const jobs = work();
    subscribe('a', jobs.handler, {
      concurrency: 4,
      keyOf: ({ payload }) => {
        if (payload === 'bad') throw new Error('no key');
        return String(payload).slice(0, 1);
      },
    });
    for (const payload of ['x1', 'x2', 'y1', 'bad', 'x3']) await publish('a', payload);
    expect(jobs.running).toEqual(['x1', 'y1', 'bad']);
    expect(new Set(codes)).toEqual(new Set(['BUS_HANDLER_FAILED']));
    for (const payload of ['bad', 'x1', 'y1', 'x2', 'x3']) {
      jobs.finish(payload);
      await env.settle();
    }
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: 5 } });
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
