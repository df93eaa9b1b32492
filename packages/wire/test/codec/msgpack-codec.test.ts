import { createRequire } from 'node:module';
import { isNativeAccelerationEnabled, Packr, Unpackr } from 'msgpackr';
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

class Money {
  readonly cents = 5;
  describe(): string {
    return `${this.cents}`;
  }
}

class Named {
  toJSON(): object {
    return { named: new Date(7) };
  }
}

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

  it.each([
    ['a Date', new Date(1_763_734_719_123), 1_763_734_719_123],
    ['an invalid Date', new Date(Number.NaN), null],
    ['a Set', new Set([1, new Set(['a'])]), [1, ['a']]],
    ['a Map', new Map<string, unknown>([['a', new Map([['b', 1]])]]), { a: { b: 1 } }],
    ['a Map with a key __proto__', new Map([['__proto__', { x: 1 }]]), { __proto_: { x: 1 } }],
    ['a small bigint', 5n, 5],
    ['minus zero', -0, 0],
    ['undefined inside', [undefined, { a: undefined }], [null, { a: null }]],
    ['floats', new Float64Array([1.5]), new Uint8Array([0, 0, 0, 0, 0, 0, 0xf8, 0x3f])],
    ['part of a buffer', new DataView(new Uint8Array([1, 2, 3]).buffer, 1), new Uint8Array([2, 3])],
    ['an ArrayBuffer', new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2])],
    ['an Error', new TypeError('no'), { name: 'TypeError', message: 'no' }],
    [
      'an Error with a code',
      Object.assign(new Error('no'), { code: 'ENOENT' }),
      { name: 'Error', message: 'no', code: 'ENOENT' },
    ],
    ['an instance', new Money(), { cents: 5 }],
    ['what has toJSON', [new Named()], [{ named: 7 }]],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['half a surrogate pair in a key', { 'a\ud800': 1 }, { 'a\ufffd': 1 }],
  ])('%s arrives as documented', (_what, payload, arrives) => {
    expect(throughWire({ a: payload, b: 1 })).toEqual({ a: arrives, b: 1 });
    if (payload !== undefined) expect(throughWire(payload)).toEqual(arrives);
  });

  const itself: { inner: unknown[]; me?: unknown } = { inner: [] };
  itself.inner.push(itself);
  const ring = new Set<unknown>();
  ring.add([ring]);

  it.each([
    ['contains itself', itself],
    ['contains itself by way of a Set', ring],
    ['holds a function', { a: [() => 1] }],
    ['is a function', () => 1],
    ['holds a symbol', { a: Symbol('a') }],
    ['holds a Map with keys that are no strings', new Map([[1, 2]])],
    ['holds a bigint of more than 64 bits', { a: 2n ** 64n }],
    ['holds a negative bigint of more than 64 bits', -(2n ** 63n) - 1n],
    [
      'throws when it is read',
      {
        get a() {
          throw new Error('no');
        },
      },
    ],
  ])('that %s is refused, and the next one is not', (_what, payload) => {
    expect(codeOfCall(() => codec.encode(payload, limits))).toBe('WIRE_PROTOCOL_ERROR');
    expect(throughWire({ a: 1 })).toEqual({ a: 1 });
  });

  it('that contains itself is refused by its depth, not when the stack is full', () => {
    expect(() => codec.encode(itself, limits)).toThrow(
      'it contains itself, or nests deeper than 1000',
    );
  });

  it('never carries bytes of another payload', () => {
    codec.encode('secret'.repeat(100), limits);
    const bytes = Buffer.from(codec.encode(new Float64Array(20), limits));
    expect(bytes.includes('secret')).toBe(false);
    expect(bytes.length).toBe(162);
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

  it.runIf(isNativeAccelerationEnabled)('keeps a byte order mark of long text', () => {
    expect(throughWire(`\uFEFF${'x'.repeat(80)}`)).toBe(`\uFEFF${'x'.repeat(80)}`);
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
const skipped = ['50.timestamp.yaml', '60.ext.yaml'];

function wantedOf(test: SuiteCase): unknown {
  if (typeof test.binary === 'string') return Uint8Array.from(hexBytes(test.binary));
  if (typeof test.bignum === 'string') {
    const big = BigInt(test.bignum);
    return big >= -(2n ** 53n) && big <= 2n ** 53n ? Number(big) : big;
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

  it.each(skipped)('%s is refused, as links have no extensions', (group) => {
    for (const test of suite[group] ?? []) {
      for (const hex of test.msgpack) {
        expect(codeOfCall(() => decode(Uint8Array.from(hexBytes(hex))))).toBe(
          'WIRE_PROTOCOL_ERROR',
        );
      }
    }
  });
});
