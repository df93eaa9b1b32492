import { BusError } from '@bus/core';
// This entry loads the native addon in Node where that is installed, for a few milliseconds at the
// start: without it an object of 100 bytes within a frame took 1.6 times as long to decode, one of 50
// bytes 0.8 times. Browsers get an entry without.
import { Packr, RESET_BUFFER_MODE, Unpackr } from 'msgpackr';
import { malformedPayload, notEncodable } from '../errors.ts';
import { noBytes } from '../frames/memory.ts';
import type { DecodeLimits, PayloadBytes, PayloadCodec } from './payload-codec.ts';
import { isPlain, toPlain } from './plain-payload.ts';
import { scanMsgpack } from './scan.ts';

/** Bytes values in payloads shorter than this are copied, so as not to keep their frame in memory. */
const copiedBelow = 4_096;

/**
 * No records, no references, no extensions in either direction: what a peer sends never says how to
 * read what comes after it.
 */
const shared = {
  useRecords: false,
  structuredClone: false,
  moreTypes: false,
  mapsAsObjects: true,
  useToJSON: false,
  encodeUndefinedAsNil: true,
  // 'auto' is missing in the types: a number where that is exact, a bigint where it is not.
  int64AsType: 'auto' as 'bigint',
} as const;

/**
 * The codec links use unless told otherwise: MessagePack without extensions.
 *
 * Round trip as they are: null, booleans, numbers, strings, `Uint8Array`, arrays, plain objects,
 * and bigints beyond 2^53 that fit 64 bits; a smaller bigint arrives as a number, -0 as 0. A
 * payload of undefined is no bytes and arrives as undefined; undefined inside of one arrives as
 * null. On the way out a Date becomes milliseconds, a Set an array, a Map with string keys an
 * object, an Error `{ name, message, code? }`, an ArrayBuffer or a view of one its bytes, a class
 * instance what its `toJSON` says or its own fields. Half a surrogate pair arrives as U+FFFD, and a
 * key `__proto__` as `__proto_`. Without msgpackr's native addon, as in browsers, a string of more
 * than 64 bytes loses a byte order mark at its start.
 *
 * Encoded bytes last until the next encoding of any codec. Decoded `Uint8Array`s lie in the received
 * bytes where the payload has 4 KiB or more.
 * @example
 * ```ts
 * transportIpc({ path: '/run/shop.sock' }, { codec: msgpackCodec() }); // and no JSON
 * ```
 */
export function msgpackCodec(): PayloadCodec {
  const packr = new Packr({ ...shared, writeFunction: refuseFunction });
  const aliasing = new Unpackr({ ...shared });
  const copying = new Unpackr({ ...shared, copyBuffers: true });
  const range = { start: 0, end: 0 };
  return {
    name: 'msgpack',
    encode: (payload, limits) => encode(packr, payload, limits),
    decode(bytes: PayloadBytes, limits: DecodeLimits): unknown {
      const { buffer, start, end } = bytes;
      if (start === end) return undefined;
      scanMsgpack(buffer, start, end, limits);
      range.start = start;
      range.end = end;
      const unpackr = end - start < copiedBelow ? copying : aliasing;
      try {
        return unpackr.unpack(buffer, range);
      } catch (cause) {
        throw malformedPayload('it cannot be decoded', cause);
      }
    },
    check({ buffer, start, end }: PayloadBytes, limits: DecodeLimits): void {
      if (start !== end) scanMsgpack(buffer, start, end, limits);
    },
  };
}

function encode(packr: Packr, payload: unknown, limits: DecodeLimits): Uint8Array {
  if (payload === undefined) return noBytes;
  try {
    const plain = isPlain(payload, limits) ? payload : toPlain(payload, limits);
    return packr.pack(plain, RESET_BUFFER_MODE);
  } catch (cause) {
    if (BusError.is(cause)) throw cause;
    const why =
      cause instanceof RangeError
        ? 'it holds a bigint of more than 64 bits, or the stack is full'
        : 'see the cause';
    throw notEncodable(why, cause);
  }
}

/** Reached by a function that came up between the look at the payload and its encoding. */
function refuseFunction(): never {
  throw notEncodable('it holds a function: send data only');
}
