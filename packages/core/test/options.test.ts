import { describe, expect, test } from 'vitest';
import type { BusOptions, HandleOptions, SendOptions } from '../src/index.ts';
import { createBus } from '../src/index.ts';
import { ignore, testBench } from './support/bench.ts';
import { refusal, thrown } from './support/promises.ts';

describe('bad options are refused by name', () => {
  test.each<[string, unknown]>([
    ['id', { id: 5 }],
    ['env', { env: {} }],
    ['log', { log: {} }],
    ['startTimeoutMs', { startTimeoutMs: -1 }],
    ['startTimeoutMs', { startTimeoutMs: Number.NaN }],
    ['defaultTimeoutMs', { defaultTimeoutMs: -1 }],
    ['defaultTimeoutMs', { defaultTimeoutMs: '5' }],
    ['limits.topicLength', { limits: { topicLength: 0 } }],
    ['limits.segments', { limits: { segments: -1 } }],
    ['limits.payloadBytes', { limits: { payloadBytes: 'big' } }],
    ['limits.headerBytes', { limits: { headerBytes: null } }],
    ['limits.hops', { limits: { hops: Number.NaN } }],
    ['limits.inFlight', { limits: { inFlight: 0 } }],
    ['mailbox.capacity', { mailbox: { capacity: 0 } }],
    ['mailbox.overflow', { mailbox: { overflow: 'drop' } }],
  ])('createBus: %s in %o', (option, options) => {
    const error = thrown(() => createBus(options as BusOptions));
    expect(error.code).toBe('BUS_OPTION_INVALID');
    expect(error.details).toMatchObject({ option });
  });

  test.each<[string, unknown]>([
    ['name', { name: 5 }],
    ['priority', { priority: 'high' }],
    ['priority', { priority: Number.NaN }],
    ['concurrency', { concurrency: 0 }],
    ['capacity', { capacity: 0 }],
    ['capacity', { capacity: '10' }],
    ['overflow', { overflow: 'dropOldest' }],
    ['balance', { balance: 'random' }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['signal', { signal: {} }],
  ])('handle: %s in %o', async (option, options) => {
    const { bus } = await testBench();
    const error = thrown(() => bus.handle('a', ignore, options as HandleOptions));
    expect(error.code).toBe('BUS_OPTION_INVALID');
    expect(error.details).toMatchObject({ option });
    expect(bus.endpoints()).toEqual([]);
  });

  test.each([undefined, null, 'text', {}, 5])('handle: %o is no handler', async (handler) => {
    const { bus } = await testBench();
    expect(thrown(() => bus.handle('a', handler as never))).toMatchObject({
      code: 'BUS_OPTION_INVALID',
      details: { option: 'handler' },
    });
  });

  test.each<[string, unknown]>([
    ['priority', { priority: 'urgent' }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['timeoutMs', { timeoutMs: '5' }],
    ['timeoutMs', { timeoutMs: Number.NaN }],
    ['key', { key: {} }],
    ['key', { key: Symbol('k') }],
    ['key', { key: Object.create(null) }],
    ['correlationId', { correlationId: 5 }],
    ['signal', { signal: {} }],
    ['headers', { headers: 'text' }],
    ['headers.a', { headers: { a: 5 } }],
    ['headers.bus-trace', { headers: { 'bus-trace': 'x' } }],
  ])('send: %s in %o', async (option, options) => {
    const { bus, codes } = await testBench();
    bus.handle('a', ignore);
    const error = await refusal(bus.notify('a', 1, options as SendOptions));
    expect(error.code).toBe('BUS_OPTION_INVALID');
    expect(error.details).toMatchObject({ option });
    expect(codes).toEqual(['BUS_OPTION_INVALID']);
    expect(bus.inspect().outcomes.ended).toMatchObject({ rejected: 1, handled: 0 });
  });

  test.each([-1, Number.NaN, 'soon'])(
    'stop: drainMs %o leaves the bus running',
    async (drainMs) => {
      const { bus } = await testBench();
      const error = await refusal(bus.stop({ drainMs: drainMs as number }));
      expect(error).toMatchObject({ code: 'BUS_OPTION_INVALID', details: { option: 'drainMs' } });
      expect(bus.state).toBe('running');
      await bus.stop();
    },
  );
});

describe('what may be left out', () => {
  test('null and undefined options of a send mean their defaults', async () => {
    const { bus } = await testBench();
    let priority = '';
    bus.handle('a', (message) => {
      priority = message.priority;
    });
    const empty = { headers: null, key: null, priority: null, signal: null, correlationId: null };
    expect(await bus.notify('a', 1, empty as unknown as SendOptions)).toBe(1);
    expect(priority).toBe('normal');
  });

  test('a bus without an id has a random one of its own', () => {
    expect(createBus().id).toMatch(/^bus-[0-9a-f]{6}$/);
    expect(createBus().id).not.toBe(createBus().id);
  });
});

describe('what one message may weigh', () => {
  test('strings and bytes over the limit are refused, with both numbers', async () => {
    const { bus, publish } = await testBench({ limits: { payloadBytes: 10 } });
    bus.handle('a', ignore);
    for (const payload of ['x'.repeat(11), new Uint8Array(11)]) {
      const error = await refusal(bus.notify('a', payload));
      expect(error.code).toBe('BUS_PAYLOAD_TOO_LARGE');
      expect(error.details).toEqual({ topic: 'a', bytes: 11, limit: 10 });
    }
    expect(await bus.notify('a', 'x'.repeat(10))).toBe(1);
    expect(await bus.notify('a', new Uint8Array(10))).toBe(1);
    expect(await publish('nobody', 'x'.repeat(10))).toBe(0);
  });

  test('a channel refuses them too', async () => {
    const { host } = await testBench({ limits: { payloadBytes: 10 } });
    const send = host.channel('event', 'a');
    await send('short');
    expect((await refusal(send('x'.repeat(11)))).code).toBe('BUS_PAYLOAD_TOO_LARGE');
  });

  test('headers over the limit are refused', async () => {
    const { bus } = await testBench({ limits: { headerBytes: 10 } });
    bus.handle('a', ignore);
    const error = await refusal(bus.notify('a', 1, { headers: { name: 'x'.repeat(7) } }));
    expect(error.code).toBe('BUS_PAYLOAD_TOO_LARGE');
    expect(await bus.notify('a', 1, { headers: { name: 'x'.repeat(6) } })).toBe(1);
  });

  test('headers are the message\u2019s own copy, frozen and without a prototype', async () => {
    const { bus } = await testBench();
    let seen: object = {};
    bus.handle('a', (message) => {
      seen = message.headers;
    });
    const headers = JSON.parse('{"__proto__":"x","constructor":"y"}');
    await bus.notify('a', 1, { headers });
    expect(Object.keys(seen)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(seen)).toBeNull();
    expect(Object.isFrozen(seen)).toBe(true);
  });
});

describe('freezePayloads', () => {
  test('freezes deeply, through cycles, and however deep', async () => {
    const { bus } = await testBench({ freezePayloads: true });
    bus.handle('a', ignore);
    const payload: { list: { n: number }[]; bytes: Uint8Array; self?: object } = {
      list: [{ n: 1 }],
      bytes: new Uint8Array(2),
    };
    payload.self = payload;
    await bus.notify('a', payload);
    expect(Object.isFrozen(payload)).toBe(true);
    expect(Object.isFrozen(payload.list[0])).toBe(true);
    let deep: object = {};
    for (let i = 0; i < 100_000; i++) deep = { deep };
    expect(await bus.notify('a', deep)).toBe(1);
  });

  test('is off unless asked for', async () => {
    const { bus } = await testBench();
    bus.handle('a', ignore);
    const payload = { n: 1 };
    await bus.notify('a', payload);
    expect(Object.isFrozen(payload)).toBe(false);
  });
});
