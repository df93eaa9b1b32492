import type { BusMessage, Env, Headers } from '@bus/core';
import { limitExceeded } from '../errors.ts';
import { extra, field, mostHeaders, priorities } from '../frames/frames.ts';
import { longestVarint, writeVarint } from '../frames/varint.ts';
import type { Name } from './names.ts';
import type { Outbox } from './outbox.ts';
import type { Outlet } from './written.ts';

const utf8 = new TextEncoder();

/**
 * Writes the fields of a message, from its flags to what comes before its payload. There is room for
 * those of a fixed length already.
 * @throws WIRE_LIMIT_EXCEEDED where the peer takes fewer headers.
 */
export function appendFields(
  outlet: Outlet,
  message: BusMessage,
  names: readonly Name[],
  env: Env,
): void {
  const { outbox } = outlet;
  const { deadline, key, headers, correlationId } = message;
  const hasHeaders = hasAny(headers);
  const extras = extrasOf(message);
  let flags = 0;
  if (names.length > 1) flags |= field.relayed;
  if (ageOf(message, outbox) !== 0) flags |= field.age;
  if (deadline !== undefined) flags |= field.deadline;
  if (key !== undefined) flags |= field.key;
  if (hasHeaders) flags |= field.headers;
  if (correlationId !== undefined) flags |= field.correlationId;
  if (extras !== 0) flags |= field.extra;
  appendFixed(outbox, message, names, flags, env);
  if (key !== undefined) appendText(outbox, key);
  if (hasHeaders) appendHeaders(outlet, headers);
  if (correlationId !== undefined) appendText(outbox, correlationId);
  if (extras !== 0) appendExtra(outbox, message, extras);
}

/** How much older than its frame a message is; a few milliseconds do not count, nor does a future. */
export function ageOf({ time }: BusMessage, { wall }: Outbox): number {
  return wall - time > 5 ? wall - time : 0;
}

function appendFixed(
  outbox: Outbox,
  message: BusMessage,
  names: readonly Name[],
  flags: number,
  env: Env,
): void {
  const { bytes } = outbox;
  let at = outbox.used;
  bytes[at++] = flags;
  for (let i = 0; i < names.length; i++) at = writeVarint(bytes, at, (names[i] as Name).slot);
  at = writeVarint(bytes, at, message.sequence);
  if (names.length > 1) at = writeVarint(bytes, at, message.hops);
  if (flags & field.age) at = writeVarint(bytes, at, ageOf(message, outbox));
  const { deadline } = message;
  if (deadline !== undefined) {
    at = writeVarint(bytes, at, Math.max(0, Math.ceil(deadline - env.now())));
  }
  outbox.used = at;
}

function appendHeaders({ outbox, peerLimits }: Outlet, headers: Headers): void {
  const entries = Object.entries(headers);
  if (entries.length > mostHeaders) throw limitExceeded('headers', mostHeaders, entries.length);
  outbox.reserve(longestVarint);
  outbox.used = writeVarint(outbox.bytes, outbox.used, entries.length);
  const before = outbox.used;
  for (const [name, value] of entries) {
    appendText(outbox, name);
    appendText(outbox, value);
  }
  const bytes = outbox.used - before;
  const { headerBytes } = peerLimits;
  if (bytes > headerBytes + 4 * entries.length) {
    throw limitExceeded('headerBytes', headerBytes, bytes);
  }
}

function appendExtra(outbox: Outbox, message: BusMessage, extras: number): void {
  outbox.reserve(1 + longestVarint);
  outbox.bytes[outbox.used++] = extras;
  if (extras & extra.attempt) {
    outbox.used = writeVarint(outbox.bytes, outbox.used, message.attempt);
  }
  if (extras & extra.replyTo) appendText(outbox, message.replyTo ?? '');
  if (extras & extra.id) appendText(outbox, message.id);
}

/** A text with its length before it. */
function appendText(outbox: Outbox, text: string): void {
  const most = 3 * text.length;
  outbox.reserve(longestVarint + most);
  if (most < 128) {
    const { written } = utf8.encodeInto(text, outbox.bytes.subarray(outbox.used + 1));
    outbox.bytes[outbox.used] = written;
    outbox.used += 1 + written;
    return;
  }
  const bytes = utf8.encode(text);
  outbox.used = writeVarint(outbox.bytes, outbox.used, bytes.length);
  outbox.append(bytes);
}

function hasAny(headers: Headers): boolean {
  for (const _ in headers) return true;
  return false;
}

function extrasOf({ priority, attempt, replyTo, traits }: BusMessage): number {
  return (
    priorities.indexOf(priority) |
    (attempt === 1 ? 0 : extra.attempt) |
    (replyTo === undefined ? 0 : extra.replyTo) |
    (traits.id === undefined ? 0 : extra.id)
  );
}
