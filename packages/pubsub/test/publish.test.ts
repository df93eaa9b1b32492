import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';

describe('publish', () => {
  it('resolves to how many subscribers accepted, and 0 is fine', async () => {
    await using t = await bench();
    expect(await t.bus.publish('a.b', 1)).toBe(0);
    t.bus.subscribe('a.b', () => {});
    t.bus.subscribe('a.b', async () => {});
    t.bus.subscribe('a.c', () => {});
    expect(await t.bus.publish('a.b', 1)).toBe(2);
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ unroutable: 1, handled: 2 });
  });

  it('has called idle listeners when it returns', async () => {
    await using t = await bench();
    const got: unknown[] = [];
    t.bus.subscribe('a', (message) => got.push(message.payload));
    t.bus.publish('a', 1);
    expect(got).toEqual([1]);
  });

  it.each([[5], ['text'], [[]], [[{ key: 'k' }]]])(
    'refuses options that are none, and counts that: %j',
    async (options) => {
      await using t = await bench();
      t.bus.subscribe('a', () => expect.unreachable());
      const refused = { code: 'BUS_OPTION_INVALID' };
      await expect(t.bus.publish('a', 1, options as object)).rejects.toMatchObject(refused);
      expect(t.bus.inspect().outcomes.ended.rejected).toBe(1);
    },
  );

  it('queues what a listener publishes to its own topic, and never recurses', async () => {
    await using t = await bench();
    let depth = 0;
    let deepest = 0;
    let left = 5_000;
    t.bus.subscribe('loop', () => {
      deepest = Math.max(deepest, ++depth);
      if (left-- > 0) t.bus.publish('loop', left);
      depth--;
    });
    t.bus.publish('loop', left);
    await t.env.settle();
    expect([left, deepest]).toEqual([-1, 1]);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('reaches subscriptions only, while notify reaches both', async () => {
    await using t = await bench();
    const got: string[] = [];
    t.bus.handle('a', () => void got.push('handler'));
    t.bus.subscribe('a', (message) => got.push(message.kind));
    expect(await t.bus.publish('a', 1)).toBe(1);
    expect(got).toEqual(['event']);
    expect(await t.bus.notify('a', 1)).toBe(2);
    expect(got.toSorted()).toEqual(['event', 'handler', 'notification']);
  });

  it('carries payload, headers, key, priority and correlation id to the listener', async () => {
    await using t = await bench();
    const payload = { id: 1 };
    const stream = t.bus.subscribe('a');
    const options = { headers: { 'x-a': '1' }, key: 'k', correlationId: 'c' };
    t.bus.publish('a', payload, { ...options, priority: 'high' });
    const { value } = await stream.next();
    expect(value).toMatchObject({ topic: 'a', kind: 'event', source: 'here', priority: 'high' });
    expect(value).toMatchObject(options);
    expect(value?.payload).toBe(payload);
  });

  it('harms no other listener and no later message when one throws or rejects', async () => {
    await using t = await bench();
    const got: unknown[] = [];
    t.bus.subscribe('a', () => {
      throw new Error('sync');
    });
    t.bus.subscribe('a', (message) => got.push(message.payload));
    t.bus.subscribe('a', () => Promise.reject(null));
    t.bus.subscribe('a', (message) => got.push(message.payload));
    expect(await t.bus.publish('a', 1)).toBe(4);
    await t.bus.publish('a', 2);
    await t.env.settle();
    expect(got).toEqual([1, 1, 2, 2]);
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ failed: 4, handled: 4 });
    expect(t.errors.map((error) => error.code)).toEqual(Array(4).fill('BUS_HANDLER_FAILED'));
  });

  it('lets a hanging listener keep only its own messages waiting', async () => {
    await using t = await bench();
    const got: unknown[] = [];
    t.bus.subscribe('a', () => new Promise(() => {}), { timeoutMs: 50 });
    t.bus.subscribe('a', (message) => got.push(message.payload));
    for (const payload of [1, 2, 3]) await t.bus.publish('a', payload);
    expect(got).toEqual([1, 2, 3]);
    await t.env.advance(200);
    expect(t.bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { expired: 3 } });
  });

  it.each([
    ['an empty segment', 'a..b', {}, 'BUS_TOPIC_INVALID'],
    ['a wildcard', 'a.*', {}, 'BUS_TOPIC_INVALID'],
    ["the bus's own prefix", '$bus.peer.up', {}, 'BUS_TOPIC_INVALID'],
    ['no text', 7 as unknown as string, {}, 'BUS_TOPIC_INVALID'],
    ['an unknown priority', 'a', { priority: 'urgent' as 'high' }, 'BUS_OPTION_INVALID'],
    ['a reserved header', 'a', { headers: { 'bus-x': '1' } }, 'BUS_OPTION_INVALID'],
  ])('rejects %s with its code', async (_name, topic, options, code) => {
    await using t = await bench();
    await expect(t.bus.publish(topic, 1, options)).rejects.toMatchObject({ code });
    expect(t.bus.inspect().outcomes.ended.rejected).toBe(1);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('rejects a payload over the limit', async () => {
    await using t = await bench({ limits: { payloadBytes: 8 } });
    const refused = { code: 'BUS_PAYLOAD_TOO_LARGE', details: { topic: 'a', bytes: 9, limit: 8 } };
    await expect(t.bus.publish('a', '123456789')).rejects.toMatchObject(refused);
  });

  it('never ends the process with a rejection that nobody awaits, and reports it', async () => {
    await using t = await bench({ mailbox: { capacity: 1, overflow: 'error' } });
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    t.bus.subscribe('a', () => new Promise(() => {}));
    for (let i = 0; i < 5; i++) t.bus.publish('a', i);
    t.bus.publish('a..b', 1);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(t.errors.map((error) => error.code).toSorted()).toEqual([
      ...Array(3).fill('BUS_MAILBOX_FULL'),
      'BUS_TOPIC_INVALID',
    ]);
  });

  it('is refused before start and after stop', async () => {
    const t = await bench();
    await t.bus.stop();
    await expect(t.bus.publish('a', 1)).rejects.toMatchObject({ code: 'BUS_CLOSED' });
    expect(() => t.bus.subscribe('a', () => {})).toThrow(
      expect.objectContaining({ code: 'BUS_CLOSED' }),
    );
  });

  it('takes topics and keys named like properties of objects', async () => {
    await using t = await bench();
    const got: unknown[] = [];
    for (const topic of ['__proto__', 'constructor', 'a.toString']) {
      t.bus.subscribe(topic, (message) => got.push(message.topic), { mode: 'latest' });
      await t.bus.publish(topic, 1, { key: '__proto__' });
    }
    expect(got).toEqual(['__proto__', 'constructor', 'a.toString']);
  });

  it('is cancelled for those who have not handled it when its signal aborts', async () => {
    await using t = await bench();
    const abort = new AbortController();
    let signal: AbortSignal | undefined;
    t.bus.subscribe('a', (message) => {
      signal = message.signal;
      return new Promise(() => {});
    });
    t.bus.subscribe('a', () => {});
    expect(await t.bus.publish('a', 1, { signal: abort.signal })).toBe(2);
    abort.abort('enough');
    expect(signal?.reason).toMatchObject({ code: 'BUS_CANCELLED', cause: 'enough' });
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ cancelled: 1, handled: 1 });
    await expect(t.bus.publish('a', 2, { signal: abort.signal })).rejects.toMatchObject({
      code: 'BUS_CANCELLED',
    });
  });
});
