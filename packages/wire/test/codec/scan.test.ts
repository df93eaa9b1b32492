import { BusError } from '@bus/core';
import { describe, expect, it } from 'vitest';
import type { DecodeLimits } from '../../src/codec/payload-codec.ts';
import { scanMsgpack } from '../../src/codec/scan.ts';

const limits: DecodeLimits = { depth: 32, nodes: 16_384, mapEntries: 4_096 };

/** What the scan says of bytes, and how many of them it read to say so. */
function scanned(bytes: Uint8Array, end: number = bytes.length): { code: string; reads: number } {
  let reads = 0;
  const counted = new Proxy(bytes, {
    get(target, property) {
      if (typeof property === 'string' && /^\d+$/.test(property)) reads++;
      return Reflect.get(target, property, target);
    },
  });
  return { code: codeOf(() => scanMsgpack(counted, 0, end, limits)), reads };
}

function codeOf(run: () => void): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    return BusError.is(error) ? error.code : String(error);
  }
}

function repeated(byte: number, count: number): Uint8Array {
  return new Uint8Array(count).fill(byte);
}

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

function list32(count: number, ...items: Uint8Array[]): Uint8Array {
  const head = Buffer.from([0xdd, 0, 0, 0, 0]);
  head.writeUInt32BE(count, 1);
  return Buffer.concat([head, ...items]);
}

const map16 = (count: number): Uint8Array => {
  const entries = Array.from({ length: count }, (_, i) =>
    Buffer.concat([Buffer.from([0xa4]), Buffer.from(String(1_000 + i)), Buffer.from([0xc0])]),
  );
  return Buffer.concat([Buffer.from([0xde, count >> 8, count & 0xff]), ...entries]);
};

