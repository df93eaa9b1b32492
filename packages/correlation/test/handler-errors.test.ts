import { BusError } from '@bus/core';
import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';

class StockError extends Error {
  override readonly name = 'StockError';
  readonly code = 'OUT_OF_STOCK';
  readonly details = { sku: 'a', left: 0 };
}

const hostile = (): object =>
  new Proxy(
    {},
    {
      get() {
        throw new Error('get');
      },
      has() {
        throw new Error('has');
      },
      getPrototypeOf() {
        throw new Error('getPrototypeOf');
      },
      ownKeys() {
        throw new Error('ownKeys');
      },
    },
  );

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const getters = (): object => {
  const get = (): never => {
    throw new Error('getter');
  };
  return Object.defineProperties(new Error('x'), {
    name: { get },
    message: { get },
    code: { get },
    details: { get },
  });
};

const caughtBy = (promise: Promise<unknown>): Promise<BusError> =>
  promise.then(
    () => expect.unreachable(),
    (error) => error,
  );

describe('what a handler throws', () => {
  it.each(['at once', 'later'])(
    '%s reaches the asker with name, message, code and details',
    async (when) => {
      await using t = await bench();
      const thrown = new StockError('none left');
      t.bus.handle('a', () => {
        if (when === 'at once') throw thrown;
        return Promise.reject(thrown);
      });
      const error = await caughtBy(t.bus.request('a', 1));
      expect(BusError.is(error)).toBe(true);
      expect(error).toMatchObject({
        name: 'StockError',
        message: 'none left',
        code: 'OUT_OF_STOCK',
        details: { sku: 'a', left: 0 },
      });
      expect(error.cause).toBe(thrown);
      expect(String(error)).toBe('StockError: none left');
      await expect(t.bus.requestMany('a', 1).next()).rejects.toMatchObject({
        code: 'OUT_OF_STOCK',
      });
      expect(t.bus.inspect().outcomes.ended.failed).toBe(2);
    },
  );

  it('without a code of text is BUS_HANDLER_FAILED, with the handler’s name in details', async () => {
    await using t = await bench();
    t.bus.handle(
      'a',
      () => {
        throw Object.assign(new TypeError('no such id'), { code: 404 });
      },
      { name: 'get' },
    );
    await expect(t.bus.request('a', 1)).rejects.toMatchObject({
      name: 'TypeError',
      message: 'no such id',
      code: 'BUS_HANDLER_FAILED',
      details: { topic: 'a', endpoint: 'get' },
    });
  });

  it('of the bus’s own errors passes on, as from a nested request', async () => {
    await using t = await bench();
    t.bus.handle('outer', () => t.bus.request('nobody', 1));
    await expect(t.bus.request('outer', 1)).rejects.toMatchObject({
      code: 'BUS_NO_ROUTE',
      details: { topic: 'nobody' },
    });
  });

  it.each<[string, () => unknown, string | RegExp]>([
    ['null', () => null, /failed on 'a'/],
    ['undefined', () => undefined, /failed on 'a'/],
    ['text', () => 'plain text', 'plain text'],
    ['a number', () => 7, /failed on 'a'/],
    ['a symbol', () => Symbol('s'), /failed on 'a'/],
    ['an object without a prototype', () => Object.create(null), /failed on 'a'/],
    ['a frozen error', () => Object.freeze(new Error('frozen')), 'frozen'],
    ['a frozen object', () => Object.freeze({ message: 'cold' }), 'cold'],
    ['a proxy whose traps throw', hostile, /failed on 'a'/],
    ['a revoked proxy', revoked, /failed on 'a'/],
    ['an error whose getters throw', getters, /failed on 'a'/],
    [
      'an object whose text throws',
      () => ({ toString: () => expect.unreachable() }),
      /failed on 'a'/,
    ],
    ['a function', () => () => 1, /failed on 'a'/],
  ])('may be %s, and never breaks the bus', async (_name, make, message) => {
    await using t = await bench();
    t.bus.handle('a', ({ payload }) => {
      if (payload === 'sync') throw make();
      if (payload === 'async') return Promise.reject(make());
      return 'fine';
    });
    for (const payload of ['sync', 'async']) {
      const error = await caughtBy(t.bus.request('a', payload));
      expect(error.code).toBe('BUS_HANDLER_FAILED');
      expect(error.message).toEqual(expect.stringMatching(message));
      await expect(t.bus.requestMany('a', payload).next()).rejects.toMatchObject({
        code: 'BUS_HANDLER_FAILED',
      });
    }
    expect(await t.bus.request('a', 'fine')).toBe('fine');
    expect(t.bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { failed: 4, handled: 1 },
    });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it.each<[string, () => object]>([
    ['a proxy whose traps throw', hostile],
    ['a revoked proxy', revoked],
    [
      'a promise-like that settles twice',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: what is tested
        then(resolve: (value: number) => void) {
          resolve(1);
          resolve(2);
          throw new Error('after');
        },
      }),
    ],
  ])('does not matter where it returns %s', async (_name, make) => {
    await using t = await bench();
    t.bus.handle('a', ({ payload }) => (payload === 'odd' ? make() : 'fine'));
    await t.bus.request('a', 'odd').catch(() => {});
    for await (const _reply of t.bus.requestMany('a', 'odd')) break;
    expect(await t.bus.request('a', 'plain')).toBe('fine');
    expect(t.bus.inspect().outcomes.inFlight).toBe(0);
    expect(unaccounted(t.bus)).toBe(0);
  });
});
