import type { Message, Subscription } from '@bus/core';
import { definePlugin } from '@bus/core';
import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { SubscribeOptions } from '../src/index.ts';
import { bench, countListeners, stepwise } from './support/bench.ts';

describe('subscribe with a listener', () => {
  it('handles messages one at a time, in the order accepted', async () => {
    await using t = await bench();
    const steps = stepwise();
    t.bus.subscribe('a', steps.listener);
    for (const payload of [1, 2, 3]) expect(await t.bus.publish('a', payload)).toBe(1);
    expect(steps.started).toEqual([1]);
    for (let i = 0; i < 3; i++) {
      steps.finish();
      await t.env.settle();
    }
    expect(steps.started).toEqual([1, 2, 3]);
  });

  it('handles as many at once as told, and those of one key in their order', async () => {
    await using t = await bench();
    const steps = stepwise();
    t.bus.subscribe('a', steps.listener, { concurrency: 2 });
    for (const [payload, key] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
      ['c1', 'c'],
    ] as const) {
      await t.bus.publish('a', payload, { key });
    }
    expect(steps.started).toEqual(['a1', 'b1']);
    steps.finish();
    await t.env.settle();
    expect(steps.started).toEqual(['a1', 'b1', 'a2']);
  });

  it('orders by its own key function, and reports one that throws', async () => {
    await using t = await bench();
    const steps = stepwise();
    t.bus.subscribe('a', steps.listener, {
      concurrency: 4,
      name: 'keyed',
      key(message) {
        if (message.payload === 'bad') throw new Error('no key');
        return String(message.payload).slice(0, 1);
      },
    });
    for (const payload of ['a1', 'a2', 'b1', 'bad']) await t.bus.publish('a', payload);
    expect(steps.started).toEqual(['a1', 'b1', 'bad']);
    expect(t.errors[0]).toMatchObject({
      code: 'BUS_HANDLER_FAILED',
      details: { topic: 'a', endpoint: 'keyed' },
      cause: { message: 'no key' },
    });
    for (let i = 0; i < 4; i++) steps.finish();
    await t.env.settle();
    expect(t.bus.inspect().outcomes).toMatchObject({ inFlight: 1 });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('gets no more messages once stopped, and drops what waits', async () => {
    await using t = await bench();
    const steps = stepwise();
    const subscription = t.bus.subscribe('a', steps.listener);
    await t.bus.publish('a', 1);
    await t.bus.publish('a', 2);
    expect(subscription.active).toBe(true);
    subscription.stop();
    subscription.stop();
    expect(subscription.active).toBe(false);
    expect(await t.bus.publish('a', 3)).toBe(0);
    steps.finish();
    await t.env.settle();
    expect(steps.started).toEqual([1]);
    expect(t.bus.inspect().outcomes.ended.dropped).toEqual({ unsubscribed: 1 });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('handles what waits before an await using block ends', async () => {
    await using t = await bench();
    const steps = stepwise();
    let ended = false;
    const block = async (): Promise<void> => {
      await using _subscription = t.bus.subscribe('a', steps.listener);
      await t.bus.publish('a', 1);
      await t.bus.publish('a', 2);
    };
    const done = block().then(() => {
      ended = true;
    });
    await t.env.settle();
    expect(await t.bus.publish('a', 3)).toBe(0);
    steps.finish();
    await t.env.settle();
    expect([ended, steps.started]).toEqual([false, [1, 2]]);
    steps.finish();
    await done;
  });

  it('stops after one message with once, even if that publishes the next', async () => {
    await using t = await bench();
    const got: unknown[] = [];
    const subscription = t.bus.subscribe(
      'a',
      (message) => {
        got.push(message.payload);
        t.bus.publish('a', 'nested');
      },
      { once: true },
    );
    expect(t.bus.endpoints('a')).toHaveLength(1);
    await t.bus.publish('a', 1);
    await t.bus.publish('a', 2);
    expect(got).toEqual([1]);
    expect(subscription.active).toBe(false);
    expect(t.bus.endpoints('a')).toEqual([]);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('hears of itself once, where it waits for one added endpoint', async () => {
    await using t = await bench();
    const got: string[] = [];
    const note = (by: string) => () => void got.push(by);
    const once = t.bus.subscribe('$bus.endpoint.added', note('once'), { once: true });
    expect(once.active).toBe(false);
    t.bus.subscribe('b', () => {});
    expect(got).toEqual(['once']);
    expect(t.errors).toEqual([]);
  });

  it('stops when its signal aborts, and never starts with one already aborted', async () => {
    await using t = await bench();
    const abort = new AbortController();
    const got: unknown[] = [];
    const listener = (message: { payload: unknown }) => got.push(message.payload);
    const subscription = t.bus.subscribe('a', listener, { signal: abort.signal });
    await t.bus.publish('a', 1);
    abort.abort();
    expect(subscription.active).toBe(false);
    const late = t.bus.subscribe('a', listener, { signal: abort.signal });
    expect(late.active).toBe(false);
    expect(await t.bus.publish('a', 2)).toBe(0);
    expect(got).toEqual([1]);
    late.stop();
  });

  it('shares one listener on its signal with others, and leaves none', async () => {
    await using t = await bench();
    const { signal } = new AbortController();
    const { count, most } = countListeners(signal);
    const subscriptions = Array.from({ length: 20 }, () =>
      t.bus.subscribe('a', () => {}, { signal }),
    );
    const stream = t.bus.subscribe('a', { signal });
    expect([count(), most()]).toEqual([1, 1]);
    for (const subscription of subscriptions) subscription.stop();
    await stream.return();
    expect([count(), most()]).toEqual([0, 1]);
  });

  it('shows its name, or its listener’s', async () => {
    await using t = await bench();
    function audit(): void {}
    t.bus.subscribe('a', audit);
    t.bus.subscribe('a', audit, { once: true });
    t.bus.subscribe('a', () => {}, { name: 'given' });
    expect(t.bus.endpoints('a').map(({ name }) => name)).toEqual(['audit', 'audit', 'given']);
  });

  it.each<[string, unknown]>([
    ['mode', { mode: 'newest' }],
    ['overflow', { overflow: 'spill' }],
    ['overflow', { mode: 'latest', overflow: 'block' }],
    ['capacity', { capacity: 0 }],
    ['concurrency', { concurrency: Number.NaN }],
    ['group', { group: 7 }],
    ['balance', { balance: 'random' }],
    ['key', { key: 'id' }],
    ['filter', { filter: 'x' }],
    ['filter.sources', { filter: { sources: 'hub' } }],
    ['filter.headers', { filter: { headers: 'x' } }],
    ['filter.where', { filter: { where: true } }],
  ])('refuses a bad %s: %j', async (option, options) => {
    await using t = await bench();
    const refused = expect.objectContaining({
      code: 'BUS_OPTION_INVALID',
      details: expect.objectContaining({ option }),
    });
    expect(() => t.bus.subscribe('a', () => {}, options as SubscribeOptions)).toThrow(refused);
    expect(() => t.bus.subscribe('a', options as SubscribeOptions)).toThrow(refused);
    expect(t.bus.endpoints()).toEqual([]);
  });

  it('refuses an option that belongs to no installed plugin, by name', async () => {
    await using t = await bench();
    const refused = expect.objectContaining({
      code: 'BUS_OPTION_INVALID',
      details: { option: 'delivery', value: "'reliable'" },
    });
    const options = { delivery: 'reliable' } as SubscribeOptions;
    expect(() => t.bus.subscribe('a', () => {}, options)).toThrow(refused);
    expect(() => t.bus.subscribe('a', () => {}, { ...options, once: true })).toThrow(refused);
    expect(() => t.bus.subscribe('a', options)).toThrow(refused);
    expect(t.bus.endpoints()).toEqual([]);
  });

  it.each<[string, string, object]>([
    ['overflw', 'overflow', { overflw: 'error' }],
    ['Filter', 'filter', { Filter: () => true }],
    ['groups', 'group', { groups: 'g' }],
    ['headrs', 'headers', { filter: { headrs: {} } }],
  ])('names the option that %s is a misspelling of', async (option, meant, options) => {
    await using t = await bench();
    const refused = expect.objectContaining({
      code: 'BUS_OPTION_INVALID',
      message: expect.stringContaining(`no option '${option}': did you mean '${meant}'?`),
    });
    expect(() => t.bus.subscribe('a', () => {}, options)).toThrow(refused);
    expect(() => t.bus.subscribe('a', options)).toThrow(refused);
    expect(t.bus.endpoints()).toEqual([]);
  });

  it('leaves an option to plugins that take it, wherever they tap', async () => {
    const taken: unknown[] = [];
    const takes = definePlugin({
      name: 'takes',
      setup({ hooks }) {
        hooks.define.tap((definition) => {
          const { own, ...asked } = definition.asked ?? {};
          taken.push(own);
          return { ...definition, asked };
        });
        return undefined;
      },
    });
    await using t = await bench({ plugins: [takes] });
    t.bus.subscribe('a', () => {}, { own: 1 } as SubscribeOptions);
    expect(taken).toEqual([1]);
  });

  it('takes its options also before its listener, as overloads of plugins do', async () => {
    await using t = await bench();
    type OptionsFirst = (
      pattern: string,
      options: SubscribeOptions,
      listener: (message: Message) => void,
    ) => Subscription;
    const subscribe = t.bus.subscribe as unknown as OptionsFirst;
    const got: unknown[] = [];
    subscribe('a', { name: 'first', once: true }, ({ payload }) => void got.push(payload));
    expect(t.bus.endpoints('a')).toMatchObject([{ name: 'first' }]);
    for (const payload of [1, 2]) await t.bus.publish('a', payload);
    expect(got).toEqual([1]);
    const refused = expect.objectContaining({ code: 'BUS_OPTION_INVALID' });
    const listener = (): void => {};
    expect(() => subscribe('a', listener as SubscribeOptions, listener)).toThrow(refused);
    expect(() => subscribe('a', {}, {} as () => void)).toThrow(refused);
    expect(t.bus.endpoints('a')).toEqual([]);
  });

  it('of one message is waited for by a bus that stops', async () => {
    const t = await bench();
    const listener = () => new Promise<void>((resolve) => void t.env.setTimer(resolve, 20));
    t.bus.subscribe('a', listener, { once: true });
    await t.bus.publish('a', 1);
    expect(t.bus.inspect().outcomes.inFlight).toBe(1);
    const stopped = t.bus.stop();
    await t.env.advance(30);
    await stopped;
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ handled: 1, cancelled: 0 });
  });

  it('refuses what is neither listener nor options', async () => {
    await using t = await bench();
    const refused = expect.objectContaining({ code: 'BUS_OPTION_INVALID' });
    expect(() => t.bus.subscribe('a', 'listener' as unknown as () => void)).toThrow(refused);
    expect(() => t.bus.subscribe('a', undefined as unknown as () => void, {})).toThrow(refused);
    expect(() => t.bus.subscribe('a', null as unknown as () => void)).not.toThrow();
  });

  it.each([5, true, 'text', [], [{ once: true }], Symbol('x')])(
    'refuses options that are none: %o',
    async (options) => {
      await using t = await bench();
      const refused = expect.objectContaining({
        code: 'BUS_OPTION_INVALID',
        details: expect.objectContaining({ option: 'options' }),
      });
      expect(() => t.bus.subscribe('a', () => {}, options as SubscribeOptions)).toThrow(refused);
      expect(t.bus.endpoints('a')).toEqual([]);
    },
  );

  it('takes null for no options, as all verbs do', async () => {
    await using t = await bench();
    const none = null as unknown as SubscribeOptions;
    expect(t.bus.subscribe('a', () => {}, none).active).toBe(true);
    expect(t.bus.subscribe('a', none).active).toBe(true);
    expect(await t.bus.publish('a', 1, none as object)).toBe(2);
    expect(await t.bus.publisher('a', none as object)(2)).toBe(2);
  });

  it.each<[string, unknown]>([
    ['once', 'no'],
    ['once', 0],
    ['once', null],
    ['mode', 'newest'],
    ['mode', 5],
    ['mode', null],
    ['group', 5],
    ['key', 'id'],
    ['filter', 0],
    ['filter', ''],
    ['filter', false],
    ['filter', []],
    ['filter.sources', { sources: [5] }],
    ['filter.sources', { sources: 'here' }],
    ['filter.headers', { headers: [] }],
    ['filter.headers', { headers: { tenant: 5 } }],
    ['filter.where', { where: 'x' }],
    ['name', 5],
    ['priority', 'high'],
    ['capacity', 0],
    ['overflow', 'drop'],
    ['concurrency', '2'],
    ['timeoutMs', '2'],
    ['balance', 'random'],
    ['signal', {}],
    ['batch', 5],
  ])('refuses a wrong %s: %j', async (option, value) => {
    await using t = await bench();
    const [name = ''] = option.split('.');
    const options = { [name]: value } as SubscribeOptions;
    const refused = expect.objectContaining({
      code: 'BUS_OPTION_INVALID',
      details: expect.objectContaining({ option }),
    });
    expect(() => t.bus.subscribe('a', () => {}, options)).toThrow(refused);
    expect(() => t.bus.subscribe('a', options)).toThrow(refused);
    expect(t.bus.endpoints('a')).toEqual([]);
  });

  it.each([
    ['a.*', 'BUS_PATTERN_UNSUPPORTED'],
    ['a..b', 'BUS_PATTERN_INVALID'],
  ])('refuses the pattern %s without a router', async (pattern, code) => {
    await using t = await bench();
    const refused = expect.objectContaining({ code });
    expect(() => t.bus.subscribe(pattern, () => {})).toThrow(refused);
    expect(() => t.bus.subscribe(pattern)).toThrow(refused);
  });
});
