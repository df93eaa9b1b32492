import type { Message } from '@bus/core';
import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';

const payloads = (results: readonly IteratorResult<Message, undefined>[]) =>
  results.map(({ done, value }) => (done ? 'done' : value?.payload));

describe('subscribe without a listener', () => {
  it('gives what was published before and after it was asked, in order', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('a');
    await t.bus.publish('a', 1);
    const asked = [stream.next(), stream.next(), stream.next()];
    await t.bus.publish('a', 2);
    await t.bus.publish('a', 3);
    await t.bus.publish('a', 4);
    asked.push(stream.next());
    expect(payloads(await Promise.all(asked))).toEqual([1, 2, 3, 4]);
    expect(t.bus.inspect().outcomes.ended.handled).toBe(4);
  });

  it('answers concurrent calls in their order', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('a');
    const order: string[] = [];
    const asked = ['x', 'y', 'z'].map((name) =>
      stream.next().then(({ value }) => order.push(`${name}${value?.payload}`)),
    );
    for (const payload of [1, 2, 3]) await t.bus.publish('a', payload);
    await Promise.all(asked);
    expect(order).toEqual(['x1', 'y2', 'z3']);
  });

  it('unsubscribes on break, and drops what waits', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('a');
    for (const payload of [1, 2, 3]) await t.bus.publish('a', payload);
    for await (const message of stream) {
      expect(message.payload).toBe(1);
      break;
    }
    expect(stream.active).toBe(false);
    expect(t.bus.endpoints('a')).toEqual([]);
    expect(payloads([await stream.next()])).toEqual(['done']);
    expect(t.bus.inspect().outcomes.ended.dropped).toEqual({ unsubscribed: 2 });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('unsubscribes when the loop throws', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('a');
    await t.bus.publish('a', 1);
    const loop = async (): Promise<void> => {
      for await (const { payload } of stream) throw new Error(`no ${payload}`);
    };
    await expect(loop()).rejects.toThrow('no 1');
    expect(stream.active).toBe(false);
  });

  it('unsubscribes on return and throw, and tells those who wait', async () => {
    await using t = await bench();
    const first = t.bus.subscribe('a');
    const asked = [first.next(), first.next()];
    expect(payloads([await first.return()])).toEqual(['done']);
    expect(payloads(await Promise.all(asked))).toEqual(['done', 'done']);
    const second = t.bus.subscribe('a');
    const waiting = second.next();
    await expect(second.throw(new Error('given up'))).rejects.toThrow('given up');
    expect(payloads([await waiting, await second.next()])).toEqual(['done', 'done']);
    expect(t.bus.endpoints('a')).toEqual([]);
  });

  it('ends with await using, and does not wait for a reader that has left', async () => {
    await using t = await bench();
    const block = async () => {
      await using stream = t.bus.subscribe('a');
      await t.bus.publish('a', 1);
      await t.bus.publish('a', 2);
      expect(payloads([await stream.next()])).toEqual([1]);
      return stream;
    };
    const stream = await block();
    expect(stream.active).toBe(false);
    expect(payloads([await stream.next()])).toEqual(['done']);
    expect(t.bus.inspect().outcomes.ended.dropped).toEqual({ unsubscribed: 1 });
  });

  it('ends with using, with stop, and with its signal', async () => {
    await using t = await bench();
    const abort = new AbortController();
    const streams = [
      t.bus.subscribe('a'),
      t.bus.subscribe('a'),
      t.bus.subscribe('a', { signal: abort.signal }),
    ];
    const asked = streams.map((stream) => stream.next());
    streams[0]?.stop();
    streams[1]?.[Symbol.dispose]();
    abort.abort();
    expect(payloads(await Promise.all(asked))).toEqual(['done', 'done', 'done']);
    const late = t.bus.subscribe('a', { signal: abort.signal });
    expect(late.active).toBe(false);
    for await (const _message of late) expect.unreachable();
  });

  it('lets its reader finish what waits when the bus stops, and then ends', async () => {
    const t = await bench();
    const got: unknown[] = [];
    const stream = t.bus.subscribe('a');
    for (const payload of [1, 2, 3]) await t.bus.publish('a', payload);
    const loop = (async () => {
      for await (const { payload } of stream) got.push(payload);
    })();
    await t.bus.stop();
    await loop;
    expect(got).toEqual([1, 2, 3]);
    expect([t.env.pending, unaccounted(t.bus)]).toEqual([0, 0]);
  });

  it('ends when the bus stops without waiting for a reader that does not read', async () => {
    const t = await bench();
    const stream = t.bus.subscribe('a');
    const idle = t.bus.subscribe('b').next();
    await t.bus.publish('a', 1);
    const stopped = t.bus.stop({ drainMs: 100 });
    await t.env.advance(100);
    await stopped;
    expect(payloads([await stream.next(), await idle])).toEqual(['done', 'done']);
    expect(t.bus.inspect().outcomes.ended.dropped).toEqual({ closed: 1 });
    expect([t.env.pending, unaccounted(t.bus)]).toEqual([0, 0]);
  });

  it('holds publishers back when its reader falls behind', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('a', { capacity: 2 });
    const accepted: number[] = [];
    for (let i = 0; i < 4; i++)
      t.bus.publish('a', i).then(
        () => accepted.push(i),
        () => {},
      );
    await t.env.settle();
    expect(accepted).toEqual([0, 1]);
    await expect(t.bus.publish('a', 4)).rejects.toMatchObject({ code: 'BUS_MAILBOX_FULL' });
    expect(payloads([await stream.next()])).toEqual([0]);
    await t.env.settle();
    expect(accepted).toEqual([0, 1, 2]);
  });

  it('tells its reader how many it missed', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('a', { capacity: 2, overflow: 'drop-oldest' });
    for (let i = 0; i < 10; i++) await t.bus.publish('a', i);
    const read = async () => {
      const { value } = await stream.next();
      return [value?.payload, value?.missed];
    };
    expect(await read()).toEqual([8, 8]);
    expect(await read()).toEqual([9, 0]);
    await t.bus.publish('a', 10);
    expect(await read()).toEqual([10, 0]);
  });

  it('keeps the newest per key with mode latest', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('a', { mode: 'latest', key: ({ headers }) => headers.k });
    for (const [payload, k] of [
      [1, 'x'],
      [2, 'y'],
      [3, 'x'],
    ] as const) {
      await t.bus.publish('a', payload, { headers: { k } });
    }
    expect(payloads([await stream.next(), await stream.next()])).toEqual([3, 2]);
  });

  it('gives one message with once, and ends', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('a', { once: true });
    await t.bus.publish('a', 1);
    await t.bus.publish('a', 2);
    expect(payloads([await stream.next(), await stream.next()])).toEqual([1, 'done']);
    expect(stream.active).toBe(false);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('hears of itself being added, where it reads such events', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('$bus.endpoint.added');
    t.bus.subscribe('b', () => {});
    const read = async () => (await stream.next()).value?.payload;
    expect(await read()).toMatchObject({ endpoint: { pattern: '$bus.endpoint.added' } });
    expect(await read()).toMatchObject({ endpoint: { pattern: 'b' } });
    const once = t.bus.subscribe('$bus.endpoint.added', { once: true });
    expect(once.active).toBe(false);
    expect((await once.next()).done).toBe(false);
    expect((await once.next()).done).toBe(true);
    expect(t.errors).toEqual([]);
  });

  it('expires what waits past its deadline', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('a');
    t.bus.publish('a', 1, { timeoutMs: 50 });
    t.bus.publish('a', 2);
    await t.env.advance(60);
    expect(payloads([await stream.next()])).toEqual([2]);
    expect(t.bus.inspect().outcomes.ended.expired).toBe(1);
  });
});
