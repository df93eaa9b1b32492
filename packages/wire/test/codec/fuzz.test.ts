import { isDeepStrictEqual } from 'node:util';
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

function expectAgreement(bytes: Uint8Array, which: string): boolean {
  const wanted = referenceDecode(bytes, limits);
  const got = decoded(msgpackCodec(), bytes);
  if (isDeepStrictEqual(got, wanted)) return wanted !== refused;
  const hex = Buffer.from(bytes).toString('hex');
  throw new Error(`${replay}: ${which} ${hex}: ${String(got)} instead of ${String(wanted)}`);
}

describe('hostile frames', () => {
  it('decode to what the reference says, or are refused where it refuses', () => {
    let accepted = 0;
    let number = 0;
    for (const frame of hostileFrames(seed, 12_000)) {
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
