import { inspect, isDeepStrictEqual } from 'node:util';
import vm from 'node:vm';
import { BusError } from '@bus/core';
import { expect, it } from 'vitest';
import { jsonCodec } from '../../src/codec/json-codec.ts';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';

const limits = { depth: 128, nodes: 1 << 20, mapEntries: 1 << 17 };
const proto = JSON.parse('{"__proto__":{"a":1},"b":2}');
const values: Record<string, unknown> = {
  undef: [undefined, { a: undefined }],
  nan: [NaN, Infinity, -Infinity],
  neg0: [-0, { a: -0 }],
  root0: -0,
  big: [5n, -5n, 2n ** 53n, -(2n ** 200n), 0n],
  date: [
    new Date(5),
    new Date(-1),
    new Date(-123456789012),
    new Date(8.64e15),
    new Date(-8.64e15),
    new Date(1_763_734_719_123),
    new Date(1e12),
  ],
  map: new Map<unknown, unknown>([
    ['a', 1],
    [{ x: 1 }, new Map()],
    [NaN, new Set([1, new Date(3)])],
  ]),
  err: Object.assign(new TypeError('no', { cause: new RangeError('c') }), { code: 'E' }),
  agg: new AggregateError([new Error('a')], 'both'),
  bus: new BusError('X', 'm', { a: 1 }, { cause: 5 }),
  typed: [
    new Uint8Array([1]),
    new Float64Array([1.5, -0]),
    new BigInt64Array([5n]),
    new Uint8ClampedArray([255]),
    new Uint8Array([1, 2, 3]).buffer,
    new DataView(new Uint8Array([1, 2, 3]).buffer, 1),
    Buffer.from('abc'),
  ],
  nullproto: Object.assign(Object.create(null), { a: 1 }),
  proto,
  lone: ['a\ud800', { '\udc00': 1 }, '\uFEFF' + 'x'.repeat(100)],
  url: new URL('https://a.b/c?d#e'),
  ctor: { constructor: { a: new Map() }, toJSON: 2, hasOwnProperty: new Set() },
  ints: [2 ** 53, 2 ** 53 + 2, -(2 ** 53), 1e300, 5e-324],
};
for (const codec of [msgpackCodec(), jsonCodec()])
  for (const [n, v] of Object.entries(values))
    it(`${codec.name} ${n}`, () => {
      const bytes = Uint8Array.from(codec.encode(v, limits));
      const got = codec.decode({ buffer: bytes, start: 0, end: bytes.length }, limits);
      if (!isDeepStrictEqual(got, v)) console.log(inspect(got), inspect(v));
      expect(isDeepStrictEqual(got, v)).toBe(true);
    });
