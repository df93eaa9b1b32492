import { virtualEnv } from '@bus/virtual-env';
import { describe, expect, test } from 'vitest';
import type { Dispatch, Endpoint, Message } from '../src/index.ts';
import { busError, Verdict } from '../src/index.ts';
import { imbalance, outcomeLog, plugin, testBench } from './support/bench.ts';
import { prefixMatcher, prefixRouter } from './support/prefix-router.ts';
import { gate } from './support/promises.ts';

const trap = (): never => {
  throw new Error('a trap');
};

/** Answers whatever is asked of it with another of its kind, as a remote object does. */
function answersEverything(call: () => unknown): (...given: unknown[]) => unknown {
  return new Proxy(call, { get: () => answersEverything(call) });
}

/** An object one field of which can be read so often, and then throws. */
function readable<T extends object>(target: T, field: keyof T, times: number): T {
  const value = target[field];
  let left = times;
  return Object.defineProperty(Object.create(target), field, {
    get: () => (left-- > 0 ? value : trap()),
  });
}

describe('a signal of somebody’s own making', () => {
  const sound = {
    aborted: false,
    reason: undefined,
    addEventListener() {},
    removeEventListener() {},
  };
  test.each<[string, object]>([
    ['cannot be listened to', { ...sound, addEventListener: trap }],
    ['cannot be left', { ...sound, removeEventListener: trap }],
    ['cannot be asked twice', readable(sound, 'aborted', 1)],
    [
      'gives no reason',
      Object.defineProperty({ ...sound, aborted: true }, 'reason', { get: trap }),
    ],
  ])('that %s harms its own message only, also while others are deferred', async (_, signal) => {
    const { bus, env, publish, subscribe } = await testBench();
    const got: unknown[] = [];
    subscribe('odd', async () => undefined);
    subscribe('next', ({ payload }) => {
      got.push(payload);
    });
    subscribe('cause', () => {
      publish('odd', 1, { signal: signal as AbortSignal }).catch(() => undefined);
      void publish('next', 1);
    });
    subscribe('cause', () => undefined);
    await publish('cause');
    await env.advance(10);
    await publish('next', 2);
    expect(got).toEqual([1, 2]);
    await bus.stop({ drainMs: 0 });
    expect([bus.inspect().outcomes.inFlight, imbalance(bus)]).toEqual([0, 0]);
  });
});

describe('a handler that answers everything', () => {
  test.each<[string, () => unknown, object]>([
    ['throws', trap, {}],
    ['rejects', () => Promise.reject(new Error('no')), {}],
    ['takes too long', () => new Promise(() => undefined), { timeoutMs: 5 }],
  ])('has no name, and harms its own message only where it %s', async (_, call, options) => {
    const { bus, env, publish, subscribe } = await testBench({ limits: { inFlight: 1 } });
    subscribe('a', answersEverything(call) as (message: Message) => unknown, options);
    let others = 0;
    subscribe('a', async () => void others++);
    await publish('a');
    await env.advance(20);
    expect(others).toBe(1);
    expect(bus.endpoints('a').map(({ name }) => name)).toEqual([undefined, undefined]);
    expect([bus.inspect().outcomes.inFlight, imbalance(bus)]).toEqual([0, 0]);
  });
});

describe('what a handler throws', () => {
  const error = busError('BUS_HOOK_FAILED', 'no', { hook: 'deliver', plugin: 'x' });
  test.each<[string, unknown]>([
    ['an error whose code can be read once', readable(error, 'code', 1)],
    ['an error without readable details', new Verdict('rejected', readable(error, 'details', 0))],
    ['a verdict that can be read once', readable(new Verdict('rejected'), 'outcome', 1)],
    ['an outcome of Object.prototype', new Verdict('toString' as never)],
    ['an outcome of another kind', new Verdict('__proto__' as never)],
  ])('may be %s: its message has one outcome, and the sums balance', async (_, thrown) => {
    const wrapping = plugin('wrapping', ({ hooks }) => {
      hooks.deliver.tap((next) => (message, endpoint) => next(message, endpoint));
    });
    const { bus, env, publish, subscribe } = await testBench({ plugins: [wrapping] });
    subscribe('a', () => {
      throw thrown;
    });
    subscribe('a', () => Promise.reject(thrown));
    await publish('a');
    await env.advance(10);
    expect([bus.inspect().outcomes.inFlight, imbalance(bus)]).toEqual([0, 0]);
    expect(bus.inspect().outcomes.ended).toMatchObject({ handled: 0 });
  });
});

