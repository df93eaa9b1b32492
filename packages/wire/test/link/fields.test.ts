import type { Message } from '@bus/core';
import { describe, expect, test } from 'vitest';
import { jsonCodec } from '../../src/codec/json-codec.ts';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';
import type { PayloadCodec } from '../../src/codec/payload-codec.ts';
import { linksOf, pair, star } from '../support/buses.ts';

/** A codec that counts what it is asked to do. */
function counting(name: string, inner: PayloadCodec = jsonCodec()) {
  const counts = { encoded: 0, decoded: 0 };
  const codec: PayloadCodec = {
    name,
    encode(...args: Parameters<PayloadCodec['encode']>) {
      counts.encoded++;
      return inner.encode(...args);
    },
    decode(...args: Parameters<PayloadCodec['decode']>) {
      counts.decoded++;
      return inner.decode(...args);
    },
  };
  return { counts, codec };
}

describe('the fields of a message', () => {
  test('all arrive as they were sent', async () => {
    const two = await pair();
    const got: Message[] = [];
    two.right.subscribe('a.b', (message) => void got.push(message));
    let sent: Message | undefined;
    two.left.subscribe('a.b', (message) => {
      sent = message;
    });
    await two.settle();
    await two.left.publish(
      'a.b',
      { n: 1 },
      {
        priority: 'high',
        key: 'k',
        headers: { trace: 'abc', ünicode: '☃' },
        correlationId: 'c-1',
        timeoutMs: 1000,
      },
    );
    await two.settle();
    const { id, time, attempt } = sent as Message;
    expect(got[0]).toMatchObject({
      id,
      time,
      attempt,
      kind: 'event',
      topic: 'a.b',
      payload: { n: 1 },
      priority: 'high',
      key: 'k',
      correlationId: 'c-1',
      source: 'left',
      hops: 1,
    });
    expect({ ...got[0]?.headers }).toEqual({ trace: 'abc', ünicode: '☃' });
    expect((got[0]?.deadline as number) - two.env.now()).toBeGreaterThan(900);
  });

  test('a plain message keeps its id and its time', async () => {
    const two = await pair();
    const got: Message[] = [];
    for (const bus of [two.left, two.right])
      bus.subscribe('a', (message) => void got.push(message));
    await two.settle();
    await two.left.publish('a', 1);
    await two.settle();
    const [here, there] = got;
    expect(there?.id).toBe(here?.id);
    expect(there?.time).toBe(here?.time);
    expect(there?.priority).toBe('normal');
  });

  test('an own time is kept by a message that waited before it was sent', async () => {
    const two = await pair();
    const got: Message[] = [];
    two.right.subscribe('a', (message) => void got.push(message));
    await two.settle();
    two.link.isStalled = true;
    await two.left.publish('a', 1);
    await two.settle();
    const second = two.left.publish('a', 2);
    const sentAt = two.env.wall();
    await two.env.advance(1000);
    two.link.flow();
    await two.settle();
    await second;
    expect(Math.abs((got[1]?.time as number) - sentAt)).toBeLessThanOrEqual(1);
  });

  test('the source is the peer for a listener, and what a trusted peer says for who connects', async () => {
    const { buses, hub, leaf } = await star({ one: {}, two: {}, three: { trusted: false } });
    const sources: string[] = [];
    hub.subscribe('a', ({ source }) => void sources.push(`hub: ${source}`));
    for (const id of ['two', 'three']) {
      leaf(id).subscribe('a', ({ source, hops }) => void sources.push(`${id}: ${source} ${hops}`));
    }
    await buses.settle();
    await leaf('one').publish('a', 1);
    await buses.settle();
    expect(sources.sort()).toEqual(['hub: one', 'three: hub 2', 'two: one 2']);
  });
});

