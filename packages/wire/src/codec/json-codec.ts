import { noBytes } from '../frames/memory.ts';
import { scanJson } from './json-scan.ts';
import type { DecodeLimits, PayloadCodec } from './payload-codec.ts';
import { isPlainPayload } from './plain.ts';
import { readPayload } from './read-payload.ts';
import { tagged } from './tagged.ts';

/** Before a payload with tags: no JSON begins with it. */
const tagsFollow = '#';

/**
 * JSON, for peers that have nothing else and for reading along. Takes what the MessagePack codec takes;
 * bytes become base64, a third longer.
 * @example
 * ```ts
 * transportIpc({ path: '/run/shop.sock' }, { codec: [jsonCodec(), msgpackCodec()] });
 * ```
 */
export function jsonCodec(): PayloadCodec {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const format = {
    tagsFollow: tagsFollow.charCodeAt(0),
    scan: scanJson,
    parse: (buffer: Uint8Array, start: number, end: number): unknown =>
      JSON.parse(decoder.decode(buffer.subarray(start, end))),
  };
  return {
    name: 'json',
    encode(payload: unknown, limits: DecodeLimits): Uint8Array {
      if (payload === undefined) return noBytes;
      if (isPlainPayload(payload, limits, true)) return encoder.encode(JSON.stringify(payload));
      return encoder.encode(tagsFollow + JSON.stringify(tagged(payload, limits, true)));
    },
    decode: (bytes, limits) => readPayload(format, bytes, limits),
    check(bytes, limits): void {
      // Whether it is JSON, only the parser can tell.
      readPayload(format, bytes, limits);
    },
  };
}
