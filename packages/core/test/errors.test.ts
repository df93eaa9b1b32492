import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { textOf } from '../src/errors.ts';
import type { Logger } from '../src/index.ts';
import { BusError, busError } from '../src/index.ts';
import { imbalance, testBench } from './support/bench.ts';
import { quietLogger, recordingLogger } from './support/log.ts';
import { refusal, unhandledDuring } from './support/promises.ts';

const trap = (): never => {
  throw new Error('trap');
};
const hostile = new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap, ownKeys: trap });
class BadError extends Error {
  override get message(): string {
    return trap();
  }
}

/** Whatever JavaScript lets one throw. */
const faults: readonly [string, unknown][] = [
  ['an error', new Error('boom')],
  ['null', null],
  ['undefined', undefined],
  ['a string', 'boom'],
  ['a number', 0],
  ['a symbol', Symbol('boom')],
  ['an object without a prototype', Object.create(null)],
  ['a frozen object', Object.freeze({ code: 'X' })],
  ['a frozen error', Object.freeze(new Error('boom'))],
  ['a proxy that throws', hostile],
  ['an error with throwing getters', new BadError()],
  ['an error of another realm', runInContext('new Error("boom")', createContext())],
  ['a coded error', busError('BUS_NO_ROUTE', 'no', { topic: 'x' })],
];

describe('a handler that throws', () => {
  test.each(faults)(
    '%s, now or later, fails its own message and no other',
    async (_name, fault) => {
      const { bus, publish, request, subscribe, errors, env } = await testBench();
      let well = 0;
      subscribe('a', () => {
        throw fault;
      });
      subscribe('a', () => Promise.reject(fault), { concurrency: 10 });
      subscribe('a', () => void well++);
      bus.handle('a', () => {
        throw fault;
      });
      const unhandled = await unhandledDuring(async () => {
        for (let i = 0; i < 2; i++) expect(await publish('a')).toBe(3);
        await request('a');
        await env.settle();
      });
      expect(unhandled).toEqual([]);
      expect(well).toBe(2);
      expect(errors).toHaveLength(5);
      for (const error of errors) {
        expect(error.code).toBe('BUS_HANDLER_FAILED');
        expect(Object.is(error.cause, fault)).toBe(true);
      }
      expect(bus.inspect().outcomes.ended).toMatchObject({ handled: 2, failed: 5 });
      expect(imbalance(bus)).toBe(0);
    },
  );

  test('is named, with its topic', async () => {
    const { publish, subscribe, errors } = await testBench();
    subscribe('orders.created', function bill() {
      throw new Error('no money');
    });
    await publish('orders.created');
    expect(errors[0]?.message).toBe("the handler of bill failed on 'orders.created': no money");
    expect(errors[0]?.details).toEqual({ topic: 'orders.created', endpoint: 'bill' });
  });

  test('anything has a text', () => {
    for (const [, fault] of faults) expect(typeof textOf(fault)).toBe('string');
  });
});

describe('BusError', () => {
  test('is recognised across copies of the package, and nothing else is', () => {
    class OtherCopy extends Error {
      readonly code = 'BUS_CLOSED';
      readonly details = { state: 'stopped' };
      get [Symbol.for('@bus/error')](): true {
        return true;
      }
    }
    expect(BusError.is(new OtherCopy())).toBe(true);
    expect(BusError.is(busError('BUS_CLOSED', 'x', { state: 'stopped' }))).toBe(true);
    for (const [name, fault] of faults)
      expect([name, BusError.is(fault)]).toEqual([name, name === 'a coded error']);
  });

  test('is an Error with code, details and cause, and its brand is not in its JSON', () => {
    const cause = new Error('why');
    const error = busError('BUS_NO_ROUTE', 'nobody', { topic: 'a' }, cause);
    expect(error).toBeInstanceOf(Error);
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe('BusError: nobody');
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'BUS_NO_ROUTE',
      details: { topic: 'a' },
    });
    expect('cause' in busError('BUS_NO_ROUTE', 'nobody', { topic: 'a' })).toBe(false);
  });

  test('a plugin makes its own codes with it', () => {
    const error = new BusError('ACME_LATE', 'late', { by: 5 });
    expect(BusError.is(error)).toBe(true);
    expect(error.code).toBe('ACME_LATE');
  });
});

describe('the default logging', () => {
  test('warns once a second for each code and endpoint, and says how many more there were', async () => {
    const log = recordingLogger();
    const { publish, subscribe, env } = await testBench({ log });
    for (const name of ['one', 'two', 'three']) subscribe('a', trap, { name });
    for (let i = 0; i < 3; i++) await publish('a');
    const about = (text: string) => /one|two|three/.exec(text)?.[0];
    expect(log.warnings.map(about)).toEqual(['one', 'two', 'three']);
    await env.advance(999);
    expect(log.warnings).toHaveLength(3);
    await env.advance(1);
    expect(log.warnings.slice(3)).toEqual(
      ['one', 'two', 'three'].map(
        (name) => `BUS_HANDLER_FAILED ${name}: 2 more like the one above`,
      ),
    );
    await publish('a');
    expect(log.warnings).toHaveLength(9);
  });

  test('says nothing of a refusal that its sender looks at', async () => {
    const log = recordingLogger();
    const { bus, env } = await testBench({ log });
    await refusal(bus.notify('nowhere', 1));
    const later = bus.notify('nobody', 1);
    await Promise.resolve();
    later.catch(() => undefined);
    await env.settle();
    expect(log.warnings).toEqual([]);
  });

  test('warns of a refusal that nothing looks at', async () => {
    const log = recordingLogger();
    const { bus, env } = await testBench({ log });
    void bus.notify('nowhere', 1);
    await env.settle();
    expect(log.warnings.map((text) => text.split(':')[0])).toEqual(['BUS_NO_ROUTE']);
  });

  test('says nothing of a failure that a sender is told of', async () => {
    const log = recordingLogger();
    const { host, subscribe, env } = await testBench({ log });
    subscribe('a', trap, { kinds: ['request'] });
    void host.send('request', 'a', 1, undefined, { completion: { settled: () => undefined } });
    void host.send('request', 'b', 1, undefined, { completion: { settled: () => undefined } });
    await env.settle();
    expect(log.warnings).toEqual([]);
  });

  test('a logger that throws harms nothing', async () => {
    const log: Logger = { ...quietLogger, warn: trap };
    const { bus, publish, subscribe } = await testBench({ log });
    subscribe('a', trap);
    expect(await publish('a')).toBe(1);
    expect((await refusal(bus.notify('nowhere', 1))).code).toBe('BUS_NO_ROUTE');
    expect(imbalance(bus)).toBe(0);
  });
});
