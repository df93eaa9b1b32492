import { createRequire } from 'node:module';
import { Packr, Unpackr } from 'msgpackr';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';
import { codeOfCall } from '../support/codes.ts';

const limits = { depth: 32, nodes: 16_384, mapEntries: 4_096 };
const codec = msgpackCodec();

function decode(bytes: Uint8Array): unknown {
  return codec.decode({ buffer: bytes, start: 0, end: bytes.length }, limits);
}

/** Copied as a transport does, since the next encoding may overwrite the bytes. */
function throughWire(payload: unknown): unknown {
  return decode(Uint8Array.from(codec.encode(payload, limits)));
}

afterEach(() => {
  vi.restoreAllMocks();
});

const same: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  127,
  128,
  -1,
  -32,
  -33,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2n ** 53n + 1n,
  2n ** 64n - 1n,
  -(2n ** 63n),
  '',
  'a',
  'x'.repeat(31),
  'x'.repeat(32),
  'x'.repeat(300),
  'é'.repeat(40_000),
  '𝄞 ✓ \u0000',
  [],
  [1, [2, [3]]],
  {},
  { id: '8f14', ts: 1_763_734_719_123, n: 42, s: 'x'.repeat(80) },
  { ключ: { '': [] }, '😀': 1 },
  { constructor: 1, toJSON: 2, hasOwnProperty: 3 },
  new Uint8Array([1, 2, 255]),
  { deep: [new Uint8Array(5_000).fill(7)] },
];

describe('a payload in MessagePack', () => {
  it.each(same.map((payload) => [payload]))('%s arrives as it was', (payload) => {
    expect(throughWire(payload)).toEqual(payload);
  });

  it('has a form of its own for undefined and times, and tags for the rest', () => {
    const hex = (payload: unknown): string =>
      Buffer.from(codec.encode(payload, limits)).toString('hex');
    expect(hex([undefined])).toBe('91d40000');
    expect(hex(new Date(5_000))).toBe('d6ff00000005');
    expect(hex([-0])).toBe('c1920092022d30'.replace('022d30', '02a22d30'));
    expect(hex(new Set([1]))).toBe('c1920901');
  });

  it('never carries bytes of another payload', () => {
    codec.encode('secret'.repeat(100), limits);
    const bytes = Buffer.from(codec.encode(new Float64Array(20), limits));
    expect(bytes.includes('secret')).toBe(false);
    expect(bytes.length).toBe(178);
  });

  it('is encoded in memory that is used again', () => {
    const first = codec.encode({ a: 1 }, limits);
    const again = codec.encode({ a: 2 }, limits);
    expect(again.buffer).toBe(first.buffer);
    expect(again.byteOffset).toBe(first.byteOffset);
  });

  it('keeps a frame in memory for large bytes only', () => {
    const small = Uint8Array.from(codec.encode(new Uint8Array(4_000), limits));
    const large = Uint8Array.from(codec.encode(new Uint8Array(5_000), limits));
    expect((decode(small) as Uint8Array).buffer).not.toBe(small.buffer);
    expect((decode(large) as Uint8Array).buffer).toBe(large.buffer);
  });

  it('is read from where it lies in a frame', () => {
    const payload = { a: ['b', 'x'.repeat(70)] };
    const bytes = codec.encode(payload, limits);
    const buffer = Buffer.concat([Buffer.alloc(500, 0xc1), bytes, Buffer.alloc(500, 0xc1)]);
    const end = 500 + bytes.length;
    expect(codec.decode({ buffer, start: 500, end }, limits)).toEqual(payload);
    expect(codec.decode({ buffer, start: 500, end: 500 }, limits)).toBeUndefined();
  });
});

