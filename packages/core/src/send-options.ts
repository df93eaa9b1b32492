import type { Env } from './env.ts';
import type { Headers, Message, MessageKind, SendOptions } from './envelope.ts';
import type { BusError } from './errors.ts';
import { busError } from './errors.ts';
import type { MessageFields } from './message.ts';
import type { Settings } from './options.ts';
import { atLeast, oneOf, optionInvalid, signalOption, stringOption } from './options.ts';

/** What a sender's options make of a message, or what is wrong with them. */
export function fieldsOf(
  kind: MessageKind,
  topic: string,
  options: SendOptions | undefined,
  settings: Settings,
  env: Env,
): MessageFields | BusError {
  try {
    return checkedFields(kind, topic, options ?? {}, settings, env);
  } catch (error) {
    return error as BusError;
  }
}

function checkedFields(
  kind: MessageKind,
  topic: string,
  options: SendOptions,
  settings: Settings,
  env: Env,
): MessageFields {
  const { headers, priority, key, correlationId, signal } = options;
  if (priority != null) oneOf(['low', 'normal', 'high'], 'priority', priority);
  if (key != null && typeof key !== 'number') stringOption('key', key);
  if (correlationId != null) stringOption('correlationId', correlationId);
  if (signal != null) signalOption(signal);
  if (headers != null) checkHeaders(topic, headers, settings.limits.headerBytes);
  return {
    headers:
      headers == null ? undefined : Object.freeze(Object.assign(Object.create(null), headers)),
    priority: priority ?? undefined,
    key: key == null ? undefined : String(key),
    correlationId: correlationId ?? undefined,
    deadline: deadlineOf(kind, topic, options, settings, env),
  };
}

/** Only requests have a deadline by themselves, and inherit what their cause has left. */
function deadlineOf(
  kind: MessageKind,
  topic: string,
  { timeoutMs, parent }: SendOptions,
  settings: Settings,
  env: Env,
): number | undefined {
  const own = timeoutMs ?? (kind === 'request' ? settings.defaultTimeoutMs : undefined);
  if (own === undefined) return undefined;
  if (atLeast(0, 'timeoutMs', own) === 0) throw expiredUnsent(topic);
  const now = env.now();
  const due = now + own;
  if (kind !== 'request') return due === Number.POSITIVE_INFINITY ? undefined : due;
  const cause = parent ?? (env.context?.get() as Message | undefined);
  const inherited = cause?.deadline;
  if (inherited !== undefined && inherited <= now) throw expiredUnsent(topic);
  const least = inherited !== undefined && inherited < due ? inherited : due;
  return least === Number.POSITIVE_INFINITY ? undefined : least;
}

/** Its deadline passed before it could be routed. */
export function expiredUnsent(topic: string): BusError {
  return busError('BUS_EXPIRED', `message on '${topic}' expired before it was sent`, {
    topic,
    endpoint: undefined,
  });
}

function checkHeaders(topic: string, headers: Headers, limit: number): void {
  if (typeof headers !== 'object') throw optionInvalid('headers', headers, 'an object of strings');
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || name.startsWith('bus-')) {
      const wanted = typeof value === 'string' ? "a name without the bus's own prefix" : 'a string';
      throw busError('BUS_OPTION_INVALID', `header '${name}' of '${topic}': give ${wanted}`, {
        option: `headers.${name}`,
        value: String(value),
      });
    }
    bytes += name.length + value.length;
  }
  if (bytes > limit) {
    throw busError(
      'BUS_PAYLOAD_TOO_LARGE',
      `the headers of the message on '${topic}' have ${bytes} bytes, over the limit of ${limit}`,
      { topic, bytes, limit },
    );
  }
}

/** Strings and binary are measured; what an object weighs, only a link that encodes it knows. */
export function payloadFault(
  topic: string,
  payload: unknown,
  settings: Settings,
): BusError | undefined {
  let bytes = 0;
  if (typeof payload === 'string') bytes = payload.length;
  else if (typeof payload === 'object' && payload !== null) {
    if (settings.freezePayloads) deepFreeze(payload);
    if (!(payload instanceof Uint8Array)) return undefined;
    bytes = payload.byteLength;
  } else return undefined;
  const limit = settings.limits.payloadBytes;
  if (bytes <= limit) return undefined;
  return busError(
    'BUS_PAYLOAD_TOO_LARGE',
    `the payload on '${topic}' has ${bytes} bytes, over the limit of ${limit}: send a reference, or raise limits.payloadBytes`,
    { topic, bytes, limit },
  );
}

function deepFreeze(payload: object): void {
  const left: unknown[] = [payload];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (ArrayBuffer.isView(value) || Object.isFrozen(value)) continue;
    for (const part of Object.values(Object.freeze(value))) left.push(part);
  }
}
