import type { BusMessage, Env, Headers } from '@bus/core';
import { limitExceeded } from '../errors.ts';
import { extra, field, mostHeaders, priorities } from '../frames/frames.ts';
import { longestVarint, writeVarint } from '../frames/varint.ts';
import type { Name } from './names.ts';
import type { Outbox } from './outbox.ts';

/** Room for the fields of a fixed length: flags, names, sequence, hops, age, deadline. */
const fixedBytes = 1 + 7 * longestVarint;

const utf8 = new TextEncoder();

/**
 * Writes the fields of a message, from its flags to what comes before its payload.
 * @param age - how much older than its frame it is.
 * @param headerBytes - the most that the peer takes.
 * @throws WIRE_LIMIT_EXCEEDED where the peer takes fewer headers.
 */
export function appendFields(
  to: Outbox,
  message: BusMessage,
  names: readonly Name[],
  age: number,
  headerBytes: number,
  env: Env,
): void {
  const { deadline, key, headers, correlationId } = message;
  const hasHeaders = hasAny(headers);
  const extras = extrasOf(message);
  let flags = 0;
  if (names.length > 1) flags |= field.relayed;
  if (age !== 0) flags |= field.age;
  if (deadline !== undefined) flags |= field.deadline;
  if (key !== undefined) flags |= field.key;
  if (hasHeaders) flags |= field.headers;
  if (correlationId !== undefined) flags |= field.correlationId;
  if (extras !== 0) flags |= field.extra;
  appendFixed(to, message, names, flags, age, env);
  if (key !== undefined) appendText(to, key);
  if (hasHeaders) appendHeaders(to, headers, headerBytes);
  if (correlationId !== undefined) appendText(to, correlationId);
  if (extras !== 0) appendExtra(to, message, extras);
}

function appendFixed(
  to: Outbox,
  message: BusMessage,
  names: readonly Name[],
  flags: number,
  age: number,
  env: Env,
): void {
  to.reserve(fixedBytes);
  const { bytes } = to;
  let at = to.used;
  bytes[at++] = flags;
  for (let i = 0; i < names.length; i++) at = writeVarint(bytes, at, (names[i] as Name).slot);
  at = writeVarint(bytes, at, message.sequence);
  if (names.length > 1) at = writeVarint(bytes, at, message.hops);
  if (flags & field.age) at = writeVarint(bytes, at, age);
  const { deadline } = message;
  if (deadline !== undefined) {
    at = writeVarint(bytes, at, Math.max(0, Math.ceil(deadline - env.now())));
  }
  to.used = at;
}

function appendHeaders(to: Outbox, headers: Headers, headerBytes: number): void {
  const entries = Object.entries(headers);
  if (entries.length > mostHeaders) throw limitExceeded('headers', mostHeaders, entries.length);
  to.reserve(longestVarint);
  to.used = writeVarint(to.bytes, to.used, entries.length);
  const before = to.used;
  for (const [name, value] of entries) {
    appendText(to, name);
    appendText(to, value);
  }
  const bytes = to.used - before;
  if (bytes > headerBytes + 4 * entries.length) {
    throw limitExceeded('headerBytes', headerBytes, bytes);
  }
}

function appendExtra(to: Outbox, message: BusMessage, extras: number): void {
  to.reserve(1 + longestVarint);
  to.bytes[to.used++] = extras;
  if (extras & extra.attempt) {
    to.used = writeVarint(to.bytes, to.used, message.attempt);
  }
  if (extras & extra.replyTo) appendText(to, message.replyTo ?? '');
  if (extras & extra.id) appendText(to, message.id);
  if (extras & extra.missed) {
    to.reserve(longestVarint);
    to.used = writeVarint(to.bytes, to.used, message.missed);
  }
}

/** A text with its length before it. */
function appendText(to: Outbox, text: string): void {
  const most = 3 * text.length;
  to.reserve(longestVarint + most);
  if (most < 128) {
    const { written } = utf8.encodeInto(text, to.bytes.subarray(to.used + 1));
    to.bytes[to.used] = written;
    to.used += 1 + written;
    return;
  }
  const bytes = utf8.encode(text);
  to.used = writeVarint(to.bytes, to.used, bytes.length);
  to.append(bytes);
}

export function hasAny(headers: Headers): boolean {
  for (const _ in headers) return true;
  return false;
}

function extrasOf({ priority, attempt, replyTo, missed, traits }: BusMessage): number {
  return (
    priorities.indexOf(priority) |
    (attempt === 1 ? 0 : extra.attempt) |
    (replyTo === undefined ? 0 : extra.replyTo) |
    (traits.id === undefined ? 0 : extra.id) |
    (missed === 0 ? 0 : extra.missed)
  );
}
