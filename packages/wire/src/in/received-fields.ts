import type { Headers, MessageFields, Origin } from '@bus/core';
import { field } from '../frames/frames.ts';
import type { Hello } from '../greeting/handshake.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { ReadMessage } from './read-message.ts';
import { decodePayload } from './received-payload.ts';

/** What all plain messages of a peer have: they were sent on its own bus. */
export function plainFields({ idPrefix }: Hello, origin: Origin): MessageFields {
  return { source: origin.peer, idPrefix, hops: 1, origin, decode: decodePayload };
}

/** What a message says of itself, as far as its peer is believed. */
export function fieldsOf(
  message: ReadMessage,
  { idPrefix }: Hello,
  origin: Origin,
  { env, trusted }: LinkContext,
): MessageFields {
  const { flags, remainingMs, hops } = message;
  const relayed = (flags & field.relayed) !== 0;
  const rare = flags > field.relayed;
  return {
    source: relayed && trusted ? message.source : origin.peer,
    idPrefix: relayed ? message.idPrefix : idPrefix,
    hops: hops + 1,
    origin,
    decode: decodePayload,
    deadline: rare && remainingMs !== undefined ? env.now() + remainingMs : undefined,
    key: rare ? message.key : undefined,
    headers: rare ? believed(message.headers, trusted) : undefined,
    correlationId: rare ? message.correlationId : undefined,
    priority: rare ? message.priority : 'normal',
    attempt: rare ? message.attempt : 1,
    replyTo: rare ? message.replyTo : undefined,
    id: rare ? message.id : undefined,
    missed: rare ? message.missed : 0,
  };
}

/** The bus's own headers are a peer's to set only where it is believed. */
function believed(headers: Headers | undefined, trusted: boolean): Headers | undefined {
  if (headers === undefined || trusted) return headers;
  if (!Object.keys(headers).some((name) => name.startsWith('bus-'))) return headers;
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('bus-'));
  return Object.freeze(Object.assign(Object.create(null), Object.fromEntries(own)));
}