describe('payloads', () => {
  test('are encoded once for all links of a listener, and all interests of a link', async () => {
    const { counts, codec } = counting('counted');
    const leaves = Object.fromEntries(['one', 'two', 'three'].map((id) => [id, { codec }]));
    const { buses, hub, leaf } = await star(leaves, { codec });
    const got: unknown[] = [];
    for (const id of ['one', 'two', 'three']) {
      leaf(id).subscribe('a.b', ({ payload }) => void got.push(payload));
      leaf(id).subscribe('a.*', ({ payload }) => void got.push(payload));
    }
    await buses.settle();
    await hub.publish('a.b', { n: 1 });
    await buses.settle();
    expect(got).toHaveLength(6);
    expect(counts.encoded).toBe(1);
  });

  test('pass a hub as they are, without being decoded there', async () => {
    const ends = counting('counted');
    const middle = counting('counted');
    const { codec } = ends;
    const { buses, leaf } = await star({ one: { codec }, two: { codec } }, { codec: middle.codec });
    const got: unknown[] = [];
    leaf('two').subscribe('a', ({ payload }) => void got.push(payload));
    leaf('two').handle('q', ({ payload }) => payload);
    await buses.settle();
    await leaf('one').publish('a', { n: 1 });
    await buses.settle();
    expect(await buses.run(leaf('one').request('q', [2]))).toEqual([2]);
    expect(got).toEqual([{ n: 1 }]);
    expect(middle.counts).toEqual({ encoded: 0, decoded: 0 });
  });

  test('are decoded by the first handler that reads one, once, and never if none does', async () => {
    const { counts, codec } = counting('counted');
    const two = await pair({ codec }, { codec });
    const read: unknown[] = [];
    two.right.subscribe('read', ({ payload }) => void read.push(payload));
    two.right.subscribe('read', ({ payload }) => void read.push(payload));
    two.right.subscribe('unread', ({ topic }) => void read.push(topic));
    await two.settle();
    await two.left.publish('unread', { n: 1 });
    await two.settle();
    expect(counts.decoded).toBe(0);
    await two.left.publish('read', { n: 2 });
    await two.settle();
    expect(read).toEqual(['unread', { n: 2 }, { n: 2 }]);
    expect(counts.decoded).toBe(1);
  });

  test('are encoded anew by a hub whose links have two codecs', async () => {
    const { buses, hub, leaf } = await star(
      { one: { codec: msgpackCodec() }, two: { codec: jsonCodec() } },
      { codec: [msgpackCodec(), jsonCodec()] },
    );
    const got: unknown[] = [];
    leaf('two').subscribe('a', ({ payload }) => void got.push(payload));
    leaf('two').handle('q', ({ payload }) => ({ was: payload }));
    await buses.settle();
    expect(
      linksOf(hub)
        .map(({ codec }) => codec)
        .sort(),
    ).toEqual(['json', 'msgpack']);
    await leaf('one').publish('a', { n: [1, 'zwei'] });
    await buses.settle();
    expect(got).toEqual([{ n: [1, 'zwei'] }]);
    expect(await buses.run(leaf('one').request('q', 3))).toEqual({ was: 3 });
  });

  test('of undefined arrive as undefined', async () => {
    const two = await pair();
    const got: unknown[] = [];
    two.right.subscribe('a', ({ payload }) => void got.push(payload));
    two.right.handle('q', () => undefined);
    await two.settle();
    await two.left.publish('a', undefined);
    await two.settle();
    expect(got).toEqual([undefined]);
    expect(await two.run(two.left.request('q', undefined))).toBeUndefined();
  });

  test('that the codec refuses are refused to who sends them, and the link lives', async () => {
    const two = await pair();
    const got: unknown[] = [];
    two.right.subscribe('a', ({ payload }) => void got.push(payload));
    await two.settle();
    await two.left.publish('a', () => undefined).catch(() => undefined);
    await two.left.publish('a', 2);
    await two.settle();
    expect(got).toEqual([2]);
    expect(linksOf(two.left)[0]?.state).toBe('up');
    expect(two.left.inspect().outcomes.ended.rejected).toBe(1);
  });
});
