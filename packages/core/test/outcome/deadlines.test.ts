import { virtualEnv } from '@bus/virtual-env';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Env, Message } from '../../src/index.ts';
import { platformEnv } from '../../src/index.ts';
import { Deadlines } from '../../src/outcome/deadlines.ts';
import { plugin, testBench } from '../support/bench.ts';
import { gate, note, refusal } from '../support/promises.ts';
import { check } from '../support/replay.ts';

describe('the heap of deadlines', () => {
  test('ends each at its time, those removed never, with one timer', async () => {
    const step = fc.record({
      due: fc.nat(500),
      remove: fc.boolean(),
      advance: fc.constantFrom(0, 0, 1, 30),
      again: fc.constantFrom(undefined, 3, 200),
    });
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: 'max' }),
      async (steps) => {
        const env = virtualEnv();
        const deadlines = new Deadlines(env);
        const late: number[] = [];
        let expired = 0;
        let expected = 0;
        for (const { due, remove, advance, again } of steps) {
          const at = env.now() + due;
          const expire = (wanted: number, next: number | undefined) => ({
            expire: (now: number) => {
              expired++;
              late.push(now - wanted);
              if (next === undefined) return;
              expected++;
              deadlines.add(now + next, expire(now + next, undefined));
            },
          });
          const deadline = deadlines.add(at, expire(at, again));
          if (remove) {
            deadlines.remove(deadline);
            deadlines.remove(deadline);
          } else expected++;
          expect(env.pending).toBeLessThanOrEqual(1);
          await env.advance(advance);
        }
        await env.advance(1500);
        expect(expired).toBe(expected);
        expect(late.every((ms) => ms === 0)).toBe(true);
        expect(env.pending).toBe(0);
      },
    );
    await check(property, 200);
  });

  test('forgets what was removed', () => {
    const env = virtualEnv();
    const deadlines = new Deadlines(env);
    for (let i = 0; i < 100_000; i++)
      deadlines.remove(deadlines.add(i, { expire: () => undefined }));
    expect(env.pending).toBeLessThanOrEqual(1);
    deadlines.stop();
    expect(env.pending).toBe(0);
  });

  test('lets input be read before it gives anything up after a stall', async () => {
    const env = virtualEnv();
    let now = 0;
    const stalled: Env = { ...env, now: () => now };
    const deadlines = new Deadlines(stalled);
    let expired = 0;
    deadlines.add(10, { expire: () => void expired++ });
    let before: number | undefined;
    env.setTimer(() => {
      now = 500;
      env.setTurn(() => {
        before = expired;
      });
    }, 9);
    await env.advance(10);
    expect(before).toBe(0);
    expect(expired).toBe(1);
  });

  test('extends all others by a stall', async () => {
    const env = virtualEnv();
    let stalledMs = 0;
    const stalled: Env = { ...env, now: () => env.now() + stalledMs };
    const deadlines = new Deadlines(stalled);
    const expired: number[] = [];
    for (const due of [10, 40, 300]) {
      deadlines.add(due, { expire: () => void expired.push(due) });
    }
    env.setTimer(() => {
      stalledMs = 200;
    }, 9);
    await env.advance(39);
    expect(expired).toEqual([10]);
    await env.advance(1);
    expect(expired).toEqual([10, 40]);
    await env.advance(259);
    expect(expired).toEqual([10, 40]);
    await env.advance(1);
    expect(expired).toEqual([10, 40, 300]);
  });
});

