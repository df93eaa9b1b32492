import { BusError } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../src/json-codec.ts';
import { msgpackCodec } from '../src/msgpack-codec.ts';
import {
  bytesOf,
  empty,
  interest,
  json,
  jsonOf,
  kind,
  messages,
  name,
  numbers,
  plain,
  record,
  recordsOf,
  type,
  varint,
} from './support/raw-bytes.ts';
import type { RawPeer } from './support/raw-peer.ts';
import { plainHello } from './support/raw-peer.ts';
import { listening } from './support/test-bus.ts';

const one = bytesOf('01');
const tooMuch = 'WIRE_LIMIT_EXCEEDED';
const event = (sequence = 0): Buffer => record(kind.event, plain(1, 0, one, sequence));

/** The limits of a peer, but for some. */
const hello = (limits: Partial<typeof plainHello.limits>): object => ({
  limits: { ...plainHello.limits, ...limits },
});

function recordsTo(peer: RawPeer): readonly number[] {
  return peer.of(type.messages).flatMap((each) => recordsOf(each).map((one) => one.kind));
}

async function codeOf(sent: PromiseLike<unknown>): Promise<string> {
  try {
    await sent;
    return 'sent';
  } catch (error) {
    return BusError.is(error) ? error.code : String(error);
  }
}

describe('a peer', () => {
  it('may have as many messages under way as it has credit, and not one more', async () => {
    const { linked, bus, env } = await listening({ limits: { windowMessages: 4 } });
    bus.subscribe('a', () => new Promise(() => undefined), { concurrency: 1, capacity: 1 });
    const peer = await linked('peer');
    peer.say(messages(name(0, 'a'), event(), event(), event(), event()));
    await env.settle();
    expect(peer.closed).toBe(false);
    let sent = 4;
    for (; !peer.closed && sent < 100; sent++) {
      peer.say(messages(event()));
      await env.settle();
    }
    // One is in hand and one in the mailbox; a window of those that wait is credit again; and four
    // more are under way: the eleventh was one too many.
    expect([sent, peer.byeCode]).toEqual([11, tooMuch]);
  });

  it('may overdraw its bytes by one frame, and no more', async () => {
    const limits = { windowBytes: 100, frameBytes: 4096 };
    const { linked, bus, env } = await listening({ limits });
    bus.subscribe('a', () => new Promise(() => undefined), { concurrency: 1, capacity: 1 });
    const peer = await linked('peer');
    const large = record(
      kind.event,
      plain(1, 0, Buffer.concat([bytesOf('da0f00'), Buffer.alloc(3840)])),
    );
    peer.say(messages(name(0, 'a'), event(), event(), event()), messages(large));
    await env.settle();
    expect(peer.closed).toBe(false);
    peer.say(messages(large));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, tooMuch]);
  });

  it('may have as many unanswered requests as pendingRequests says', async () => {
    const { linked, bus, env, link } = await listening({ limits: { pendingRequests: 3 } });
    bus.handle('a', () => new Promise(() => undefined));
    const peer = await linked('peer');
    const request = (id: number): Buffer => record(kind.request, numbers(id, 0), plain(1, 0, one));
    peer.say(messages(name(0, 'a'), ...[1, 2, 3].map(request)));
    await env.settle();
    expect(link().requests.answering).toBe(3);
    // Those given up count until they have been answered.
    peer.say(messages(record(kind.cancel, varint(1))));
    await env.settle();
    const answered = recordsTo(peer).length;
    for (let id = 4; id < 4 + answered; id++) peer.say(messages(request(id)));
    expect(peer.closed).toBe(false);
    peer.say(messages(request(9)));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, tooMuch]);
  });

  it('may have as many interests as limits.interests says; refused ones count, revoked ones do not', async () => {
    const { linked, env } = await listening({ limits: { interests: 3 } });
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, 'a'), interest(2, '$bus.**'), interest(3, 'c')]));
    peer.say(json(type.offer, [interest(1, 'a', { distance: 2 })]));
    peer.say(Buffer.from([0, 0, 0, 3, type.revoke, 0, 2]));
    peer.say(json(type.offer, [interest(4, 'd')]));
    await env.settle();
    expect(peer.closed).toBe(false);
    peer.say(json(type.offer, [interest(5, 'e')]));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, tooMuch]);
  });

  it('that does not read is closed once outboxBytes wait for it', async () => {
    const { linked, env } = await listening({ limits: { outboxBytes: 600 } });
    const peer = await linked('peer');
    peer.takesMore = false;
    for (let i = 0; i < 99; i++) {
      peer.say(empty(type.ping));
      await env.settle();
    }
    expect(peer.closed).toBe(false);
    peer.say(...Array.from({ length: 20 }, () => empty(type.ping)));
    await env.settle();
    expect(peer.closed).toBe(true);
  });

  it('that comes as one too many is refused, and so are too many that are not linked', async () => {
    const { linked, dial, env } = await listening({
      limits: { connections: 3, pendingConnections: 1 },
    });
    const first = dial();
    const second = dial();
    await env.settle();
    expect([first.closed, second.closed, second.byeCode]).toEqual([false, true, tooMuch]);
    first.events?.closed();
    const peers = [await linked('a'), await linked('b'), await linked('c')];
    const fourth = dial();
    await env.settle();
    expect([fourth.closed, fourth.byeCode]).toEqual([true, tooMuch]);
    expect(peers.map(({ closed }) => closed)).toEqual([false, false, false]);
  });
});

