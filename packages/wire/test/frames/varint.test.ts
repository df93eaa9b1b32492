import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/frames/byte-reader.ts';
import { longestVarint, writeVarint } from '../../src/frames/varint.ts';
import { bytesOf, varint } from '../support/raw-bytes.ts';

function readerOf(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader();
  reader.open(bytes, 0, bytes.length);
  return reader;
}

describe('a varint', () => {
  it('of any number below 2^53 is written as the page says, and read back', () => {
    const numbers = fc.oneof(
      fc.maxSafeNat(),
      fc.nat(300),
      fc.nat(2 ** 31 - 1),
      fc.bigInt(0n, 52n).map((bits) => 2 ** Number(bits)),
    );
    fc.assert(
      fc.property(numbers, (value) => {
        const bytes = new Uint8Array(longestVarint + 2);
        const end = writeVarint(bytes, 1, value);
        expect(Buffer.from(bytes.subarray(1, end))).toEqual(varint(value));
        const reader = readerOf(bytes.subarray(1, end));
        expect(reader.varint()).toBe(value);
        reader.done();
      }),
      { seed: 20_261_121 },
    );
  });

  it.each([
    ['of nine bytes', 'ffffffffffffffff01'],
    ['above 2^53', 'ffffffffffffff7f'],
    ['that is cut', 'ff'],
    ['that is not there', ''],
  ])('%s is refused', (_what, hex) => {
    expect(() => readerOf(bytesOf(hex)).varint()).toThrow('the peer broke the protocol');
  });

  it('may be longer than it must', () => {
    expect(readerOf(bytesOf('858000')).varint()).toBe(5);
  });
});

describe('a text', () => {
  it.each([
    ['longer than what is left', '0561'],
    ['not UTF-8', '02c328'],
    ['half a surrogate pair', '03eda080'],
    ['an overlong form', '02c080'],
  ])('that is %s is refused', (_what, hex) => {
    expect(() => readerOf(bytesOf(hex)).text()).toThrow('the peer broke the protocol');
  });

  it('keeps a byte order mark', () => {
    expect(readerOf(bytesOf('04efbbbf61')).text()).toBe('\uFEFFa');
  });
});
