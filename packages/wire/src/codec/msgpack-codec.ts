import { Packr, RESERVE_START_SPACE, RESET_BUFFER_MODE, Unpackr } from 'msgpackr';
import { noBytes } from '../frames/memory.ts';
import type { DecodeLimits, PayloadBytes, PayloadCodec } from './payload-codec.ts';
import { isPlainPayload } from './plain.ts';
import { readPayload } from './read-payload.ts';
import { scanMsgpack } from './scan.ts';
import { tagged } from './tagged.ts';
import { readTextsTogether } from './texts.ts';

/** Bytes values in payloads shorter than this are copied, so as not to keep their frame in memory. */
const copiedBelow = 4_096;

/** Before a payload with tags; no MessagePack begins with it. */
const tagsFollow = 0xc1;

/**
 * No records and no references in either direction: what a peer sends never says how to read what comes
 * after it. The scan lets no extensions through but undefined and times.
 */
const shared = {
  useRecords: false,
  structuredClone: false,
  moreTypes: false,
  mapsAsObjects: true,
  useToJSON: false,
  // 'auto' is missing in the types: a number where that is exact, a bigint where it is not.
  int64AsType: 'auto' as 'bigint',
} as const;

/**
 * The codec links use unless told otherwise: MessagePack. What a receiver gets equals what was sent, or
 * the send is refused: docs/concepts/payloads.md has the table.
 *
 * Encoded bytes last until the next encoding of any codec. Decoded `Uint8Array`s lie in the received
 * bytes where the payload has 4 KiB or more.
 * @example
 * ```ts
 * transportIpc({ path: '/run/shop.sock' }, { codec: msgpackCodec() }); // and no JSON
 * ```
 */
export function msgpackCodec(): PayloadCodec {
  readTextsTogether();
  const packr = new Packr({ ...shared });
  const aliasing = new Unpackr({ ...shared });
  const copying = new Unpackr({ ...shared, copyBuffers: true });
  const range = { start: 0, end: 0 };
  const unpack = (buffer: Uint8Array, start: number, end: number): unknown => {
    range.start = start;
    range.end = end;
    return (end - start < copiedBelow ? copying : aliasing).unpack(buffer, range);
  };
  const format = { tagsFollow, scan: scanMsgpack, parse: unpack };
  return {
    name: 'msgpack',
    encode(payload: unknown, limits: DecodeLimits): Uint8Array {
      if (payload === undefined) return noBytes;
      if (isPlainPayload(payload, limits, false)) return packr.pack(payload, RESET_BUFFER_MODE);
      const room = RESET_BUFFER_MODE | RESERVE_START_SPACE | 1;
      const bytes: Uint8Array = packr.pack(tagged(payload, limits, false), room);
      bytes[0] = tagsFollow;
      return bytes;
    },
    decode: (bytes, limits) => readPayload(format, bytes, limits),
    check({ buffer, start, end }: PayloadBytes, limits: DecodeLimits): void {
      if (start === end) return;
      // Whether tags make sense, only making what they stand for can tell.
      if (buffer[start] === tagsFollow) readPayload(format, { buffer, start, end }, limits);
      else scanMsgpack(buffer, start, end, limits);
    },
  };
}
