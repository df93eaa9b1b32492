import type { Endpoint } from './endpoint.ts';
import type { BusMessage } from './message.ts';

/** Asks a value that may be anyone's, even a proxy that throws. */
function hasMethod(value: object, name: PropertyKey): boolean {
  try {
    return typeof (value as Record<PropertyKey, unknown>)[name] === 'function';
  } catch {
    return false;
  }
}

export function isThenable(value: object): value is PromiseLike<unknown> {
  return hasMethod(value, 'then');
}

/** Whether a handler's result is a stream of replies, as an async generator makes. */
export function isStream(value: object): value is AsyncIterable<unknown> {
  return hasMethod(value, Symbol.asyncIterator);
}

/**
 * Hands a stream's items to the asker, at its pace, and stops the handler when it has had enough. An
 * asker that takes one reply gets the first.
 */
export async function streamReply(
  items: AsyncIterable<unknown>,
  message: BusMessage,
  endpoint: Endpoint,
): Promise<unknown> {
  const { completion } = message;
  completion?.streams?.(endpoint);
  for await (const item of items) {
    if (completion?.item === undefined) return item;
    if (!(await completion.item(item, endpoint)) || message.control?.reason !== undefined) break;
  }
  return undefined;
}
