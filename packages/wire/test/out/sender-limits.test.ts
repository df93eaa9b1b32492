import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../src/codec/json-codec.ts';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';
import { codeOf, codeOfCall } from '../support/codes.ts';
import {
  bytesOf,
  interest,
  json,
  kind,
  messages,
  name,
  numbers,
  plain,
  record,
  type,
  varint,
} from '../support/raw-bytes.ts';
import { plainHello } from '../support/raw-peer.ts';
import { listening } from '../support/test-bus.ts';

const one = bytesOf('01');
const tooMuch = 'WIRE_LIMIT_EXCEEDED';

/** The limits of a peer, but for some. */
const hello = (limits: Partial<typeof plainHello.limits>): object => ({
  limits: { ...plainHello.limits, ...limits },
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
      'of more entries in a Map',
      { nodes: 6 },
      new Map([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    ['of more items in a Set', { nodes: 5 }, new Set([1, 2, 3, 4]), new Set([1, 2, 3])],
  ])(
    'is told, and keeps its link, where a payload is %s',
    async (_what, limits, tooLarge, fits) => {
      for (const codecs of [['msgpack'], ['json']]) {
        const { linked, env, bus, errors, link } = await listening();
        const peer = await linked('peer', { codecs, ...hello(limits) });
        peer.say(json(type.offer, [interest(1, 'a'), interest(2, 'ask', { kinds: ['request'] })]));
        await env.settle();
        expect(await codeOf(bus.publish('a', tooLarge))).toBe(tooMuch);
        expect(await codeOf(bus.request('ask', tooLarge))).toBe(tooMuch);
        expect(errors.map(({ code }) => code)).toContain(tooMuch);
        expect(peer.kinds.filter((each) => each !== kind.name)).toEqual([]);
        await bus.publish('a', fits);
        await env.settle();
        expect(peer.kinds.filter((each) => each !== kind.name)).toEqual([kind.event]);
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
      expect(await codeOf(bus.publish('a', payload, options))).toBe(code);
      await env.settle();
      expect(errors.map((error) => error.code)).toEqual([code]);
      expect([peer.closed, peer.kinds.includes(kind.event)]).toEqual([false, false]);
    },
  );

  it('gives one peer what another one does not take', async () => {
    const { linked, env, bus } = await listening();
    const small = await linked('small', hello({ nodes: 4 }));
    const short = await linked('short', hello({ frameBytes: 2000 }));
    const large = await linked('large');
    for (const peer of [large, small, short]) peer.say(json(type.offer, [interest(1, 'a')]));
    await env.settle();
    const refusal = await codeOf(bus.publish('a', Array(100).fill('0123456789'.repeat(3))));
    expect(refusal).toBe(tooMuch);
    await env.settle();
    expect([large, small, short].map((peer) => peer.kinds.includes(kind.event))).toEqual([
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
    const failures = peer.records.filter((each) => each.kind === kind.failure);
    expect(failures.map(({ content }) => content.readUInt8(0)).sort()).toEqual([0, 1, 2]);
    expect(failures.filter(({ content }) => content.includes(tooMuch))).toHaveLength(2);
    expect(peer.closed).toBe(false);
  });
});
