import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { BusError } from '@bus/core';
import { answerPayloads, payloadFaults } from '@bus/test-support/payloads';
import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../src/codec/json-codec.ts';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';

const limits = { depth: 128, nodes: 1 << 20, mapEntries: 1 << 17 };

describe.each([[msgpackCodec()], [jsonCodec()]])('a payload in $name', (codec) => {
  function throughWire(payload: unknown): unknown {
    const bytes = Uint8Array.from(codec.encode(payload, limits));
    return codec.decode({ buffer: bytes, start: 0, end: bytes.length }, limits);
  }

  it('arrives as it was, or is refused, as the documentation has it', async () => {
    const handlers = new Map<string, (message: { readonly payload: unknown }) => unknown>();
    answerPayloads({ handle: (topic, handler) => handlers.set(topic, handler) });
    const request = async (topic: string, payload: unknown) =>
      throughWire(handlers.get(topic)?.({ payload: throughWire(payload) }));
    expect(await payloadFaults({ request }, true)).toEqual([]);
  });

  function refusal(payload: unknown): { readonly path: string; readonly reason: string } {
    try {
      codec.encode(payload, limits);
    } catch (error) {
      if (BusError.is(error) && error.code === 'BUS_PAYLOAD_UNSUPPORTED') return error.details;
      throw error;
    }
    throw new Error('it is not refused');
  }

  const inner = `{ list: [1, { a: undefined }], at: new Date(5), none: new Date(NaN),
    map: new Map([['a', new Set([1n])]]), bytes: new Uint8Array([1, 2]), floats: new Float64Array(2),
    buffer: new Uint8Array([1, 2]).buffer, view: new DataView(new ArrayBuffer(2)),
    bare: Object.assign(Object.create(null), { a: 1 }),
    error: Object.assign(new TypeError('no', { cause: new RangeError('why') }), { code: 'E_NO' }) }`;

  it('of another realm arrives as one of this realm', () => {
    const { none, ...there } = throughWire(runInNewContext(`(${inner})`)) as { none: Date };
    const { none: _, ...here } = runInThis() as { none: Date };
    expect(isDeepStrictEqual(there, here)).toBe(true);
    expect(none.getTime()).toBeNaN();
  });

  function runInThis(): unknown {
    return new Function(`return ${inner}`)();
  }

  it.each([
    'new (class Order { id = 1 })()',
    'new (class Orders extends Array {})()',
    'new (class Dates extends Date {})()',
    'new (class Map extends globalThis.Map {})()',
    'new (class TypeError extends Error {})()',
    'new (class { get [Symbol.toStringTag]() { return "Map"; } })()',
    'new (class Buffer extends Uint8Array {})(2)',
    'Object.create({ inherited: 1 })',
    'Object.assign(new Date(5), { zone: "CET" })',
    'Object.assign(new Map(), { size2: 1 })',
    '(function () { return arguments; })(1)',
    'JSON',
    'Promise.resolve()',
    '/a/',
  ])('is refused in this realm and in another: %s', (code) => {
    for (const value of [new Function(`return ${code}`)(), runInNewContext(code)]) {
      expect(refusal({ a: [value] }).path).toBe('a[0]');
    }
  });

  it('that merely looks like one of a class is what it is', () => {
    const tagged = { [Symbol.toStringTag]: 'Map', a: 1 };
    expect(refusal(tagged).path).toBe('');
    expect(refusal(Object.create(Map.prototype)).reason).toContain('an instance of Map');
  });

  it.each<[path: string, payload: unknown]>([
    ['', Symbol('a')],
    ['a', { a: () => 1 }],
    ['items[3].when', { items: [0, 1, 2, { when: /a/ }] }],
    ['["first name"]["0"]', { 'first name': { 0: /a/ } }],
    ['größe.x', { größe: { x: /a/ } }],
    ['[0].get("k").x', [new Map([['k', { x: /a/ }]])]],
    ['get(5)', new Map([[5, /a/]])],
    ['get([object Object]).key', new Map([[{ key: /a/ }, 5]])],
    ['[1]', new Set([1, /a/])],
    ['cause.fn', new Error('a', { cause: { fn() {} } })],
    ['errors[0]', new AggregateError([/a/])],
    [
      '__proto__',
      JSON.parse('{"__proto__":1}', (key, value) => (key === '__proto__' ? /a/ : value)),
    ],
  ])('is refused by its path: %s', (path, payload) => {
    expect(refusal(payload)).toEqual({ path, reason: expect.any(String) });
  });

  it('that throws when it is read is refused with what it threw', () => {
    const thrown = new Error('no');
    const payload = {
      a: {
        get b() {
          throw thrown;
        },
      },
    };
    expect(() => codec.encode(payload, limits)).toThrow(
      expect.objectContaining({
        code: 'BUS_PAYLOAD_UNSUPPORTED',
        details: { path: 'a.b', reason: 'throws when it is read' },
        cause: thrown,
      }),
    );
  });

  it('that contains itself is refused by where, and one that is only deep by its depth', () => {
    const ring: { next?: unknown } = {};
    ring.next = new Map([['ring', [ring]]]);
    expect(refusal({ ring })).toEqual({
      path: 'ring.next.get("ring")[0]',
      reason: expect.stringContaining('contains itself'),
    });
    const twice = { a: 1 };
    expect(throughWire([twice, { twice }])).toEqual([{ a: 1 }, { twice: { a: 1 } }]);
  });

  it('keeps what an error says and not where it was made', () => {
    const error = throughWire(new BusError('SHOP_CLOSED', 'closed', { until: 5 })) as Error;
    expect(error).toBeInstanceOf(BusError);
    expect(error.stack).toBe('BusError: closed');
  });

  it('shows no more of a buffer than its view does', () => {
    const whole = new Uint8Array([1, 2, 3, 4]);
    const part = throughWire(new Uint16Array(whole.buffer, 2, 1)) as Uint16Array;
    expect([part.buffer.byteLength, part[0]]).toEqual([2, 3 + 4 * 256]);
  });
});
