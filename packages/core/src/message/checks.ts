import type { Env } from '../env.ts';
import { type BusError, busError } from '../errors.ts';
import type { Limits, Settings } from '../options.ts';
import {
  atLeast,
  checkOptions,
  oneOf,
  optionInvalid,
  signalOption,
  stringOption,
} from '../options.ts';
import type { Headers, MessageKind, SendOptions } from './envelope.ts';
import type { MessageFields } from './message.ts';

/** Topics under this prefix belong to the bus: nobody may publish them. */
export const systemPrefix = '$bus.';

// Characters with a meaning in patterns, and those that cannot be printed.
const forbidden = /[/*?[\]{}()!\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
// Most topics pass here at once; the single checks cost four times as much.
const plain = /^[\w$:@-]+(?:\.[\w$:@-]+)*$/;
/** A shorter topic cannot have too many segments: each takes a character and a dot. */
const charactersPerSegment = 2;

type TopicLimits = Pick<Limits, 'topicLength' | 'segments'>;

/** Returns the fault of `topic`, or undefined where it is valid. */
export function topicFault(topic: unknown, limits: TopicLimits): BusError | undefined {
  if (typeof topic !== 'string') return topicInvalid(typeof topic, 'is not a string');
  const { topicLength, segments } = limits;
  const { length } = topic;
  const isShort = length < charactersPerSegment * segments && length <= topicLength;
  if (isShort && plain.test(topic)) return undefined;
  if (length > topicLength) return topicInvalid(topic, `is longer than ${topicLength} characters`);
  const names = topic.split('.');
  if (names.includes('')) {
    return topicInvalid(topic, 'has an empty segment: write names between the dots');
  }
  if (names.length > segments) return topicInvalid(topic, `has more than ${segments} segments`);
  const [strange] = forbidden.exec(topic) ?? [];
  if (strange === undefined) return undefined;
  const advice = "use letters, digits, '-' or '_'";
  return topicInvalid(topic, `contains ${JSON.stringify(strange)}: ${advice}`);
}

function topicInvalid(topic: string, reason: string): BusError {
  const shown = topic.slice(0, 64);
  return busError('BUS_TOPIC_INVALID', `topic '${shown}' ${reason}`, { topic: shown, reason });
}

/**
 * Checks a topic that a user sends on.
 * @throws BUS_TOPIC_INVALID
 */
export function checkTopic(topic: string, limits: TopicLimits): void {
  const fault = topicFault(topic, limits);
  if (fault !== undefined) throw fault;
  if (!topic.startsWith(systemPrefix)) return;
  throw topicInvalid(topic, `begins with '${systemPrefix}', which belongs to the bus`);
}

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
 * Refuses options that are no object, that nothing would heed, or that cannot be meant; plugins have
 * taken theirs out by now.
 * @throws BUS_OPTION_INVALID
 */
export function checkSendOptions(options: SendOptions): void {
  checkOptions('a send', options, known);
  const { parent, priority, key, correlationId, signal } = options;
  if (parent != null && typeof parent.topic !== 'string') {
    throw optionInvalid('parent', parent, 'the message that is being handled');
  }
  if (priority != null) oneOf(['low', 'normal', 'high'], 'priority', priority);
  if (typeof key !== 'number') stringOption('key', key);
  stringOption('correlationId', correlationId);
  signalOption(signal);
}

/**
 * Turns a sender's checked options into fields of its message.
 * @param inherited - when the message is due whose handler sends a request.
 * @throws BUS_OPTION_INVALID, BUS_PAYLOAD_TOO_LARGE, BUS_EXPIRED
 */
export function fieldsOf(
  kind: MessageKind,
  topic: string,
  options: SendOptions,
  inherited: number | undefined,
  settings: Settings,
  env: Env,
): MessageFields {
  const { headers, priority, key, correlationId, timeoutMs } = options;
  return {
    headers: headers == null ? undefined : checkedHeaders(topic, headers, settings),
    priority: priority ?? undefined,
    key: key == null ? undefined : String(key),
    correlationId: correlationId ?? undefined,
    deadline: deadlineOf(kind, topic, timeoutMs, inherited, settings, env),
  };
}

/** Only requests have a deadline by themselves, and inherit another. */
function deadlineOf(
  kind: MessageKind,
  topic: string,
  timeoutMs: number | undefined,
  inherited: number | undefined,
  { defaultTimeoutMs }: Settings,
  env: Env,
): number | undefined {
  const own = timeoutMs ?? (kind === 'request' ? defaultTimeoutMs : undefined);
  if (own === undefined) return undefined;
  if (atLeast(0, 'timeoutMs', own) === 0) throw expiredUnsent(topic);
  const now = env.now();
  const due = Math.min(now + own, inherited ?? Number.POSITIVE_INFINITY);
  if (due <= now) throw expiredUnsent(topic);
  return due === Number.POSITIVE_INFINITY ? undefined : due;
}

/** Its deadline passed before it could be routed. */
export function expiredUnsent(topic: string): BusError {
  const text = `message on '${topic}' expired before it was sent`;
  return busError('BUS_EXPIRED', text, { topic, endpoint: undefined });
}

function checkedHeaders(topic: string, headers: Headers, { limits }: Settings): Headers {
  // A `Map` or `Headers` has no properties to carry.
  if (typeof headers !== 'object' || Symbol.iterator in headers) {
    throw optionInvalid('headers', headers, 'a plain object of strings');
  }
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
  const seen = new Set<object>();
  while (left.length > 0) {
    const value = left.pop();
    // Nothing of a view can be frozen, and null counts as frozen.
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue;
    if (seen.has(value)) continue;
    seen.add(value);
    for (const part of Object.values(Object.freeze(value))) left.push(part);
  }
}

function checkSize(what: string, topic: string, bytes: number, limit: number): void {
  if (bytes <= limit) return;
  const advice = 'send a reference, or raise the limit';
  const text = `the ${what} on '${topic}' has ${bytes} bytes, over limits.${what}Bytes (${limit}): ${advice}`;
  throw busError('BUS_PAYLOAD_TOO_LARGE', text, { topic, bytes, limit });
}