describe('an interest nobody should serve', () => {
  const many = '{a,b}'.repeat(200);

  it.each([
    ['a glob that is refused', 'a/b', 'BUS_PATTERN_INVALID'],
    ['a glob of many braces', many, 'BUS_PATTERN_INVALID'],
    ['a glob of many stars', `${'*a'.repeat(400)}`, 'BUS_PATTERN_INVALID'],
    ['a glob of nested extglobs', `${'+('.repeat(100)}a${')'.repeat(100)}`, 'BUS_PATTERN_INVALID'],
    ['a RegExp no router reads', { source: '(a+)+$', flags: '' }, 'BUS_PATTERN_UNSUPPORTED'],
    [
      'a RegExp of 1,024 characters',
      { source: '(a*)*'.repeat(204), flags: '' },
      'BUS_PATTERN_UNSUPPORTED',
    ],
    ['a RegExp that is none', { source: '(', flags: '' }, 'BUS_PATTERN_INVALID'],
    ['a RegExp with flags nobody knows', { source: 'a', flags: 'xyz' }, 'BUS_PATTERN_INVALID'],
    ['a RegExp with a flag twice', { source: 'a', flags: 'ii' }, 'BUS_PATTERN_INVALID'],
    ['topics of the bus itself', '$bus.**', 'WIRE_FORBIDDEN'],
  ])('is refused with a notice, and the link lives: %s', async (_what, pattern, code) => {
    const { linked, env, bus } = await listening();
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, pattern), interest(2, 'fine')]));
    await env.settle();
    expect(peer.of(type.notice).map((notice) => (jsonOf(notice) as { code: string }).code)).toEqual(
      [code],
    );
    expect(peer.closed).toBe(false);
    await bus.publish('fine', 1);
    await env.settle();
    expect(recordsTo(peer)).toEqual([kind.name, kind.event]);
  });

  it('is refused with a notice where it is within a bad list', async () => {
    const { linked, env } = await listening();
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, 'a.*', { within: ['a/b'] })]));
    await env.settle();
    expect(peer.of(type.notice).map(jsonOf)).toMatchObject([{ code: 'BUS_PATTERN_INVALID' }]);
    expect(peer.closed).toBe(false);
  });

  it('is served where import names topics of the bus', async () => {
    const { linked, env } = await listening({ import: ['$bus.peer.*', '**'] });
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, '$bus.peer.*'), interest(2, '$bus.**')]));
    await linked('another');
    await env.settle();
    const told = peer.of(type.messages).map(({ body }) => body.toString('latin1'));
    expect(told.join()).toContain('$bus.peer.up');
    expect(peer.closed).toBe(false);
  });
});

