import { BusError } from '@bus/core';
import { malformedPayload, notEncodable } from '../errors.ts';
import { noBytes } from '../frames/memory.ts';
import { scanJson } from './json-scan.ts';
import type { DecodeLimits, PayloadBytes, PayloadCodec } from './payload-codec.ts';
import { isPlain, toPlain } from './plain-payload.ts';

/**
 * JSON, for peers that have nothing else and for reading along. Converts what the MessagePack codec
 * converts, in the same way. What JSON has no type for is refused (bytes, bigints) or as JSON has it:
 * a field of undefined is left out, NaN and the infinities become null. A payload of undefined is no
 * bytes. A key `__proto__` arrives as a field of its own.
 * @example
 * ```ts
 * transportIpc({ path: '/run/shop.sock' }, { codec: [jsonCodec(), msgpackCodec()] });
 * ```
 */
export function jsonCodec(): PayloadCodec {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = ({ buffer, start, end }: PayloadBytes, limits: DecodeLimits): unknown => {
    if (start === end) return undefined;
    scanJson(buffer, start, end, limits);
    try {
      return JSON.parse(decoder.decode(buffer.subarray(start, end)));
    } catch (cause) {
      throw malformedPayload('it is not JSON in UTF-8', cause);
    }
  };
  return {
    name: 'json',
    encode(payload: unknown, limits: DecodeLimits): Uint8Array {
      return payload === undefined ? noBytes : encoder.encode(textOf(payload, limits));
    },
    decode,
    check(bytes: PayloadBytes, limits: DecodeLimits): void {
      // Whether it is JSON, only the parser can tell.
      decode(bytes, limits);
    },
  };
}

function textOf(payload: unknown, limits: DecodeLimits): string {
  try {
    return JSON.stringify(
      isPlain(payload, limits) ? payload : toPlain(payload, limits),
      refuseBytes,
    );
  } catch (cause) {
    if (BusError.is(cause)) throw cause;
    throw notEncodable('JSON has no form for it', cause);
  }
}

/** Looks at the field itself: the value passed may be what a Buffer's `toJSON` made of it. */
function refuseBytes(this: unknown, key: string, value: unknown): unknown {
  if ((this as Record<string, unknown>)[key] instanceof Uint8Array) {
    throw notEncodable('it holds bytes, and JSON has no form for them: use msgpack');
  }
  return value;
}
