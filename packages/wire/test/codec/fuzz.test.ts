import { inspect, isDeepStrictEqual } from 'node:util';
import { BusError } from '@bus/core';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../src/codec/json-codec.ts';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';
import type { DecodeLimits, PayloadCodec } from '../../src/codec/payload-codec.ts';
import { hostileFrames, numbersFrom, payloads } from '../support/fuzz-corpus.ts';
import { referenceDecode, refused } from '../support/fuzz-reference.ts';

const given = Number(process.env.SEED);
const seed = Number.isInteger(given) && given !== 0 ? given : 20_261_121;
const replay = `SEED=${seed} npx vitest run --project wire fuzz`;

/** Small, so that the corpus goes past each of them. */
const limits: DecodeLimits = { depth: 6, nodes: 100, mapEntries: 30 };
const codes = new Set(['WIRE_PROTOCOL_ERROR', 'WIRE_LIMIT_EXCEEDED']);

/** What a payload with tags begins with, of which the reference knows nothing. */
const tagsFollow = 0xc1;

/** What a codec makes of bytes that lie in the middle of others. */
function decoded(codec: PayloadCodec, bytes: Uint8Array): unknown {
  const buffer = Buffer.concat([Buffer.alloc(3, 0xff), bytes, Buffer.alloc(200, 0x01)]);
  try {
    return codec.decode({ buffer, start: 3, end: 3 + bytes.length }, limits);
  } catch (error) {
    if (BusError.is(error) && codes.has(error.code)) return refused;
    throw error;
  }
}

function checked(codec: PayloadCodec, bytes: Uint8Array): boolean {
  try {
    codec.check?.({ buffer: bytes, start: 0, end: bytes.length }, limits);
    return true;
  } catch {
    return false;
  }
}

function expectAgreement(bytes: Uint8Array, which: string): boolean {
  const wanted = referenceDecode(bytes, limits);
  const got = decoded(msgpackCodec(), bytes);
  // Times that are none are not equal to themselves.
  const isSame = isDeepStrictEqual(got, wanted) || inspect(got) === inspect(wanted);
  if (isSame) return wanted !== refused;
  const hex = Buffer.from(bytes).toString('hex');
  throw new Error(`${replay}: ${which} ${hex}: ${String(got)} instead of ${String(wanted)}`);
}

describe('hostile frames', () => {
  it('decode to what the reference says, or are refused where it refuses', () => {
    let accepted = 0;
    let number = 0;
    for (const frame of hostileFrames(seed, 12_000)) {
      if (frame[0] === tagsFollow) continue;
      if (expectAgreement(frame, `frame ${number++}`)) accepted++;
    }
    expect(accepted, replay).toBeGreaterThan(1_000);
    expect(accepted, replay).toBeLessThan(11_000);
  });

  it('are refused where a valid one is cut at any byte', () => {
    const packr = new Packr({ useRecords: false });
    for (const payload of payloads) {
      const whole = Buffer.from(packr.pack(payload));
      for (let end = 1; end < whole.length; end++) {
        expect(decoded(msgpackCodec(), whole.subarray(0, end))).toBe(refused);
      }
    }
  });

  it.each([[msgpackCodec()], [jsonCodec()]])(
    'with tags that are changed are read or refused, and a hub that checks them says the same',
    (codec) => {
      const random = numbersFrom(seed);
      const below = (limit: number): number => Math.floor(random() * limit);
      const valid = [
        new Map<unknown, unknown>([
          ['a', -0],
          [{ b: 1 }, new Set([1n, -(2n ** 70n)])],
        ]),
        { at: new Date(Number.NaN), url: new URL('https://a.example/b'), half: 'a\ud800' },
        [new Error('a', { cause: new BusError('X', 'y', { z: 1 }) }), new AggregateError([], 'b')],
        [Object.assign(Object.create(null), { a: new Float64Array(2) }), Buffer.from('bytes')],
      ].map((payload) => Uint8Array.from(codec.encode(payload, limits)));
      let read = 0;
      for (let i = 0; i < 8_000; i++) {
        const frame = Uint8Array.from(valid[i % valid.length] as Uint8Array);
        for (let change = below(3); change >= 0; change--) {
          const at = 1 + below(frame.length - 1);
          frame[at] = random() < 0.5 ? below(14) : below(256);
        }
        const isRead = decoded(codec, frame) !== refused;
        if (isRead) read++;
        expect([i, checked(codec, frame)]).toEqual([i, isRead]);
      }
      expect(read, replay).toBeGreaterThan(100);
      expect(read, replay).toBeLessThan(7_500);
    },
  );

  it('of JSON decode to what JSON.parse says, or are refused', () => {
    const random = numbersFrom(seed);
    const telling = '{}[],:"\\ 1e-.tnfu';
    const texts = payloads.slice(9, 14).map((payload) => JSON.stringify(payload));
    for (let i = 0; i < 6_000; i++) {
      const chars = [...(texts[i % texts.length] as string)];
      for (let change = Math.floor(random() * 4); change > 0; change--) {
        const char = telling[Math.floor(random() * telling.length)] as string;
        chars.splice(Math.floor(random() * chars.length), Math.floor(random() * 3), char);
      }
      const got = decoded(jsonCodec(), Buffer.from(chars.join('')));
      if (got === refused) continue;
      const same = isDeepStrictEqual(got, JSON.parse(chars.join('')));
      expect(same, `${replay}: text ${i} ${chars.join('')}`).toBe(true);
    }
  });
});
