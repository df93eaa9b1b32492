import { BusError } from '@bus/core';
import { malformedPayload } from '../errors.ts';
import type { DecodeLimits, PayloadBytes } from './payload-codec.ts';
import { restored } from './restored.ts';

/** A format of payloads, and how it says that one has tags. */
interface Format {
  /** The byte before a payload with tags, which begins no other. */
  readonly tagsFollow: number;
  /** Refuses what goes past limits, before anything is made of it. */
  scan(buffer: Uint8Array, start: number, end: number, limits: DecodeLimits): void;
  parse(buffer: Uint8Array, start: number, end: number): unknown;
}

/** @throws WIRE_PROTOCOL_ERROR, WIRE_LIMIT_EXCEEDED */
export function readPayload(
  format: Format,
  { buffer, start, end }: PayloadBytes,
  limits: DecodeLimits,
): unknown {
  if (start === end) return undefined;
  const hasTags = buffer[start] === format.tagsFollow;
  const from = hasTags ? start + 1 : start;
  format.scan(buffer, from, end, limits);
  try {
    const value = format.parse(buffer, from, end);
    return hasTags ? restored(value) : value;
  } catch (cause) {
    throw BusError.is(cause) ? cause : malformedPayload('it cannot be decoded', cause);
  }
}
