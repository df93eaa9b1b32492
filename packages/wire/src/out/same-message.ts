import type { BusMessage, MessageTraits } from '@bus/core';

/** Everything of a message that a link carries, beside its topic, number, time and payload. */
const carried = [
  'kind',
  'idPrefix',
  'id',
  'headers',
  'source',
  'hops',
  'deadline',
  'key',
  'priority',
  'correlationId',
  'attempt',
  'replyTo',
  'missed',
] as const satisfies readonly (keyof MessageTraits)[];

/**
 * Whether two messages are one that a peer has sent for several interests. The kernel gets such a
 * message once for each, and they share the bytes they came as.
 */
export function isSameMessage(a: BusMessage, b: BusMessage): boolean {
  const { encoded } = a;
  if (encoded === undefined || encoded !== b.encoded) return false;
  if (a.topic !== b.topic || a.sequence !== b.sequence || a.time !== b.time) return false;
  return a.traits === b.traits || carried.every((field) => a.traits[field] === b.traits[field]);
}
