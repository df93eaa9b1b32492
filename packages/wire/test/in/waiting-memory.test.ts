import type { BusMessage } from '@bus/core';
import { definePlugin } from '@bus/core';
import { describe, expect, test } from 'vitest';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';
import { smallMemory } from '../../src/frames/memory.ts';
import { Inbox } from '../../src/in/inbox.ts';
import type { AnsweringLink } from '../../src/in/incoming-request.ts';
import { IncomingRequest } from '../../src/in/incoming-request.ts';
import { blankMessage } from '../../src/in/read-message.ts';
import { ReceivedMessage } from '../../src/in/received-message.ts';
import { ReceivedPayload } from '../../src/in/received-payload.ts';
import { Offer } from '../../src/interest/offer.ts';
import type { LinkContext } from '../../src/link/link-context.ts';
import type { LinkOptions } from '../../src/plugin/options.ts';
import {
  bytesOf,
  frame,
  interest,
  json,
  jsonOf,
  kind,
  messages,
  name,
  plain,
  record,
  type,
  varint,
} from '../support/raw-bytes.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { plainHello } from '../support/raw-peer.ts';
import type { Listening } from '../support/test-bus.ts';
import { listening } from '../support/test-bus.ts';

const one = bytesOf('01');
/** A megabyte of bytes, as a payload. */
const large = Buffer.concat([bytesOf('c6 00100000'), Buffer.alloc(0x100000)]);
const never = (): Promise<void> => new Promise(() => undefined);

interface Watched extends Listening {
  /** The payloads that came in on a topic, in order. */
  on(topic: string): readonly ReceivedPayload[];
  /** The bytes that the payloads on a topic keep in memory. */
  kept(topic: string): readonly number[];
}

async function watched(links: LinkOptions = {}): Promise<Watched> {
  const came: BusMessage[] = [];
  const watcher = definePlugin({
    name: 'payloads',
    setup(host) {
      host.hooks.inbound.tap((message) => {
        came.push(message as BusMessage);
        return message;
      });
      return undefined;
    },
  });
  const made = await listening(links, { plugins: [watcher] });
  const on = (topic: string): readonly ReceivedPayload[] =>
    came
      .filter((message) => message.topic === topic)
      .map(({ encoded }) => encoded as ReceivedPayload);
  const kept = (topic: string): readonly number[] =>
    on(topic).map(({ buffer }) => buffer.buffer.byteLength);
  return { ...made, on, kept };
}

/** What the bus calls the interests it has offered to a peer, by pattern. */
function idsOf(peer: RawPeer): ReadonlyMap<string, number> {
  const offered = peer
    .of(type.offer)
    .flatMap((each) => jsonOf(each) as { pattern: string; id: number }[]);
  return new Map(offered.map(({ pattern, id }) => [pattern, id]));
}

/** A frame with a small event on `slow` for an interest, and a megabyte on `quick`. */
function lopsided(peer: RawPeer, ...small: readonly Uint8Array[]): Buffer {
  const quick = idsOf(peer).get('quick') as number;
  const names = [name(0, 'slow'), name(1, 'quick')];
  return messages(...names, ...small, record(kind.event, plain(quick, 1, large)));
}

