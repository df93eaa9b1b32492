import type { Context } from './context.ts';
import type { Message } from './envelope.ts';
import { busError } from './errors.ts';
import type { Limits, Settings } from './options.ts';
import type { Route } from './routes.ts';
import { systemPrefix, topicFault } from './topic.ts';

/**
 * Whether a message may be sent at all.
 * @param route - of its topic, where that has been seen and found valid.
 * @throws BUS_NOT_STARTED, BUS_CLOSED, BUS_TOPIC_INVALID, BUS_PAYLOAD_TOO_LARGE
 */
export function checkSend(
  context: Context,
  topic: string,
  payload: unknown,
  parent: Message | undefined,
  route: Route | undefined,
): void {
  const { settings, gate } = context;
  gate.beforeSend(topic, parent);
  if (route === undefined || route.system) checkTopic(topic, settings.limits);
  checkPayload(topic, payload, settings);
}

/**
 * What users may send on.
 * @throws BUS_TOPIC_INVALID
 */
export function checkTopic(topic: string, limits: Limits): void {
  const fault = topicFault(topic, limits);
  if (fault !== undefined) throw fault;
  if (!topic.startsWith(systemPrefix)) return;
  const reason = `begins with '${systemPrefix}', which is the bus's own`;
  throw busError('BUS_TOPIC_INVALID', `topic '${topic}' ${reason}`, { topic, reason });
}

/** Strings and binary are measured; what an object weighs, only a link that encodes it knows. */
function checkPayload(topic: string, payload: unknown, settings: Settings): void {
  if (settings.freezePayloads) deepFreeze(payload);
  let bytes = 0;
  if (typeof payload === 'string') bytes = payload.length;
  else if (payload instanceof Uint8Array) bytes = payload.byteLength;
  checkSize('payload', topic, bytes, settings.limits.payloadBytes);
}

function deepFreeze(payload: unknown): void {
  const left: unknown[] = [payload];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (ArrayBuffer.isView(value) || Object.isFrozen(value)) continue;
    for (const part of Object.values(Object.freeze(value))) left.push(part);
  }
}

/** @throws BUS_PAYLOAD_TOO_LARGE */
export function checkSize(what: string, topic: string, bytes: number, limit: number): void {
  if (bytes <= limit) return;
  throw busError(
    'BUS_PAYLOAD_TOO_LARGE',
    `the ${what} on '${topic}' has ${bytes} bytes, over limits.${what}Bytes (${limit}): send a reference, or raise it`,
    { topic, bytes, limit },
  );
}
