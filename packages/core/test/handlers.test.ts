import { describe, expect, test } from 'vitest';
import { ignore, imbalance, testBench } from './support/bench.ts';
import { gate, unhandledDuring } from './support/promises.ts';

type Then = (yes: (value: unknown) => void, no: (error: unknown) => void) => unknown;

/** What a handler may return that is no promise. */
const thenable = (then: Then | string): object => Object.fromEntries([['then', then]]);

describe('handlers that send', () => {
  test('to their own topic are queued, never recursed', async () => {
    const { publish, subscribe } = await testBench();
    let depth = 0;
    let deepest = 0;
    let calls = 0;
    subscribe('a', () => {
      deepest = Math.max(deepest, ++depth);
      if (++calls < 100) void publish('a');
      depth--;
    });
    await publish('a');
    expect(calls).toBe(100);
    expect(deepest).toBe(1);
  });

  test('to their own topic without end leave everyone else their turn', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    let calls = 0;
    let stop = false;
    subscribe('a', () => {
      calls++;
      if (!stop) void publish('a');
    });
    let turn = false;
    env.setTurn(() => {
      turn = true;
      stop = true;
    });
    void publish('a');
    expect(calls).toBeLessThan(2000);
    await env.settle();
    expect(turn).toBe(true);
    expect(imbalance(bus)).toBe(0);
  });

  test('in a chain over 10,000 endpoints do not overflow the stack', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    const length = 10_000;
    let reached = 0;
    for (let i = 0; i < length; i++) {
      subscribe(`step.${i}`, () => {
        reached = i;
        if (i + 1 < length) void publish(`step.${i + 1}`);
      });
    }
    await publish('step.0');
    await env.settle();
    expect(reached).toBe(length - 1);
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: length } });
  });

  test('in a ring go on for ever without a deeper stack', async () => {
    const { publish, subscribe, env } = await testBench();
    let left = 5000;
    subscribe('a', () => void (left-- > 0 && publish('b')));
    subscribe('b', () => void (left-- > 0 && publish('a')));
    void publish('a');
    for (let i = 0; i < 50; i++) await env.settle();
    expect(left).toBeLessThanOrEqual(0);
  });
});

describe('one handler\u2019s fault', () => {
  test('a handler that throws harms no other subscriber and no later message', async () => {
    const { publish, subscribe, codes, bus } = await testBench();
    const seen: string[] = [];
    subscribe('a', () => void seen.push('before'));
    subscribe('a', () => {
      throw new Error('boom');
    });
    subscribe('a', () => void seen.push('after'));
    for (let i = 0; i < 2; i++) expect(await publish('a')).toBe(3);
    expect(seen).toEqual(['before', 'after', 'before', 'after']);
    expect(codes).toEqual(['BUS_HANDLER_FAILED', 'BUS_HANDLER_FAILED']);
    expect(bus.inspect().outcomes.ended).toMatchObject({ handled: 4, failed: 2 });
  });

  test('a handler that never settles keeps its slot only', async () => {
    const { publish, subscribe } = await testBench();
    let seen = 0;
    subscribe('a', () => gate().promise);
    subscribe('a', () => void seen++);
    for (let i = 0; i < 3; i++) await publish('a');
    expect(seen).toBe(3);
  });

  test('thenables that throw, lie or answer twice end once', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    const throwing = (what: string) => (): never => {
      throw new Error(what);
    };
    const results: unknown[] = [
      thenable(throwing('then')),
      Object.defineProperty({}, 'then', { get: throwing('getter') }),
      thenable((yes, no) => [yes(1), yes(2), no(1)]),
      thenable((_yes, no) => [no(null), no(1)]),
      new Proxy({}, { get: throwing('trap') }),
      thenable('not a function'),
      null,
      () => 'function',
    ];
    for (const result of results) subscribe('a', () => result, { concurrency: 2 });
    const unhandled = await unhandledDuring(async () => {
      for (let i = 0; i < 3; i++) await publish('a', i);
      await env.settle();
    });
    expect(unhandled).toEqual([]);
    const { accepted, inFlight, ended } = bus.inspect().outcomes;
    expect([accepted, inFlight]).toEqual([3 * results.length, 0]);
    expect(ended.failed).toBe(6);
    expect(imbalance(bus)).toBe(0);
  });

  test('an async generator is a stream for a request and a plain result for an event', async () => {
    const { bus, env, publish, subscribe, host } = await testBench();
    async function* stream() {
      yield 'first';
      yield 'second';
    }
    subscribe('a', stream);
    await publish('a');
    bus.handle('a', stream);
    const replies: unknown[] = [];
    const completion = {
      settled: (_m: unknown, _e: unknown, outcome: string, value: unknown) =>
        void replies.push(outcome, value),
    };
    await host.send('request', 'a', 1, {}, { completion });
    await env.settle();
    expect(replies).toEqual(['handled', 'first']);
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: 2 } });
  });

  test('a sender that throws when told of an outcome harms nobody', async () => {
    const { bus, host, codes } = await testBench();
    bus.handle('a', ignore);
    const completion = {
      settled: () => {
        throw new Error('bad sender');
      },
    };
    for (const topic of ['a', 'nowhere']) {
      await host.send('request', topic, 1, {}, { completion }).catch(ignore);
    }
    expect(codes).toContain('BUS_HANDLER_FAILED');
    expect(imbalance(bus)).toBe(0);
  });
});