describe('a small message that came in one frame with a large one', () => {
  test.each([
    ['in the mailbox of a subscriber', 100],
    ['for room in the mailbox', 1],
  ])('keeps its own bytes alone where it waits %s', async (_where, capacity) => {
    const { bus, env, linked, kept } = await watched();
    bus.subscribe('slow', never, { concurrency: 1, capacity });
    bus.subscribe('quick', () => undefined);
    const peer = await linked('peer');
    const slow = idsOf(peer).get('slow') as number;
    for (let n = 0; n < 6; n++) {
      peer.say(lopsided(peer, record(kind.event, plain(slow, 0, one, n))));
      await env.settle();
    }
    expect(kept('slow').length).toBeGreaterThan(1);
    for (const bytes of kept('slow')) expect(bytes).toBeLessThanOrEqual(smallMemory);
    expect(peer.closed).toBe(false);
  });

  test('keeps them in the order it came, and is read as what was sent', async () => {
    const { bus, env, linked } = await watched();
    const got: unknown[] = [];
    const go: (() => void)[] = [];
    bus.subscribe(
      'slow',
      ({ payload }) => {
        got.push(payload);
        return new Promise<void>((resolve) => go.push(resolve));
      },
      { concurrency: 1, capacity: 2 },
    );
    bus.subscribe('quick', () => undefined);
    const peer = await linked('peer');
    const slow = idsOf(peer).get('slow') as number;
    for (let n = 0; n < 8; n++) {
      const payload = n === 3 ? Buffer.alloc(0) : Buffer.from([n]);
      peer.say(lopsided(peer, record(kind.event, plain(slow, 0, payload, n))));
    }
    for (let n = 0; n < 8; n++) {
      await env.settle();
      go.shift()?.();
    }
    expect(got).toEqual([0, 1, 2, undefined, 4, 5, 6, 7]);
  });

  test('keeps its own bytes alone where one endpoint has read it and another has not', async () => {
    const { bus, env, linked, kept } = await watched();
    const read: unknown[] = [];
    bus.subscribe('slow', ({ payload }) => void read.push(payload));
    bus.subscribe('slow', never, { concurrency: 1 });
    bus.subscribe('quick', () => undefined);
    const peer = await linked('peer');
    const slow = idsOf(peer).get('slow') as number;
    for (let n = 0; n < 3; n++)
      peer.say(lopsided(peer, record(kind.event, plain(slow, 0, one, n))));
    await env.settle();
    expect(read).toEqual([1, 1, 1]);
    for (const bytes of kept('slow')) expect(bytes).toBeLessThanOrEqual(smallMemory);
  });

  test('keeps its own bytes alone where it is repeated for an interest that is slow', async () => {
    const { bus, env, linked, kept } = await watched();
    bus.subscribe('slow', () => undefined);
    bus.subscribe('s*', never, { concurrency: 1, capacity: 1 });
    bus.subscribe('quick', () => undefined);
    const peer = await linked('peer');
    const ids = idsOf(peer);
    for (let n = 0; n < 6; n++) {
      const event = record(kind.event, plain(ids.get('slow') as number, 0, one, n));
      peer.say(lopsided(peer, event, record(kind.also, varint(ids.get('s*') as number))));
      await env.settle();
    }
    expect(kept('slow').length).toBeGreaterThan(6);
    for (const bytes of kept('slow')) expect(bytes).toBeLessThanOrEqual(smallMemory);
  });

  test('keeps its own bytes alone where it waits to leave for another peer', async () => {
    const { bus, env, linked, kept } = await watched();
    bus.subscribe('quick', () => undefined);
    const held = await linked('held');
    held.say(json(type.offer, [interest(1, 'slow')]), frame(type.hold, varint(1)));
    await env.settle();
    const peer = await linked('peer');
    const slow = idsOf(peer).get('slow') as number;
    for (let n = 0; n < 6; n++)
      peer.say(lopsided(peer, record(kind.event, plain(slow, 0, one, n))));
    await env.settle();
    expect(kept('slow')).toHaveLength(6);
    for (const bytes of kept('slow')) expect(bytes).toBeLessThanOrEqual(smallMemory);
    held.say(frame(type.resume, varint(1)));
    await env.settle();
    const relayed = held.records.filter((each) => each.kind === kind.event);
    expect(relayed.map(({ content }) => content.at(-1))).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('keeps its own bytes alone where it is a request that is being answered', async () => {
    const { bus, env, linked, kept } = await watched();
    bus.handle('slow', async ({ payload }) => {
      await never();
      return payload;
    });
    bus.subscribe('quick', () => undefined);
    const peer = await linked('peer');
    const slow = idsOf(peer).get('slow') as number;
    const request = record(kind.request, varint(0), bytesOf('00'), plain(slow, 0, one));
    peer.say(lopsided(peer, request));
    await env.settle();
    expect(kept('slow')).toHaveLength(1);
    for (const bytes of kept('slow')) expect(bytes).toBeLessThanOrEqual(smallMemory);
  });

  test('is not copied where it is handled at once', async () => {
    const { bus, env, linked, on, kept } = await watched();
    bus.subscribe('slow', ({ payload }) => void payload);
    bus.subscribe('quick', () => undefined);
    const peer = await linked('peer');
    const slow = idsOf(peer).get('slow') as number;
    // The kernel has seen then that its handlers return at once.
    for (let n = 0; n < 2; n++) {
      peer.say(lopsided(peer, record(kind.event, plain(slow, 0, one, n))));
      await env.settle();
    }
    expect(kept('slow')[1]).toBeGreaterThan(large.length);
    expect(on('slow')[1]?.buffer).toBe(on('quick')[1]?.buffer);
  });
});

test('a message of most of its frame is not copied where it waits', async () => {
  const { bus, env, linked, on, kept } = await watched();
  bus.subscribe('slow', never, { concurrency: 1 });
  const peer = await linked('peer');
  const slow = idsOf(peer).get('slow') as number;
  for (let n = 0; n < 2; n++) {
    peer.say(messages(name(0, 'slow'), record(kind.event, plain(slow, 0, large, n))));
    await env.settle();
  }
  expect(kept('slow')[1]).toBeGreaterThan(large.length);
  expect(on('slow')[1]?.start).toBeGreaterThan(0);
});

test('an item of a stream keeps its own bytes alone while it waits for its asker', () => {
  const sent: unknown[] = [];
  const link = {
    streams: () => undefined,
    item: (_id: number, value: unknown) => sent.push(value),
  };
  const request = new IncomingRequest(link as unknown as AnsweringLink, 0, true);
  const frameBytes = new Uint8Array(0x100000);
  const reading = { codec: msgpackCodec(), limits: plainHello.limits, failed: () => undefined };
  const items = [7, 8].map((at) => {
    frameBytes[at] = at;
    return new ReceivedPayload(reading, frameBytes, at, at + 1);
  });
  for (const item of items) void request.item?.(item, undefined as never);
  for (const { buffer } of items) {
    expect(buffer.buffer.byteLength).toBeLessThanOrEqual(smallMemory);
  }
  request.took(true);
  expect(sent.map((item) => (item as ReceivedPayload).value())).toEqual([7, 8]);
});

test('a message that waits behind others of its interest keeps its own bytes alone, and so does one that repeats it', () => {
  const host = { receive: () => new Promise(() => undefined) };
  const context = { host, limits: { windowMessages: 9, windowBytes: 9999 } };
  const owner = { isFull: false, accepted: () => undefined, hold: () => undefined };
  const inbox = new Inbox(context as unknown as LinkContext, owner);
  const offers = [1, 2].map((id) => new Offer(id, '', undefined, () => true));
  const reading = { codec: msgpackCodec(), limits: plainHello.limits, failed: () => undefined };
  const bytes = new Uint8Array(0x100000).fill(5);
  for (let n = 0; n < 3; n++) {
    const read = { ...blankMessage(), bytes, start: 7, end: 8, size: 20 };
    let first: ReceivedMessage | undefined;
    for (const offer of offers) {
      const message = new ReceivedMessage(reading, read, 'event', {}, undefined, false, first);
      first ??= message;
      inbox.take(offer, message);
    }
  }
  for (const { waiting = [] } of offers) {
    expect(waiting.map(({ payload }) => payload.value())).toEqual([5, 5]);
    for (const { buffer, payload } of waiting) {
      expect(buffer.buffer.byteLength).toBeLessThanOrEqual(smallMemory);
      expect(payload.buffer.buffer.byteLength).toBeLessThanOrEqual(smallMemory);
    }
  }
});