describe('a message with a deadline', () => {
  test('that waits too long is expired and never started', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    const slow = gate();
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => note(seen, payload, slow.promise));
    void publish('a', 1);
    void publish('a', 2, { timeoutMs: 50 });
    void publish('a', 3);
    await env.advance(49);
    expect(bus.inspect().outcomes.ended.expired).toBe(0);
    await env.advance(1);
    expect(bus.inspect().outcomes.ended.expired).toBe(1);
    slow.open();
    await env.settle();
    expect(seen).toEqual([1, 3]);
  });

  test('is not started late when a handler blocked the loop past it', async () => {
    const virtual = virtualEnv();
    let stall = 0;
    const env: Env = { ...virtual, now: () => virtual.now() + stall };
    const { publish, subscribe, bus } = await testBench({ env });
    const seen: unknown[] = [];
    const endpoint = subscribe('a', ({ payload }) => void seen.push(payload));
    endpoint.pause();
    void publish('a', 1, { timeoutMs: 10 });
    void publish('a', 2);
    stall = 100;
    endpoint.resume();
    expect(seen).toEqual([2]);
    expect(bus.inspect().outcomes.ended).toMatchObject({ expired: 1, handled: 1 });
  });

  test('that expires while it runs tells its handler, which keeps its slot until it settles', async () => {
    const { publish, subscribe, env, bus, codes } = await testBench();
    const slow = gate();
    const seen: unknown[] = [];
    let reason: unknown;
    subscribe('a', ({ payload, signal }) => {
      seen.push(payload);
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      return slow.promise;
    });
    void publish('a', 1, { timeoutMs: 10 });
    void publish('a', 2);
    await env.advance(10);
    expect(reason).toMatchObject({ code: 'BUS_EXPIRED', details: { topic: 'a' } });
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 1, ended: { expired: 1 } });
    expect(seen).toEqual([1]);
    slow.open();
    await env.settle();
    expect(seen).toEqual([1, 2]);
    expect(codes).toEqual([]);
    expect(bus.inspect().outcomes.ended).toMatchObject({ expired: 1, handled: 1 });
  });

  test('a handler over its own limit loses its slot as well', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => note(seen, payload, gate().promise), { timeoutMs: 30 });
    void publish('a', 1, { timeoutMs: 10 });
    void publish('a', 2);
    await env.advance(29);
    expect(seen).toEqual([1]);
    await env.advance(1);
    expect(seen).toEqual([1, 2]);
    await env.advance(30);
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { expired: 2 } });
  });

  test('a handler\u2019s default limit is the bus\u2019s', async () => {
    const { publish, subscribe, env, bus } = await testBench({ defaultTimeoutMs: 70 });
    subscribe('a', () => gate().promise);
    subscribe('a', () => gate().promise, { timeoutMs: Number.POSITIVE_INFINITY });
    void publish('a');
    await env.advance(70);
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 1, ended: { expired: 1 } });
    await env.advance(1_000_000);
    expect(bus.inspect().outcomes.inFlight).toBe(1);
  });

  test('a handler without a limit keeps no timer alive', async () => {
    const { publish, subscribe, env } = await testBench();
    subscribe('a', () => gate().promise, { timeoutMs: Number.POSITIVE_INFINITY });
    void publish('a', 1, { timeoutMs: 10 });
    await env.advance(1000);
    expect(env.pending).toBe(0);
  });

  test('a request has the bus\u2019s default, an event none', async () => {
    const { bus, publish, request, subscribe } = await testBench({ defaultTimeoutMs: 70 });
    const deadlines: unknown[] = [];
    const note = ({ deadline }: Message): void => void deadlines.push(deadline);
    bus.handle('a', note);
    subscribe('a', note);
    await request('a');
    await request('a', 1, { timeoutMs: 5 });
    await request('a', 1, { timeoutMs: Number.POSITIVE_INFINITY });
    await publish('a');
    await publish('a', 1, { timeoutMs: 5 });
    expect(deadlines).toEqual([70, 5, undefined, undefined, 5]);
  });
});

describe('a nested request', () => {
  const nests = (env: Env) =>
    plugin('nests', ({ addEndpoint, send }) => {
      addEndpoint({
        pattern: 'outer',
        kinds: ['request', 'event'],
        concurrency: 10,
        handler: async (message) => {
          await undefined;
          const parent = env.context === undefined ? { parent: message } : {};
          const options = { ...(message.payload as object), ...parent };
          await send('request', 'inner', 1, options);
          await send('event', 'aside', 1, parent);
        },
      });
    });

  test.each(['AsyncLocalStorage', 'parent'] as const)(
    'inherits what is left, through %s; an event inherits nothing',
    async (way) => {
      const virtual = virtualEnv();
      const context = way === 'parent' ? undefined : platformEnv().context;
      const env: Env = { ...virtual, context };
      const { bus, request, publish, subscribe } = await testBench({ env, plugins: [nests(env)] });
      const inner: unknown[] = [];
      const aside: unknown[] = [];
      bus.handle('inner', ({ deadline }) => void inner.push(deadline));
      subscribe('aside', ({ deadline }) => void aside.push(deadline));
      await virtual.advance(100);
      void request('outer', {}, { timeoutMs: 50 });
      void request('outer', { timeoutMs: 20 }, { timeoutMs: 50 });
      void request('outer', { timeoutMs: 500 }, { timeoutMs: 50 });
      void publish('outer', { timeoutMs: 500 });
      await virtual.settle();
      expect(inner).toEqual([150, 120, 150, 600]);
      expect(aside).toEqual([undefined, undefined, undefined, undefined]);
    },
  );

  test('of one whose time is up is not even sent', async () => {
    const { bus, request, env } = await testBench();
    const slow = gate();
    let error: unknown;
    let inner = 0;
    bus.handle('inner', () => void inner++);
    bus.handle('outer', async (message) => {
      await slow.promise;
      error = await refusal(request('inner', 1, { parent: message }));
    });
    void request('outer', 1, { timeoutMs: 10 });
    await env.advance(10);
    slow.open();
    await env.settle();
    expect(error).toMatchObject({ code: 'BUS_EXPIRED', details: { topic: 'inner' } });
    expect(inner).toBe(0);
    expect(bus.inspect().outcomes.ended).toMatchObject({ expired: 2 });
  });

  test('does not inherit from whoever\u2019s call happened to deliver an event', async () => {
    const virtual = virtualEnv();
    const env: Env = { ...virtual, context: platformEnv().context };
    const { bus, request, publish, subscribe } = await testBench({ env });
    const seen: unknown[] = [];
    bus.handle('inner', ({ deadline }) => void seen.push(deadline));
    subscribe('news', () => void request('inner', 1, { timeoutMs: 900 }));
    bus.handle('outer', () => void publish('news'));
    await request('outer', 1, { timeoutMs: 5 });
    expect(seen).toEqual([900]);
  });
});

describe('no time at all', () => {
  test('expires a message before anybody handles it', async () => {
    const { bus, publish, subscribe } = await testBench();
    let handled = 0;
    subscribe('a', () => {
      handled++;
    });
    expect((await refusal(publish('a', 1, { timeoutMs: 0 }))).code).toBe('BUS_EXPIRED');
    expect(handled).toBe(0);
    expect(bus.inspect().outcomes.ended.expired).toBe(1);
  });
});
