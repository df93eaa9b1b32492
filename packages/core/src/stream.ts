import type { Endpoint } from './endpoint.ts';
import type { BusMessage } from './message.ts';

/**
 * Whether a handler's result is a stream of replies, as an async generator makes. A function apart:
 * one that looked for either method would be slow at both.
 */
export function isStream(value: object): value is AsyncIterable<unknown> {
  try {
    return (
      typeof (value as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator] === 'function'
    );
  } catch {
    return false;
  }
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
