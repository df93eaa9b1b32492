import * as fc from 'fast-check';
import { isNativeAccelerationEnabled, Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';

const limits = { depth: 32, nodes: 1 << 20, mapEntries: 1 << 17 };
const codec = msgpackCodec();

/** As it is read from within a frame: small ones are not read together when they begin a buffer. */
function read(payload: unknown): unknown {
  const bytes = new Packr({ useRecords: false }).pack(payload);
  const frame = new Uint8Array(1000 + bytes.length + 1000).fill(0xa5);
  frame.set(bytes, 1000);
  // Frames lie within memory that is shared with others.
  const within = frame.subarray(500);
  return codec.decode({ buffer: within, start: 500, end: 500 + bytes.length }, limits);
}

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** The same where the payload ends its buffer, as the last of a chunk of a socket does. */
function readAtTheEnd(payload: unknown): unknown {
  const bytes = new Packr({ useRecords: false }).pack(payload);
  const own = new Uint8Array(500 + bytes.length);
  own.set(bytes, 500);
  return codec.decode({ buffer: own, start: 500, end: own.length }, limits);
}

describe('texts that are read together', () => {
  it('are, without an addon', () => {
    expect(isNativeAccelerationEnabled).toBe(true);
  });

  it.each<[what: string, payload: unknown]>([
    ['one after another', times(500, (i) => `text ${i}`)],
    ['keys and values', times(100, (i) => ({ id: i, name: `article ${i}`, [`key ${i}`]: 'x' }))],
    ['empty ones', ['', 'a', '', '', 'b', {}, '']],
    ['with text of two bytes behind ASCII', ['plain', 'straße', 'plain again', 'köln', 'end']],
    ['with text of three and four bytes first', ['日本語', 'plain', '😀', 'plain']],
    [
      'long ones among short ones',
      ['a', 'b'.repeat(65), 'c', 'ä'.repeat(300), 'd', 'e'.repeat(70_000), 'f'],
    ],
    [
      'of 64 characters and one more',
      ['x'.repeat(64), 'y'.repeat(65), 'ä'.repeat(32), 'ä'.repeat(33)],
    ],
    [
      'with numbers of every size between them',
      ['a', 1, -1, 200, 70_000, 5e9, -5e9, 1.5, 'b', -300, -70_000, 'c', null, true, 'd'],
    ],
    [
      'with lists and maps between them',
      [
        'a',
        [],
        times(20, (i) => i),
        'b',
        times(70_000, () => 0),
        'c',
        Object.fromEntries(times(20, (i) => [`k${i}`, i])),
      ],
    ],
    [
      'with bytes between them that look like text',
      [
        'a',
        new Uint8Array(30).fill(0xa3),
        'b',
        new Uint8Array(300).fill(0xd9),
        'c',
        new Uint8Array(70_000),
        'd',
      ],
    ],
    [
      'behind numbers that end as a text begins',
      ['a', 0xd9, 'b', 0x61d9, 'ä'.repeat(20), 0xd9d9, 'x'.repeat(60), 0xa3, 1, 2, 'c'],
    ],
    ['far from each other', ['a', times(50, (i) => i), 'b', times(50, (i) => i), 'c']],
    ['more than are read at once', times(5000, (i) => `a text of some length ${i}`)],
  ])('are what they were: %s', (_what, payload) => {
    expect(read(payload)).toEqual(payload);
  });

  it('are what they were, where what can be read together and what cannot take turns', () => {
    const payload = times(50_000, (i) => (i % 2 === 0 ? 'ä' : times(3, () => 'plain')));
    expect(read(payload)).toEqual(payload);
  });

  it.each([0xd9, 0xda, 0xdb])(
    'are what they were where the last byte of a buffer is %d',
    (last) => {
      const texts = { pad: 'x'.repeat(40), more: 'y'.repeat(40), name: 'hello' };
      const behind = Uint8Array.of(1, 2, last);
      for (const end of [{ n: last }, { n: 0x100 + last }, { behind }, { behind: [last] }]) {
        const payload = { ...texts, ...end };
        expect(readAtTheEnd(payload)).toEqual(payload);
      }
    },
  );

  it('are what they were, whatever is sent', () => {
    const leaf = fc.oneof(
      fc.string({ maxLength: 70 }),
      fc.integer(),
      fc.double({ noNaN: true }).map((n) => n + 0),
    );
    const bytes = fc.uint8Array({ maxLength: 40 });
    const payload = fc.array(
      fc.oneof(leaf, bytes, fc.array(leaf), fc.dictionary(fc.string({ minLength: 1 }), leaf)),
      { minLength: 2, maxLength: 30 },
    );
    const seed = Number(process.env.SEED ?? 20_261_129);
    fc.assert(
      fc.property(payload, (sent) => {
        expect(readAtTheEnd(sent)).toEqual(sent);
        expect(read(sent)).toEqual(sent);
      }),
      { seed, numRuns: 2000 },
    );
  });
});
