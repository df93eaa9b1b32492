import type { Context } from './context.ts';
import { never } from './deadlines.ts';
import type { Headers, Message, MessageKind, SendOptions } from './envelope.ts';
import { type BusError, busError } from './errors.ts';
import { atLeast, oneOf, optionInvalid, signalOption, stringOption } from './option-checks.ts';
import type { Settings } from './options.ts';
import { checkSize } from './send-checks.ts';
import type { MessageFields } from './traits.ts';

/**
 * What a sender's options make of a message.
 * @throws BUS_OPTION_INVALID, BUS_PAYLOAD_TOO_LARGE, BUS_EXPIRED
 */
export function fieldsOf(
  kind: MessageKind,
  topic: string,
  options: SendOptions,
  context: Context,
): MessageFields {
  const { headers, priority, key, correlationId, signal } = options;
  if (priority != null) oneOf(['low', 'normal', 'high'], 'priority', priority);
  if (typeof key !== 'number') stringOption('key', key);
  stringOption('correlationId', correlationId);
  signalOption(signal);
  return {
    headers: headers == null ? undefined : checkedHeaders(topic, headers, context.settings),
    priority: priority ?? undefined,
    key: key == null ? undefined : String(key),
    correlationId: correlationId ?? undefined,
    deadline: deadlineOf(kind, topic, options, context),
  };
}

const known: Readonly<Record<keyof SendOptions, true>> = {
  headers: true,
  key: true,
  priority: true,
  timeoutMs: true,
  signal: true,
  correlationId: true,
  idempotent: true,
  parent: true,
};

/**
 * Refuses an option that nobody would heed; plugins have taken theirs out by now.
 * @throws BUS_OPTION_INVALID
 */
export function refuseUnknown(options: SendOptions): void {
  for (const name in options) {
    if (Object.hasOwn(known, name)) continue;
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined) continue;
    throw optionInvalid(name, value, 'none of that name, or install its plugin');
  }
}

/** Only requests have a deadline by themselves, and inherit what their cause has left. */
function deadlineOf(
  kind: MessageKind,
  topic: string,
  { timeoutMs, parent }: SendOptions,
  { settings, env }: Context,
): number | undefined {
  const own = timeoutMs ?? (kind === 'request' ? settings.defaultTimeoutMs : undefined);
  if (own === undefined) return undefined;
  if (atLeast(0, 'timeoutMs', own) === 0) throw expiredUnsent(topic);
  const now = env.now();
  let due = now + own;
  if (kind === 'request') {
    const cause = parent ?? (env.context?.get() as Message | undefined);
    const inherited = cause?.deadline ?? never;
    if (inherited <= now) throw expiredUnsent(topic);
    due = Math.min(due, inherited);
  }
  return due === never ? undefined : due;
}

/** Its deadline passed before it could be routed. */
export function expiredUnsent(topic: string): BusError {
  return busError('BUS_EXPIRED', `message on '${topic}' expired before it was sent`, {
    topic,
    endpoint: undefined,
  });
}

function checkedHeaders(topic: string, headers: Headers, { limits }: Settings): Headers {
  if (typeof headers !== 'object') throw optionInvalid('headers', headers, 'an object of strings');
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') throw optionInvalid(`headers.${name}`, value, 'a string');
    if (name.startsWith('bus-')) {
      throw optionInvalid(`headers.${name}`, value, "a name without the bus's own prefix");
    }
    bytes += name.length + value.length;
  }
  checkSize('header', topic, bytes, limits.headerBytes);
  return Object.freeze(Object.assign(Object.create(null), headers));
}