describe('a handler that starts another', () => {
  test('shares no signal with it, though both waited for one message', async () => {
    const { publish, subscribe, env } = await testBench();
    const signals: AbortSignal[] = [];
    const open = gate();
    let second: Endpoint | undefined;
    const keep = (message: Message): unknown => {
      signals.push(message.signal);
      return open.promise;
    };
    const first = subscribe(
      'a',
      (message) => {
        second?.resume();
        return message.payload === 'late' ? keep(message) : undefined;
      },
      { timeoutMs: 10 },
    );
    second = subscribe('a', (message) => (message.payload === 'late' ? keep(message) : undefined));
    await publish('a', 'early');
    first.pause();
    second.pause();
    await publish('a', 'late');
    first.resume();
    await env.advance(20);
    expect(signals.map(({ aborted }) => aborted).sort()).toEqual([false, true]);
    open.open();
  });
});

describe('a dispatch tap', () => {
  test('that passes a message on again puts no effect before its cause', async () => {
    let again: (() => unknown) | undefined;
    const passing = plugin('passing', ({ hooks }) => {
      hooks.dispatch.tap((next) => (message, targets) => {
        if (message.topic === 'x') again = () => next(message, targets);
        return next(message, targets);
      });
    });
    const { publish, subscribe } = await testBench({ plugins: [passing] });
    const order: string[] = [];
    subscribe('x', () => undefined);
    subscribe('y', () => {
      again?.();
      void publish('z');
    });
    subscribe('y', () => void order.push('y'));
    subscribe('z', () => void order.push('z'));
    await publish('x');
    await publish('y');
    expect(order).toEqual(['y', 'z']);
  });

  test('whose message an observer passes on while its places are reserved leaves no place held', async () => {
    let next: Dispatch | undefined;
    let given: [message: Message, targets: readonly Endpoint[]] | undefined;
    const passing = plugin('passing', ({ hooks }) => {
      hooks.dispatch.tap((inner) => {
        next = inner;
        return (message, targets) => {
          if (message.payload !== 'held') return inner(message, targets);
          given = [message, targets];
          return Promise.resolve(0);
        };
      });
      hooks.outcome.tap((_message, _endpoint, outcome) => {
        const passed = given;
        given = undefined;
        if (outcome === 'rejected' && passed !== undefined) next?.(...passed);
        return undefined;
      });
    });
    const { bus, env, publish, subscribe } = await testBench({ plugins: [passing] });
    const full = subscribe('a', () => undefined, { capacity: 1, overflow: 'error' });
    const other = subscribe('a', () => undefined);
    full.pause();
    await publish('a');
    await publish('a', 'held').catch(() => undefined);
    full.resume();
    await env.advance(10);
    expect([full.queued, other.queued]).toEqual([0, 0]);
    expect(imbalance(bus)).toBe(0);
  });
});

describe('a matcher', () => {
  test('that adds an endpoint while it matches keeps no route without it', async () => {
    const matcher = prefixMatcher();
    const { match } = matcher;
    const { publish, subscribe } = await testBench({ plugins: [prefixRouter(matcher)] });
    let got = 0;
    subscribe('a*', () => undefined);
    matcher.match = (topic, found) => {
      match.call(matcher, topic, found);
      matcher.match = match;
      subscribe('a.*', () => void got++);
    };
    await publish('a.b');
    await publish('a.b');
    expect(got).toBe(1);
  });

  test('that throws refuses its messages by a coded error, and adds endpoints all the same', async () => {
    const matcher = prefixMatcher();
    const { publish, subscribe, codes } = await testBench({ plugins: [prefixRouter(matcher)] });
    subscribe('a*', () => undefined);
    matcher.match = trap;
    await expect(publish('a.b')).rejects.toMatchObject({ code: 'BUS_HOOK_FAILED' });
    expect(subscribe('b', () => undefined).active).toBe(true);
    expect(new Set(codes)).toEqual(new Set(['BUS_HOOK_FAILED']));
  });
});

describe('a stack that overflows', () => {
  test('once while a time limit is set leaves all later time limits in force', async () => {
    const env = virtualEnv();
    const { setTurn } = env;
    let isFull = true;
    const tight = Object.assign(Object.create(env) as typeof env, {
      setTurn(callback: () => void): void {
        if (isFull) throw new RangeError('Maximum call stack size exceeded');
        setTurn(callback);
      },
    });
    const endings: Parameters<typeof outcomeLog>[0] = [];
    const { publish, subscribe } = await testBench({ env: tight, plugins: [outcomeLog(endings)] });
    subscribe('a', () => new Promise(() => undefined), { timeoutMs: 5, concurrency: 2 });
    expect(() => publish('a')).toThrow(RangeError);
    isFull = false;
    await publish('a');
    await env.advance(10);
    expect(endings.map(({ outcome }) => outcome)).toContain('expired');
  });
});
