import { limitExceeded, protocolError } from './errors.ts';
import { controlBytes } from './frames.ts';
import { textOf } from './varint.ts';

const utf8 = new TextEncoder();

/** The body of a frame of JSON. */
export function toJson(value: unknown): Uint8Array {
  return utf8.encode(JSON.stringify(value));
}

/**
 * Reads the body of a frame of JSON.
 * @throws WIRE_PROTOCOL_ERROR, WIRE_LIMIT_EXCEEDED
 */
export function fromJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number = controlBytes,
): unknown {
  if (end - start > limit) throw limitExceeded('controlBytes', limit);
  const text = textOf(bytes, start, end);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw protocolError('a frame of JSON is no JSON', cause);
  }
}
