import { describe, expect, test } from 'vitest';
import type { AnyPlugin, Message } from '../src/index.ts';
import { busError, Verdict } from '../src/index.ts';
import type { Ending } from './support/bench.ts';
import { imbalance, outcomeLog, plugin, testBench } from './support/bench.ts';
import { gate } from './support/promises.ts';

const lost = busError('BUS_EXPIRED', 'given up', { topic: 'a', endpoint: 'e' });

/** Says of some messages, by payload, how they end. */
function judged(message: Message): unknown {
  const { payload } = message;
  if (payload === 'letter') throw new Verdict('dead-lettered', lost);
  if (payload === 'later') return Promise.reject(new Verdict('dead-lettered', lost));
  if (payload === 'drop') throw new Verdict('dropped', undefined, 'poisoned');
  return undefined;
}

/** A plugin around every handler that changes nothing. */
const passing = (name: string): AnyPlugin =>
  plugin(name, ({ hooks }) => {
    hooks.deliver.tap((next) => (message, endpoint) => next(message, endpoint));
  });

describe('a verdict', () => {
  test.each([
    ['no tap', []],
    ['one tap', [passing('p')]],
    ['two taps', [passing('p'), passing('q')]],
  ])('of a handler is the outcome, with its error and reason, behind %s', async (_, taps) => {
    const endings: Ending[] = [];
    const plugins = [outcomeLog(endings), ...taps];
    const { bus, env, publish, subscribe, codes } = await testBench({ plugins });
    subscribe('a', judged, { name: 'e' });
    for (const payload of ['letter', 'later', 'drop', 'well']) await publish('a', payload);
    await env.settle();
    const ended = endings.map(({ outcome, code, reason }) => [outcome, code, reason]);
    expect(ended).toEqual([
      ['dead-lettered', 'BUS_EXPIRED', undefined],
      ['dead-lettered', 'BUS_EXPIRED', undefined],
      ['dropped', undefined, 'poisoned'],
      ['handled', undefined, undefined],
    ]);
    expect(codes).toEqual(['BUS_EXPIRED', 'BUS_EXPIRED']);
    expect(bus.inspect().outcomes.ended).toMatchObject({
      'dead-lettered': 2,
      dropped: { poisoned: 1 },
      handled: 1,
      failed: 0,
      rejected: 0,
    });
    expect(imbalance(bus)).toBe(0);
  });

  test.each([1, 2])('of one of %i deliver taps is the outcome as well', async (count) => {
    const judge = plugin('judge', ({ hooks }) => {
      hooks.deliver.tap((next) => (message, endpoint) => {
        judged(message);
        return next(message, endpoint);
      });
    });
    const plugins = count === 1 ? [judge] : [passing('p'), judge];
    const { bus, publish, subscribe } = await testBench({ plugins });
    subscribe('a', () => undefined);
    await publish('a', 'letter');
    expect(bus.inspect().outcomes.ended).toMatchObject({ 'dead-lettered': 1, rejected: 0 });
  });

  test('is told to whoever sent the message', async () => {
    const { host, subscribe } = await testBench();
    subscribe('a', judged);
    const seen: unknown[] = [];
    const completion = {
      settled: (...[, , outcome, value, error]: readonly unknown[]) =>
        void seen.push(outcome, value, error),
    };
    await host.send('event', 'a', 'letter', undefined, { completion });
    expect(seen).toEqual(['dead-lettered', undefined, lost]);
  });

  test('of what has ended already is late, and changes nothing', async () => {
    const { bus, env, host, subscribe, codes } = await testBench();
    const slow = gate();
    subscribe('a', () => slow.promise, { timeoutMs: 5 });
    let late = 0;
    const outcomes: string[] = [];
    const completion = {
      settled: (_message: Message, _endpoint: unknown, outcome: string) =>
        void outcomes.push(outcome),
      late: () => void late++,
    };
    await host.send('event', 'a', 1, undefined, { completion });
    await env.advance(10);
    slow.fail(new Verdict('dead-lettered', lost));
    await env.settle();
    expect(outcomes).toEqual(['expired']);
    expect(late).toBe(1);
    expect(codes).toEqual([]);
    expect(bus.inspect().outcomes.ended).toMatchObject({ expired: 1, 'dead-lettered': 0 });
    expect(imbalance(bus)).toBe(0);
  });

  test('is the outcome of what waited in a mailbox, and lets the next one go', async () => {
    const { bus, env, publish, subscribe } = await testBench();
    const endpoint = subscribe('a', judged);
    endpoint.pause();
    for (const payload of ['later', 'letter', 'well']) await publish('a', payload);
    endpoint.resume();
    await env.settle();
    expect(bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { 'dead-lettered': 2, handled: 1 },
    });
  });

  test('is known by its brand, also of another copy of the package', () => {
    class Copy {
      readonly outcome = 'dropped';
    }
    Object.defineProperty(Copy.prototype, Symbol.for('@bus/verdict'), { value: true });
    expect(Verdict.is(new Verdict('dropped'))).toBe(true);
    expect(Verdict.is(new Copy())).toBe(true);
    const hostile = new Proxy(
      {},
      {
        has() {
          throw new Error('no');
        },
      },
    );
    for (const other of [undefined, null, 'dropped', { outcome: 'dropped' }, hostile]) {
      expect(Verdict.is(other)).toBe(false);
    }
  });
});
