import { BusError } from '@bus/core';
import { scanJson } from '../codec/json-scan.ts';
import { limitExceeded, protocolError } from '../errors.ts';
import { controlBytes } from './frames.ts';
import { shown } from './shown.ts';
import { textOf } from './utf8.ts';

const utf8 = new TextEncoder();

/** What a frame of JSON may hold; an offer of as many interests as fit stays far below it. */
const controlLimits = { depth: 16, nodes: 16_384, mapEntries: 256 };

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
  if (end - start > limit)
    throw limitExceeded(limit === controlBytes ? 'controlBytes' : 'helloBytes', limit, end - start);
  const text = textOf(bytes, start, end);
  scanJson(bytes, start, end, controlLimits);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw protocolError('a frame of JSON is no JSON', cause);
  }
}

/** Whether a value read from JSON is a whole number of at least 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** @throws WIRE_PROTOCOL_ERROR where `value` is no object. */
export function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw protocolError(`${what} is no object`);
}

/** Codes that a peer may give a reason in, by frame; any other is its own word, and no code of ours. */
const byeCodes: readonly unknown[] = [
  'BUS_CLOSED',
  'WIRE_PROTOCOL_ERROR',
  'WIRE_VERSION_MISMATCH',
  'WIRE_LIMIT_EXCEEDED',
  'WIRE_LINK_DUPLICATE',
  'WIRE_UNAUTHORIZED',
];
const noticeCodes: readonly unknown[] = [
  'WIRE_FORBIDDEN',
  'BUS_PATTERN_INVALID',
  'BUS_PATTERN_UNSUPPORTED',
];

/**
 * What a peer says went wrong, in a goodbye or a notice, as an error of this side.
 * @throws WIRE_PROTOCOL_ERROR where it is no object
 */
export function saidBy(peer: string, frame: 'bye' | 'notice', value: unknown): BusError {
  const { code, message } = objectOf(value, 'what went wrong');
  const text = typeof message === 'string' ? shown(message) : 'it said no reason';
  const isKnown = (frame === 'bye' ? byeCodes : noticeCodes).includes(code);
  const known = isKnown ? (code as string) : 'WIRE_PROTOCOL_ERROR';
  return new BusError(known, `'${peer}' says: ${text}`, { peer });
}
