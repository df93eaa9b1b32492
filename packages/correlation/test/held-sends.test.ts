import type { Plugin, Send } from '@bus/core';
import { busError, definePlugin } from '@bus/core';
import { deferred, never, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { RequestManyOptions } from '../src/index.ts';
import type { Bench } from './support/bench.ts';
import { bench, countListeners, watched } from './support/bench.ts';

/** A plugin around every send. */
function around(layer: (next: Send) => Send): Plugin {
  return definePlugin({
    name: 'around',
    setup({ hooks }) {
      hooks.send.tap(layer);
      return undefined;
    },
  });
}

/** Keeps a send for so many milliseconds. */
function keeps(ms: number, getEnv: () => Bench['env']): Plugin {
  return around((next) => async (...sent) => {
    await new Promise<void>((resolve) => void getEnv().setTimer(resolve, ms));
    return next(...sent);
  });
}

async function benchThatKeeps(ms: number): Promise<Bench> {
  let env: Bench['env'] | undefined;
  const t = await bench({ plugin: keeps(ms, () => env as Bench['env']) });
  env = t.env;
  return t;
}

const ways = ['request', 'requestMany'] as const;

/** Ends when it is told to. */
function untilTold({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

/** Asks in one of the two ways, for one reply. */
function ask(t: Bench, way: (typeof ways)[number], options?: RequestManyOptions) {
  if (way === 'request') return watched(t.bus.request('a', 1, options));
  const next = t.bus.requestMany('a', 1, options).next();
  return watched(next.then(({ value }) => value));
}

/** No request waits, no timer runs, no listener is left, and the correlation id is free again. */
async function expectNothingLeft(t: Bench, timersBefore: number): Promise<void> {
  // The bus's own timers, of its log and its deadlines, are over by then.
  await t.env.advance(1_100);
  expect(t.report().pending).toBe(0);
  expect(t.env.pending).toBeLessThanOrEqual(timersBefore);
  expect(unaccounted(t.bus)).toBe(0);
}

describe.each(ways)('a %s that a send tap keeps', (way) => {
  it('is rejected with what the tap rejects with, as it is', async () => {
    for (const thrown of [new TypeError('down'), 'text', undefined, Object.freeze({ a: 1 })]) {
      await using t = await bench({ plugin: around(() => () => Promise.reject(thrown)) });
      t.bus.handle('a', () => expect.unreachable());
      const before = t.env.pending;
      const options = { correlationId: 'c', signal: new AbortController().signal };
      const listeners = countListeners(options.signal);
      for (let times = 0; times < 2; times++) {
        const asked =
          way === 'request'
            ? t.bus.request('a', 1, options)
            : t.bus.requestMany('a', 1, options).next();
        expect(
          await asked.then(
            () => expect.unreachable(),
            (error: unknown) => ({ error }),
          ),
        ).toEqual({ error: thrown });
      }
      expect(listeners.count()).toBe(0);
      await expectNothingLeft(t, before);
    }
  });

  it('is rejected with the very error, whose stack stays that of the tap', async () => {
    const error = busError('BUS_NO_ROUTE', 'no', { topic: 'a' });
    const { stack } = error;
    await using t = await bench({ plugin: around(() => () => Promise.reject(error)) });
    const asked = ask(t, way);
    await t.env.settle();
    expect(asked.error).toBe(error);
    expect(error.stack).toBe(stack);
  });

  it.each(['for ever', 'and says that it was sent'])('%s ends at its timeout', async (manner) => {
    const keep = manner === 'for ever' ? never : async () => 1;
    await using t = await bench({ plugin: around(() => keep) });
    t.bus.handle('a', () => expect.unreachable());
    const before = t.env.pending;
    const signal = new AbortController().signal;
    const listeners = countListeners(signal);
    const asked = ask(t, way, { timeoutMs: 50, correlationId: 'c', signal });
    await t.env.advance(49);
    expect(asked.state).toBe('waiting');
    await t.env.advance(1);
    expect(asked).toMatchObject({
      state: 'CORRELATION_TIMEOUT',
      error: { details: { topic: 'a', timeoutMs: 50 } },
    });
    expect(listeners.count()).toBe(0);
    await expectNothingLeft(t, before);
    const again = ask(t, way, { timeoutMs: 5, correlationId: 'c' });
    await t.env.advance(5);
    expect(again.state).toBe('CORRELATION_TIMEOUT');
  });

  it('ends when the bus stops, though it has all the time', async () => {
    const t = await bench({ plugin: around(() => never) });
    const asked = ask(t, way, { timeoutMs: Number.POSITIVE_INFINITY });
    await t.env.settle();
    expect(asked.state).toBe('waiting');
    const stopping = t.bus.stop({ drainMs: 0 });
    await t.env.advance(0);
    await stopping;
    expect(asked.state).toBe('BUS_CLOSED');
    expect(t.report().pending).toBe(0);
    expect(t.env.pending).toBe(0);
  });

  it('ends at the default timeout, too', async () => {
    await using t = await bench({ plugin: around(() => never), timeoutMs: 40 });
    const asked = ask(t, way);
    await t.env.advance(40);
    expect(asked.error?.details).toEqual({ topic: 'a', timeoutMs: 40 });
  });

  it.each(['before', 'after'])('ends by its signal, aborted %s the call', async (when) => {
    await using t = await bench({ plugin: around(() => never) });
    const before = t.env.pending;
    const abort = new AbortController();
    const listeners = countListeners(abort.signal);
    if (when === 'before') abort.abort('why');
    const asked = ask(t, way, { timeoutMs: 50_000, signal: abort.signal, correlationId: 'c' });
    await t.env.settle();
    abort.abort('why');
    await t.env.settle();
    expect(asked).toMatchObject({ state: 'BUS_CANCELLED', error: { cause: 'why' } });
    expect(listeners.count()).toBe(0);
    await expectNothingLeft(t, before);
  });

  it.each([
    ['timeoutMs', { timeoutMs: 'x' as unknown as number }],
    ['signal', { signal: {} as AbortSignal }],
  ])('is refused for a wrong %s, which the kernel cannot see', async (option, options) => {
    await using t = await bench({ plugin: around(() => never) });
    const before = t.env.pending;
    const asked = ask(t, way, { ...options, correlationId: 'c' });
    await t.env.settle();
    expect(asked).toMatchObject({ state: 'BUS_OPTION_INVALID', error: { details: { option } } });
    await expectNothingLeft(t, before);
  });

  it('for a while is answered, and then needs no timer of its own', async () => {
    await using t = await benchThatKeeps(20);
    const before = t.env.pending;
    const call = deferred();
    t.bus.handle('a', () => call.promise);
    const signal = new AbortController().signal;
    const listeners = countListeners(signal);
    const asked = ask(t, way, { timeoutMs: 50_000, correlationId: 'c', signal });
    await t.env.advance(20);
    call.resolve('reply');
    await t.env.settle();
    expect(asked.value).toBe('reply');
    expect(listeners.count()).toBe(0);
    await t.env.advance(100);
    expect(asked.times).toBe(1);
    await expectNothingLeft(t, before);
  });

  it('for a while has its time from the call, and its handler is told', async () => {
    await using t = await benchThatKeeps(20);
    const before = t.env.pending;
    let signal: AbortSignal | undefined;
    t.bus.handle('a', (message) => {
      signal = message.signal;
      return untilTold(message);
    });
    const asked = ask(t, way, { timeoutMs: 50 });
    await t.env.advance(49);
    expect(asked.state).toBe('waiting');
    await t.env.advance(1);
    expect(asked.state).toBe('CORRELATION_TIMEOUT');
    expect(signal?.aborted).toBe(true);
    await t.env.advance(100);
    expect(t.bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { cancelled: 1 } });
    await expectNothingLeft(t, before);
  });

  it('for longer than it waits is cancelled where it arrives', async () => {
    await using t = await benchThatKeeps(80);
    const before = t.env.pending;
    const signals: AbortSignal[] = [];
    t.bus.handle('a', async (message) => {
      signals.push(message.signal);
      if (!message.signal.aborted) await untilTold(message);
    });
    const asked = ask(t, way, { timeoutMs: 50 });
    await t.env.advance(100);
    expect(asked).toMatchObject({ state: 'CORRELATION_TIMEOUT', times: 1 });
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect(t.bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { cancelled: 1 } });
    await expectNothingLeft(t, before);
  });

  it('is answered by what the kernel has, whatever the tap’s promise does then', async () => {
    const fails = around((next) => async (...sent) => {
      await next(...sent);
      throw new Error('afterwards');
    });
    await using t = await bench({ plugin: fails });
    t.bus.handle('a', () => 'reply');
    const asked = ask(t, way);
    await t.env.settle();
    expect(asked.value).toBe('reply');
  });

  it('is rejected where the kernel throws at what the tap returned', async () => {
    const plugin = around(() => () => undefined as never);
    await using t = await bench({ plugin });
    const before = t.env.pending;
    const asked = ask(t, way, { correlationId: 'c', timeoutMs: 50 });
    await t.env.advance(50);
    expect(asked.error).toBeInstanceOf(Error);
    await expectNothingLeft(t, before);
  });
});

it('a request that no tap keeps takes no timer and no listener of its own', async () => {
  await using t = await bench({ plugin: around((next) => next) });
  t.bus.handle('a', never, { concurrency: 1_000 });
  await t.env.advance(1);
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  const before = t.env.pending;
  for (let i = 0; i < 1_000; i++) watched(t.bus.request('a', i, { timeoutMs: 50 + i, signal }));
  expect(t.env.pending - before).toBeLessThan(4);
  expect(listeners.most()).toBe(1);
});

it('replies that a tap asks for again are late', async () => {
  const twice = around((next) => (...sent) => {
    void next(...sent);
    return next(...sent);
  });
  await using t = await bench({ plugin: twice });
  t.bus.handle('a', () => 'reply');
  expect(await t.bus.request('a', 1)).toBe('reply');
  expect(t.report()).toEqual({ pending: 0, lateReplies: 1 });
});