describe('an honest sender', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
  const keys = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 0]));

  it.each([
    ['deeper than depth', { depth: 4 }, deep(5), deep(4)],
    ['of more values than nodes', { nodes: 10 }, Array(10).fill(0), Array(9).fill(0)],
    [
      'of more values in many places',
      { nodes: 10 },
      [[1, 2, 3], { a: [4, 5, 6] }, 6],
      [[1, 2, 3], { a: [4] }, 6],
    ],
    ['of more fields than mapEntries', { mapEntries: 5 }, keys(6), keys(5)],
    [
      'of more fields in a Map',
      { mapEntries: 5 },
      new Map(Object.entries(keys(6))),
      new Map(Object.entries(keys(5))),
    ],
    ['of more items in a Set', { nodes: 4 }, new Set([1, 2, 3, 4]), new Set([1, 2, 3])],
  ])(
    'is told, and keeps its link, where a payload is %s',
    async (_what, limits, tooLarge, fits) => {
      for (const codecs of [['msgpack'], ['json']]) {
        const { linked, env, bus, errors, link } = await listening();
        const peer = await linked('peer', { codecs, ...hello(limits) });
        peer.say(json(type.offer, [interest(1, 'a'), interest(2, 'ask', { kinds: ['request'] })]));
        await env.settle();
        await bus.publish('a', tooLarge);
        expect(await codeOf(bus.request('ask', tooLarge))).toBe(tooMuch);
        expect(errors.map(({ code }) => code)).toContain(tooMuch);
        expect(recordsTo(peer).filter((each) => each !== kind.name)).toEqual([]);
        await bus.publish('a', fits);
        await env.settle();
        expect(recordsTo(peer).filter((each) => each !== kind.name)).toEqual([kind.event]);
        expect([peer.closed, link().state]).toEqual([false, 'up']);
      }
    },
  );

  it('is told of exactly what its receiver would refuse', () => {
    const limits = { depth: 3, nodes: 8, mapEntries: 3 };
    const payloads = [
      deep(3),
      deep(4),
      Array(7).fill(1),
      Array(8).fill(1),
      keys(3),
      keys(4),
      [[1, 2], keys(3)],
      [[1, 2, 3], keys(3)],
    ];
    for (const codec of [msgpackCodec(), jsonCodec()]) {
      for (const payload of payloads) {
        const encoded = Uint8Array.from(
          codec.encode(payload, { depth: 99, nodes: 99, mapEntries: 99 }),
        );
        const bytes = { buffer: encoded, start: 0, end: encoded.length };
        const wanted = codeOfCall(() => codec.decode(bytes, limits));
        expect([payload, codeOfCall(() => codec.encode(payload, limits))]).toEqual([
          payload,
          wanted,
        ]);
        expect([payload, codeOfCall(() => codec.check?.(bytes, limits))]).toEqual([
          payload,
          wanted,
        ]);
      }
    }
  });

  it('is told at once of a payload that is small here and endless as bytes', () => {
    let reads = 0;
    const counted = (list: unknown[]): unknown[] =>
      new Proxy(list, {
        get(target, property) {
          reads++;
          return Reflect.get(target, property, target);
        },
      });
    let laughs = counted([1, 2]);
    for (let level = 0; level < 18; level++) laughs = counted([laughs, laughs]);
    const limits = { depth: 32, nodes: 1000, mapEntries: 10 };
    expect(codeOfCall(() => msgpackCodec().encode(laughs, limits))).toBe(tooMuch);
    expect(codeOfCall(() => msgpackCodec().encode(new Set([laughs]), limits))).toBe(tooMuch);
    expect(reads).toBeLessThan(20_000);
  });

  it('is told of a payload that contains itself by its own name, whatever the limits', () => {
    const itself: unknown[] = [];
    itself.push([[itself]]);
    const limits = { depth: 5, nodes: 100, mapEntries: 10 };
    expect(() => msgpackCodec().encode(itself, limits)).toThrow('it contains itself');
    expect(() => msgpackCodec().encode(deep(6), limits)).toThrow('limits.depth');
  });

  it.each([
    ['a payload', 'x'.repeat(5000), {}, 'BUS_PAYLOAD_TOO_LARGE'],
    ['a key', 1, { key: 'k'.repeat(5000) }, 'BUS_PAYLOAD_TOO_LARGE'],
    ['a correlation id', 1, { correlationId: 'c'.repeat(5000) }, 'BUS_PAYLOAD_TOO_LARGE'],
    [
      '65 headers',
      1,
      { headers: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`h${i}`, ''])) },
      tooMuch,
    ],
    ['headers of more bytes than the peer takes', 1, { headers: { h: 'ü'.repeat(600) } }, tooMuch],
  ])(
    'is told where the frame or its headers would be too large: %s',
    async (_what, payload, options, code) => {
      const { linked, env, bus, errors } = await listening();
      const peer = await linked('peer', hello({ frameBytes: 6000, headerBytes: 1000 }));
      peer.say(json(type.offer, [interest(1, 'a')]));
      await env.settle();
      await bus.publish('a', payload, options);
      await env.settle();
      expect(errors.map((error) => error.code)).toEqual([code]);
      expect([peer.closed, recordsTo(peer).includes(kind.event)]).toEqual([false, false]);
    },
  );

  it('gives one peer what another one does not take', async () => {
    const { linked, env, bus } = await listening();
    const small = await linked('small', hello({ nodes: 3 }));
    const short = await linked('short', hello({ frameBytes: 2000 }));
    const large = await linked('large');
    for (const peer of [large, small, short]) peer.say(json(type.offer, [interest(1, 'a')]));
    await env.settle();
    await bus.publish('a', Array(100).fill('0123456789'.repeat(3)));
    await env.settle();
    expect([large, small, short].map((peer) => recordsTo(peer).includes(kind.event))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('answers with a failure where its reply, or its error, is more than the asker takes', async () => {
    const { linked, env, bus } = await listening();
    bus.handle('reply', () => deep(9));
    bus.handle('error', () => {
      throw Object.assign(new Error('e'.repeat(9000)), { details: deep(9) });
    });
    bus.handle('stream', async function* () {
      yield 1;
      yield deep(9);
    });
    const peer = await linked('peer', hello({ depth: 4, frameBytes: 6000 }));
    const names = ['reply', 'error', 'stream'].map((topic, slot) => name(slot, topic));
    const requests = [0, 1].map((at) =>
      record(kind.request, numbers(at, 0), plain(at + 1, at, one)),
    );
    peer.say(
      messages(...names, ...requests, record(kind.request, numbers(2, 1), plain(3, 2, one))),
    );
    await env.settle();
    peer.say(messages(record(kind.more, varint(2))));
    await env.settle();
    const answers = peer.of(type.messages).flatMap((each) => recordsOf(each));
    const failures = answers.filter((each) => each.kind === kind.failure);
    expect(failures.map(({ content }) => content.readUInt8(0)).sort()).toEqual([0, 1, 2]);
    expect(failures.filter(({ content }) => content.includes(tooMuch))).toHaveLength(2);
    expect(peer.closed).toBe(false);
  });
});

function codeOfCall(run: () => unknown): string {
  try {
    run();
    return 'fine';
  } catch (error) {
    return BusError.is(error) ? error.code : String(error);
  }
}