describe('the scan of a payload', () => {
  it.each([
    ['a claim of 4 billion list entries', 'dd ff ff ff ff'],
    ['a claim of 4 billion map entries', 'df ff ff ff ff'],
    ['a claim of 4 GiB of text', 'db ff ff ff ff'],
    ['a claim of 4 GiB of bytes', 'c6 ff ff ff ff'],
    ['a claim of 4 GiB in a key', '81 db ff ff ff ff c0'],
    ['a map of more entries than bytes for both halves', '82 a1 61 c0'],
    ['a time of one byte', 'd4 ff ff'],
    ['a time of two bytes', 'd5 ff 00 00'],
    ['a time of five bytes', 'c7 05 ff 00 00 00 00 00'],
    ['a time that is cut', 'd6 ff 00 00 00'],
    ['undefined of four bytes', 'd6 00 00 00 00 00'],
    ['text that is cut', 'a5 68 65 6c 6c'],
    ['a number that is cut', 'cb 00 00'],
    ['a length that is cut', 'da 00'],
    ['a map without its value', '81 a1 61'],
    ['a map without its key', '92 81 a1'],
    ['a byte after the value', 'c0 c0'],
    ['the token without a meaning', 'c1'],
    ['extension fixext 1', 'd4 01 10'],
    ['extension fixext 16', `d8 01 ${'00'.repeat(16)}`],
    ['extension ext 8', 'c7 01 01 00'],
    ['extension ext 16', 'c8 00 01 01 00'],
    ['extension ext 32', 'c9 00 00 00 01 01 00'],
    ['a clone pointer', 'd6 70 00 00 00 01'],
    ['clones of clones', '92 d6 69 00 00 00 01 90 d6 70 00 00 00 01'],
    ['the definition of a record', '91 d4 72 40 91 a1 61 01'],
    ['a bundle that rewinds', 'a0 a0 d6 62 ff ff ff fc c0 c0'],
    ['a bundle within a list', '91 d6 62 ff ff ff fc'],
    ['a key that is a number', '81 01 02'],
    ['a key that is nil', '81 c0 02'],
    ['a key that is a list', '81 90 02'],
    ['a key that is a bigint extension', '81 c7 08 42 00 00 00 00 00 00 00 01 c0'],
    ['a key of a lone continuation byte', '81 a1 80 c0'],
    ['a key in an overlong form', '81 a2 c0 af c0'],
    ['a key in an overlong form of three bytes', '81 a3 e0 80 80 c0'],
    ['a key in an overlong form of four bytes', '81 a4 f0 80 80 80 c0'],
    ['a key that is half a surrogate pair', '81 a3 ed a0 80 c0'],
    ['a key beyond Unicode', '81 a4 f4 90 80 80 c0'],
    ['a key of a cut character', '81 a3 61 e2 82 c0'],
    ['no bytes', ''],
  ])('refuses %s', (_what, hex) => {
    const payload = bytes(hex);
    const { code, reads } = scanned(payload);
    expect(code).toBe('WIRE_PROTOCOL_ERROR');
    expect(reads).toBeLessThanOrEqual(2 * payload.length + 8);
  });

  it.each([
    ['nil', 'c0'],
    ['a negative number', 'e0'],
    ['a key in a long form', '81 db 00 00 00 01 61 c0'],
    ['a key of every length of character', '81 ab 61 c3 a9 e2 82 ac f0 9f 98 80 62 c0'],
    ['containers within containers', '92 81 a1 61 91 80 90'],
    ['text that is not valid UTF-8, which is no key', 'a1 ff'],
  ])('accepts %s', (_what, hex) => {
    expect(scanned(bytes(hex)).code).toBe('accepted');
  });

  it('reads a token and a length of text and bytes, whatever their size', () => {
    const text = Buffer.concat([bytes('db 00 10 00 00'), repeated(0x61, 2 ** 20)]);
    expect(scanned(text)).toEqual({ code: 'accepted', reads: 5 });
  });

  it('refuses a million empty maps by their count, before it reads the first', () => {
    const { code, reads } = scanned(list32(1_000_000, repeated(0x80, 1_000_000)));
    expect(code).toBe('WIRE_LIMIT_EXCEEDED');
    expect(reads).toBe(5);
  });

  it('refuses a million lists within each other at the first that is too deep', () => {
    const { code, reads } = scanned(repeated(0x91, 1_000_000));
    expect(code).toBe('WIRE_LIMIT_EXCEEDED');
    expect(reads).toBe(33);
  });

  it('refuses many containers that are small each, once they are too many together', () => {
    const list = Buffer.concat([Buffer.from([0x9f]), repeated(0x80, 15)]);
    const { code, reads } = scanned(list32(2_000, ...Array.from({ length: 2_000 }, () => list)));
    expect(code).toBe('WIRE_LIMIT_EXCEEDED');
    expect(reads).toBeLessThan(20_000);
  });

  it('accepts just what each limit allows, and says which it was otherwise', () => {
    const nested = (depth: number): Uint8Array =>
      Buffer.concat([repeated(0x91, depth - 1), Buffer.from([0x90])]);
    const cases = [
      ['depth', nested(32), nested(33)],
      ['nodes', list32(16_383, repeated(1, 16_383)), list32(16_384, repeated(1, 16_384))],
      ['mapEntries', map16(4_096), map16(4_097)],
    ] as const;
    for (const [limit, most, more] of cases) {
      expect(scanned(most).code).toBe('accepted');
      expect(() => scanMsgpack(more, 0, more.length, limits)).toThrow(
        expect.objectContaining({
          code: 'WIRE_LIMIT_EXCEEDED',
          details: { limit, allowed: limits[limit], value: limits[limit] + 1 },
        }),
      );
    }
  });

  it('nests as deep as a limit says that is above its default', () => {
    const deep = Buffer.concat([repeated(0x91, 999), Buffer.from([0x90])]);
    const wide = { ...limits, depth: 1_000 };
    expect(codeOf(() => scanMsgpack(deep, 0, 1_000, wide))).toBe('accepted');
    expect(codeOf(() => scanMsgpack(deep, 0, 1_000, { ...wide, depth: 999 }))).toBe(
      'WIRE_LIMIT_EXCEEDED',
    );
  });

  it('ends where the payload does, though its buffer goes on', () => {
    expect(scanned(bytes('93 01 02 03'), 3).code).toBe('WIRE_PROTOCOL_ERROR');
    expect(scanned(bytes('92 01 02 03'), 3).code).toBe('accepted');
  });

  it('does not look for a key beyond the end, though its buffer goes on', () => {
    const key = Buffer.concat([bytes('81 db 00 01 00 00'), repeated(0x61, 65_536), bytes('c0')]);
    expect(scanned(key).code).toBe('accepted');
    expect(scanned(key, 100)).toEqual({ code: 'WIRE_PROTOCOL_ERROR', reads: 6 });
  });

  it('refuses a map of more entries than bytes for both halves before it reads the first', () => {
    const map = Buffer.concat([bytes('de 10 00'), repeated(0xa0, 4_096)]);
    expect(scanned(map)).toEqual({ code: 'WIRE_PROTOCOL_ERROR', reads: 3 });
  });

  it('is as before after it has refused', () => {
    expect(scanned(bytes('91 91 91 c1')).code).toBe('WIRE_PROTOCOL_ERROR');
    expect(scanned(bytes('91 91 91 c0')).code).toBe('accepted');
  });
});
