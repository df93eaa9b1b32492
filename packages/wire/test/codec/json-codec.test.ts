import { afterEach, describe, expect, it, vi } from 'vitest';
import { jsonCodec } from '../../src/codec/json-codec.ts';
import { scanJson } from '../../src/codec/json-scan.ts';
import { codeOfCall } from '../support/codes.ts';

const limits = { depth: 32, nodes: 16_384, mapEntries: 4_096 };
const codec = jsonCodec();

function decode(text: string | Uint8Array): unknown {
  const buffer = Buffer.from(text);
  return codec.decode({ buffer, start: 0, end: buffer.length }, limits);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a payload in JSON', () => {
  it.each([
    [undefined],
    [null],
    [0],
    [-1.5],
    [''],
    ['a "quoted" \\ backslash, {[, brackets and 𝄞'],
    [[]],
    [[[], {}, [1]]],
    [{ a: { '}': ']', '"': '\\' }, b: [true, false, null] }],
    [{ 'half \ud800': '\udc00' }],
  ])('%s arrives as it was, and is plain JSON', (payload) => {
    const bytes = codec.encode(payload, limits);
    expect(Buffer.from(bytes).toString()).toBe(JSON.stringify(payload) ?? '');
    expect(decode(bytes)).toEqual(payload);
  });

  it('has tags where JSON has no form for a value', () => {
    const bytes = codec.encode({ at: new Date(5), list: [-0, new Uint8Array([1, 2])] }, limits);
    expect(Buffer.from(bytes).toString()).toBe(
      '#{"at":[7,5],"list":[0,[2,"-0"],[10,"Uint8Array","AQI="]]}',
    );
  });
});

describe('hostile JSON', () => {
  it.each([
    ['text that is cut', '{"a":'],
    ['a string that is cut', '"abc'],
    ['an escape that is cut', '"abc\\'],
    ['a bracket too many', '[]]'],
    ['two values', '1 2'],
    ['white space alone', '  '],
    ['a byte order mark', '\uFEFF1'],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['half a surrogate pair in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ])('is refused: %s', (_what, text) => {
    expect(codeOfCall(() => decode(text))).toBe('WIRE_PROTOCOL_ERROR');
  });

  const list = (count: number): string =>
    `[${Array.from({ length: count }, () => '1').join(' ,')}]`;
  const map = (count: number): string =>
    `{ ${Array.from({ length: count }, (_, i) => `"${i}" : {}`).join(',')}}`;
  const nested = (depth: number): string => `${'[ '.repeat(depth)}${']'.repeat(depth)}`;

  it.each([
    ['depth', nested(32), nested(33)],
    ['nodes', list(16_383), list(16_384)],
    ['mapEntries', map(4_096), map(4_097)],
  ] as const)('may have just what the limit of %s allows', (limit, most, more) => {
    expect(codeOfCall(() => decode(most))).toBe('no error');
    const parse = vi.spyOn(JSON, 'parse');
    expect(() => decode(more)).toThrow(
      expect.objectContaining({
        code: 'WIRE_LIMIT_EXCEEDED',
        details: { limit, allowed: limits[limit], value: limits[limit] + 1 },
      }),
    );
    expect(parse).not.toHaveBeenCalled();
  });

  it('counts as many values as there are, of all kinds', () => {
    const text = Buffer.from(' [ {"a,[": "}\\"]", "b" : [ ] } , 1 , [ [ 2 ] , null ] , "" ] ');
    const countedAs = (nodes: number): string =>
      codeOfCall(() => scanJson(text, 0, text.length, { ...limits, nodes }));
    expect(countedAs(10)).toBe('no error');
    expect(countedAs(9)).toBe('WIRE_LIMIT_EXCEEDED');
  });

  it('ends a million lists within each other at the first that is too deep', () => {
    let reads = 0;
    const counted = new Proxy(Buffer.alloc(1_000_000, '['), {
      get(target, property) {
        reads++;
        return Reflect.get(target, property, target);
      },
    });
    expect(codeOfCall(() => scanJson(counted, 0, 1_000_000, limits))).toBe('WIRE_LIMIT_EXCEEDED');
    expect(reads).toBe(33);
  });

  it('cannot pollute by __proto__', () => {
    const got = decode('{"__proto__":{"polluted":true}}') as object;
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
    expect(Object.keys(got)).toEqual(['__proto__']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
