import { describe, expect, test } from 'vitest';
import type { AnyPlugin } from '../src/index.ts';
import { type BusError, busError } from '../src/index.ts';
import { ignore, plugin, testBench } from './support/bench.ts';
import { refusal, thrown, unhandledDuring } from './support/promises.ts';

type Failing = 'outbound' | 'select' | 'dispatch' | 'deliver' | 'unrouted';

/** Throws in one hook while its switch is on. */
function faulty(hook: Failing, fault: () => unknown): AnyPlugin {
  const checked = <T>(topic: string, go: () => T): T => {
    if (topic.startsWith('bad')) throw fault();
    return go();
  };
  return plugin('faulty', ({ hooks }) => {
    if (hook === 'outbound') hooks.outbound.tap((message) => checked(message.topic, () => message));
    if (hook === 'select') {
      hooks.select.tap((targets, { message }) => checked(message.topic, () => targets));
    }
    if (hook === 'dispatch') {
      hooks.dispatch.tap(
        (next) => (message, targets) => checked(message.topic, () => next(message, targets)),
      );
    }
    if (hook === 'deliver') {
      hooks.deliver.tap(
        (next) => (message, endpoint) => checked(message.topic, () => next(message, endpoint)),
      );
    }
    if (hook === 'unrouted')
      hooks.unrouted.tap((message) => checked(message.topic, () => undefined));
  });
}

describe('a tap that throws', () => {
  test.each(['outbound', 'select', 'dispatch', 'unrouted'] as const)(
    'in %s fails that message only, and says who it was',
    async (hook) => {
      const cause = new Error('boom');
      const { bus, publish, subscribe, codes } = await testBench({
        plugins: [faulty(hook, () => cause)],
      });
      let handled = 0;
      const count = (): void => void handled++;
      subscribe('good', count);
      if (hook !== 'unrouted') subscribe('bad', count);
      const error = await refusal(publish('bad'));
      expect(error.code).toBe('BUS_HOOK_FAILED');
      expect(error.details).toEqual({ hook, plugin: 'faulty' });
      expect(error.cause).toBe(cause);
      expect(await publish('good')).toBe(1);
      expect(handled).toBe(1);
      expect(codes).toEqual(['BUS_HOOK_FAILED']);
      expect(bus.inspect().outcomes).toMatchObject({
        accepted: 2,
        inFlight: 0,
        ended: { rejected: 1, handled: 1 },
      });
    },
  );

  test('in deliver rejects that delivery and no other', async () => {
    const { bus, publish, subscribe, errors } = await testBench({
      plugins: [faulty('deliver', () => new Error('boom'))],
    });
    subscribe('bad', ignore);
    subscribe('good', ignore);
    expect(await publish('bad')).toBe(1);
    expect(await publish('good')).toBe(1);
    expect(errors.map((error) => error.details)).toEqual([{ hook: 'deliver', plugin: 'faulty' }]);
    expect(bus.inspect().outcomes.ended).toMatchObject({ rejected: 1, handled: 1 });
  });

  test('in deliver does not take a handler’s own rejection for a tap’s', async () => {
    const passing = plugin('passing', ({ hooks }) => {
      hooks.deliver.tap((next) => (message, endpoint) => next(message, endpoint));
    });
    const { bus, publish, subscribe, env, codes } = await testBench({ plugins: [passing] });
    subscribe('a', async () => {
      throw busError('BUS_NO_ROUTE', 'from a nested send', { topic: 'b' });
    });
    await publish('a');
    await env.settle();
    expect(codes).toEqual(['BUS_HANDLER_FAILED']);
    expect(bus.inspect().outcomes.ended).toMatchObject({ failed: 1, rejected: 0 });
  });

  test('with a coded error rejects with that code', async () => {
    const own = (): BusError => busError('BUS_NO_ROUTE', 'not for you', { topic: 'bad' });
    for (const hook of ['outbound', 'select', 'dispatch'] as const) {
      const { publish, subscribe } = await testBench({ plugins: [faulty(hook, own)] });
      subscribe('bad', ignore);
      expect((await refusal(publish('bad'))).code).toBe('BUS_NO_ROUTE');
    }
  });

  test('with anything at all is an error of the bus', async () => {
    for (const fault of [null, undefined, 'text', Object.create(null), Object.freeze({ a: 1 })]) {
      const { publish, subscribe } = await testBench({
        plugins: [faulty('outbound', () => fault)],
      });
      subscribe('bad', ignore);
      expect((await refusal(publish('bad'))).code).toBe('BUS_HOOK_FAILED');
    }
  });

  test('asynchronously in dispatch is named as well, and ends nothing but its message', async () => {
    const cause = new Error('disk full');
    const journal = plugin('journal', ({ hooks }) => {
      hooks.dispatch.tap((next) => async (message, targets) => {
        await Promise.resolve();
        if (message.topic === 'bad') throw cause;
        return next(message, targets);
      });
    });
    const { bus, publish, subscribe } = await testBench({ plugins: [journal] });
    subscribe('bad', ignore);
    subscribe('good', ignore);
    const error = await refusal(publish('bad'));
    expect(error).toMatchObject({
      code: 'BUS_HOOK_FAILED',
      details: { hook: 'dispatch', plugin: 'journal' },
    });
    expect(error.cause).toBe(cause);
    expect(await publish('good')).toBe(1);
    expect(bus.inspect().outcomes.ended).toMatchObject({ rejected: 1, handled: 1 });
  });

  test('after passing the message on is no unhandled rejection', async () => {
    const journal = plugin('journal', ({ hooks }) => {
      hooks.dispatch.tap((next) => async (message, targets) => {
        const count = await next(message, targets);
        if (count > 0) throw new Error('too late');
        return count;
      });
    });
    const { publish, subscribe, env } = await testBench({ plugins: [journal] });
    subscribe('a', ignore);
    const unhandled = await unhandledDuring(async () => {
      void publish('a');
      await env.settle();
    });
    expect(unhandled).toEqual([]);
  });

  test('in claim or admit refuses that endpoint', async () => {
    for (const hook of ['claim', 'admit'] as const) {
      const broken = plugin('broken', ({ hooks }) => {
        hooks[hook].tap(() => {
          throw new Error('no');
        });
      });
      const { bus } = await testBench({ plugins: [broken] });
      const error = thrown(() => bus.handle('a', ignore));
      expect(error).toMatchObject({ code: 'BUS_HOOK_FAILED', details: { hook, plugin: 'broken' } });
      expect(bus.endpoints()).toEqual([]);
    }
  });

  test('in inspect is told in its plugin\u2019s place, and the report is whole', async () => {
    const broken = plugin('broken', ({ hooks }) => {
      hooks.inspect.tap(() => {
        throw new Error('no report');
      });
    });
    const well = plugin('well', ({ hooks }) => hooks.inspect.tap(() => ({ answer: 42 })));
    const { bus } = await testBench({ plugins: [broken, well] });
    const { plugins } = bus.inspect();
    expect(plugins.well).toEqual({ answer: 42 });
    expect(plugins.broken).toMatchObject({ error: expect.stringContaining('broken') });
  });
});
