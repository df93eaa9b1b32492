import { describe, expect, test } from 'vitest';
import { busError, Verdict } from '../src/index.ts';
import { imbalance, testBench } from './support/bench.ts';

/** Says yes to every question, and throws when it is read. */
const yesAndThrow = (): object =>
  new Proxy(
    {},
    {
      has: () => true,
      get: () => {
        throw new Error('a trap');
      },
    },
  );

function throwingField(target: object, field: string): object {
  return Object.defineProperty(Object.create(target), field, {
    get: () => {
      throw new Error('a trap');
    },
  });
}

class ThrowingThen extends Promise<unknown> {
  // biome-ignore lint/suspicious/noThenProperty: it is what is tested
  override then(): never {
    throw new Error('a trap');
  }
}

function throwingConstructor(): Promise<unknown> {
  const get = (): never => {
    throw new Error('a trap');
  };
  return Object.defineProperty(Promise.resolve(1), 'constructor', { get });
}

const closed = busError('BUS_CLOSED', 'over', { state: 'stopped' });

const thrown: [string, () => unknown][] = [
  ['a proxy that answers yes and throws', yesAndThrow],
  ['a verdict whose outcome throws', () => throwingField(new Verdict('handled'), 'outcome')],
  ['a verdict with a proxy for an error', () => new Verdict('failed', yesAndThrow() as never)],
  ['a coded error whose code throws', () => throwingField(closed, 'code')],
];

const returned: [string, () => unknown][] = [
  ['a proxy of a promise', () => new Proxy(Promise.resolve(1), {})],
  ['what inherits from promises and is none', () => Object.create(Promise.prototype)],
  ['a promise whose constructor throws', throwingConstructor],
  ['a promise of a class whose then throws', () => ThrowingThen.resolve(1)],
];

describe.each([
  ['throws', thrown, false],
  ['rejects with', thrown, true],
  ['returns', returned, undefined],
] as const)('a handler that %s', (_, values, isAsync) => {
  test.each(values)('%s harms its own message only', async (_, make) => {
    const { bus, publish, subscribe, env } = await testBench();
    const got: unknown[] = [];
    const hostile = (): unknown => {
      if (isAsync === undefined) return make();
      if (isAsync) return Promise.reject(make());
      throw make();
    };
    subscribe('a', ({ payload }) => (payload === 0 ? hostile() : void got.push(`a${payload}`)), {
      concurrency: 1,
    });
    subscribe('a', ({ payload }) => void got.push(`b${payload}`));
    expect(await publish('a', 0)).toBe(2);
    await publish('a', 1);
    for (let i = 0; i < 10; i++) await env.settle();
    expect(got.toSorted()).toEqual(['a1', 'b0', 'b1']);
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { failed: 1, handled: 3 } });
    expect(imbalance(bus)).toBe(0);
  });
});