describe('hostile MessagePack', () => {
  it.each(['__proto__', 'constructor', 'prototype', 'toString'])('cannot pollute by %s', (name) => {
    const key = Buffer.from(name);
    const bytes = Buffer.concat([
      Buffer.from([0x81, 0xa0 | key.length]),
      key,
      Buffer.from([0x81, 0xa8]),
      Buffer.from('polluted'),
      Buffer.from([0xc3]),
    ]);
    const got = decode(bytes) as object;
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
    expect(Object.keys(got)).toEqual([name === '__proto__' ? '__proto_' : name]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect('polluted' in Object.assign({}, got)).toBe(false);
  });

  const nested = (levels: number): Buffer => {
    let laughs = Buffer.from([0x93, 1, 2, 3]);
    for (let id = 1; id <= levels; id++) {
      const pointer = Buffer.from([0xd6, 0x70, 0, 0, 0, id]);
      const marked = Buffer.concat([Buffer.from([0xd6, 0x69, 0, 0, 0, id]), laughs]);
      laughs = Buffer.concat([Buffer.from([0x93]), marked, pointer, pointer]);
    }
    return laughs;
  };

  it.each([
    ['a billion laughs', nested(30)],
    ['a billion laughs and a byte after them', Buffer.concat([nested(30), Buffer.from([0])])],
    [
      'a million bytes of bigint as a key',
      Buffer.concat([
        Buffer.from([0x81, 0xc9, 0, 0x0f, 0x42, 0x40, 0x42]),
        Buffer.alloc(1_000_001, 1),
      ]),
    ],
    ['a bundle that rewinds', Buffer.from('a0a0d662fffffffcc0c0', 'hex')],
    ['records', new Packr({}).pack([{ a: 1 }, { a: 2 }])],
    ['a clone that contains itself', new Packr({ structuredClone: true }).pack(itselfIn())],
    ['a megabyte and a byte after it', Buffer.concat([longList(10_000), Buffer.from([0xc0])])],
    [
      'a million empty maps',
      Buffer.concat([Buffer.from([0xdd, 0, 0x0f, 0x42, 0x40]), Buffer.alloc(1_000_000, 0x80)]),
    ],
    ['more keys than allowed', new Packr({ useRecords: false }).pack(manyKeys(5_000))],
  ])('is refused before it is decoded: %s', (_what, bytes) => {
    const unpack = vi.spyOn(Unpackr.prototype, 'unpack');
    expect(codeOfCall(() => decode(bytes))).toMatch(/^WIRE_(PROTOCOL_ERROR|LIMIT_EXCEEDED)$/);
    expect(unpack).not.toHaveBeenCalled();
    expect(throughWire({ a: 1 })).toEqual({ a: 1 });
    expect(unpack).toHaveBeenCalledOnce();
  });
});

function itselfIn(): object {
  const it: { me?: unknown } = {};
  it.me = it;
  return it;
}

function longList(count: number): Buffer {
  const text = Buffer.from([0xd9, 100, ...Buffer.alloc(100, 0x61)]);
  const head = Buffer.from([0xdc, count >> 8, count & 0xff]);
  return Buffer.concat([head, ...Array.from({ length: count }, () => text)]);
}

function manyKeys(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
}

type SuiteCase = Readonly<Record<string, unknown>> & { readonly msgpack: readonly string[] };
const suite = createRequire(import.meta.url)(
  'msgpack-test-suite/dist/msgpack-test-suite.json',
) as Readonly<Record<string, readonly SuiteCase[]>>;
/** What our profile leaves out. */
const skipped = ['60.ext.yaml'];

function wantedOf(test: SuiteCase): unknown {
  if (typeof test.binary === 'string') return Uint8Array.from(hexBytes(test.binary));
  if (typeof test.bignum === 'string') {
    const big = BigInt(test.bignum);
    return big >= -(2n ** 53n) && big <= 2n ** 53n ? Number(big) : big;
  }
  if (Array.isArray(test.timestamp)) {
    const [seconds, nanoseconds] = test.timestamp as [number, number];
    return new Date(seconds * 1000 + nanoseconds / 1e6);
  }
  const kind = ['nil', 'bool', 'number', 'string', 'array', 'map'].find((name) => name in test);
  if (kind === undefined) throw new Error(`a kind nobody knows: ${Object.keys(test)}`);
  return test[kind];
}

function hexBytes(hex: string): number[] {
  return hex === '' ? [] : hex.split('-').map((byte) => Number.parseInt(byte, 16));
}

describe('the public test suite of MessagePack', () => {
  const groups = Object.entries(suite).filter(([group]) => !skipped.includes(group));
  it.each(groups)('%s decodes to what it says', (_group, tests) => {
    for (const test of tests) {
      const wanted = wantedOf(test);
      for (const hex of test.msgpack) {
        const got = decode(Uint8Array.from(hexBytes(hex)));
        if (typeof wanted === 'bigint') expect(BigInt(got as number)).toBe(wanted);
        // The suite writes the number 0 as -0 in floats too; they compare equal.
        else if (typeof wanted === 'number') expect(got === wanted, hex).toBe(true);
        else expect(got, hex).toEqual(wanted);
      }
    }
  });

  it.each(skipped)(
    '%s is refused, as links have no extensions but undefined and times',
    (group) => {
      for (const test of suite[group] ?? []) {
        for (const hex of test.msgpack) {
          expect(codeOfCall(() => decode(Uint8Array.from(hexBytes(hex))))).toBe(
            'WIRE_PROTOCOL_ERROR',
          );
        }
      }
    },
  );
});
