import type { CoarseClock, Env } from '../env.ts';
import { type BusError, busError } from '../errors.ts';
import type { Settings } from '../options.ts';
import {
  atLeast,
  checkOptions,
  oneOf,
  optionInvalid,
  signalOption,
  stringOption,
} from '../options.ts';
import type { Headers, Message, MessageKind, SendOptions } from './envelope.ts';
import type { MessageFields } from './message.ts';

const known = [
  'headers',
  'key',
  'priority',
  'timeoutMs',
  'signal',
  'correlationId',
  'parent',
] as const satisfies readonly (keyof SendOptions)[];

/**
 * Refuses an option that nothing would heed; plugins have taken theirs out by now.
 * @throws BUS_OPTION_INVALID
 */
export function refuseUnknown(options: SendOptions): void {
  if (options !== null) checkOptions('a send', options, known);
}

/**
 * Turns a sender's options into fields of its message.
 * @param cause - the message whose handler sends: a request inherits the rest of its deadline.
 * @throws BUS_OPTION_INVALID, BUS_PAYLOAD_TOO_LARGE, BUS_EXPIRED
 */
export function fieldsOf(
  kind: MessageKind,
  topic: string,
  options: SendOptions,
  cause: Message | undefined,
  settings: Settings,
  env: Env,
  clock: CoarseClock,
): MessageFields {
  const { headers, priority, key, correlationId, signal } = options;
  if (priority != null) oneOf(['low', 'normal', 'high'], 'priority', priority);
  if (typeof key !== 'number') stringOption('key', key);
  stringOption('correlationId', correlationId);
  signalOption(signal);
  return {
    headers: headers == null ? undefined : checkedHeaders(topic, headers, settings),
    priority: priority ?? undefined,
    key: key == null ? undefined : String(key),
    correlationId: correlationId ?? undefined,
    deadline: deadlineOf(kind, topic, options.timeoutMs, cause, settings, env, clock),
  };
}

/** Only requests have a deadline by themselves, and inherit the rest of their cause's. */
function deadlineOf(
  kind: MessageKind,
  topic: string,
  timeoutMs: number | undefined,
  cause: Message | undefined,
  { defaultTimeoutMs }: Settings,
  env: Env,
  clock: CoarseClock,
): number | undefined {
  const own = timeoutMs ?? (kind === 'request' ? defaultTimeoutMs : undefined);
  if (own === undefined) return undefined;
  if (atLeast(0, 'timeoutMs', own) === 0) throw expiredUnsent(topic);
  // A stamp may be a millisecond old, which only a short time would notice.
  const now = own < 1000 ? env.now() : clock.stamp().now;
  let due = now + own;
  if (kind === 'request' && cause?.deadline !== undefined) {
    if (cause.deadline <= now) throw expiredUnsent(topic);
    due = Math.min(due, cause.deadline);
  }
  return due === Number.POSITIVE_INFINITY ? undefined : due;
}

/** Its deadline passed before it could be routed. */
export function expiredUnsent(topic: string): BusError {
  const text = `message on '${topic}' expired before it was sent`;
  return busError('BUS_EXPIRED', text, { topic, endpoint: undefined });
}

function checkedHeaders(topic: string, headers: Headers, { limits }: Settings): Headers {
  if (typeof headers !== 'object') throw optionInvalid('headers', headers, 'an object of strings');
  let size = 0;
  for (const [name, value] of Object.entries(headers)) {
    const isReserved = name.startsWith('bus-');
    if (typeof value !== 'string' || isReserved) {
      const wanted = isReserved ? "a name that does not begin with 'bus-'" : 'a string';
      throw optionInvalid(`headers.${name}`, value, wanted);
    }
    size += name.length + value.length;
  }
  checkSize('header', topic, size, limits.headerBytes);
  return Object.freeze(Object.assign(Object.create(null), headers));
}

/**
 * Checks the size of strings and binary payloads; only a link that encodes an object knows its size.
 * @throws BUS_PAYLOAD_TOO_LARGE
 */
export function checkPayload(topic: string, payload: unknown, settings: Settings): void {
  const { limits, freezePayloads } = settings;
  if (typeof payload === 'string' || payload instanceof Uint8Array) {
    checkSize('payload', topic, payload.length, limits.payloadBytes);
  } else if (freezePayloads) deepFreeze(payload);
}

function deepFreeze(payload: unknown): void {
  const left: unknown[] = [payload];
  while (left.length > 0) {
    const value = left.pop();
    // Nothing of a view can be frozen, and null counts as frozen.
    if (typeof value !== 'object' || Object.isFrozen(value) || ArrayBuffer.isView(value)) continue;
    for (const part of Object.values(Object.freeze(value as object))) left.push(part);
  }
}

function checkSize(what: string, topic: string, bytes: number, limit: number): void {
  if (bytes <= limit) return;
  const advice = 'send a reference, or raise the limit';
  const text = `the ${what} on '${topic}' has ${bytes} bytes, over limits.${what}Bytes (${limit}): ${advice}`;
  throw busError('BUS_PAYLOAD_TOO_LARGE', text, { topic, bytes, limit });
}
