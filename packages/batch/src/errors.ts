import type { BusError, Pattern } from '@bus/core';
import { busError } from '@bus/core';

/** The codes this plugin adds, with what each says in `details`. */
export interface BatchErrorCodes {
  /** A handler returned not as many replies as its batch has messages. */
  BATCH_REPLY_COUNT: {
    readonly pattern: string;
    /** How many the batch had. */
    readonly messages: number;
    /** Undefined where it returned no list. */
    readonly replies: number | undefined;
  };
  /** `batch.fail` was called with a message of another batch, or after the batch was over. */
  BATCH_MESSAGE_UNKNOWN: { readonly pattern: string };
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface BusErrorCodes extends BatchErrorCodes {}
}

/** A handler of requests returned what is not one reply for each. */
export function replyCount(pattern: Pattern, messages: number, result: unknown): BusError {
  const replies = Array.isArray(result) ? result.length : undefined;
  const got = replies === undefined ? 'no list of replies' : `${replies} replies`;
  return busError(
    'BATCH_REPLY_COUNT',
    `the handler of '${String(pattern)}' got ${messages} messages and returned ${got}: return one for each, in order`,
    { pattern: String(pattern), messages, replies },
  );
}

/** `batch.fail` got what it cannot fail, or not any more. */
export function messageUnknown(pattern: Pattern): BusError {
  return busError(
    'BATCH_MESSAGE_UNKNOWN',
    `batch.fail on '${String(pattern)}' got a message that is not of the batch being handled: call it before the handler is done, with one of its messages`,
    { pattern: String(pattern) },
  );
}

/** A batch takes longer than its endpoint allows. */
export function batchExpired(topic: string, endpoint: string, timeoutMs: number): BusError {
  return busError(
    'BUS_EXPIRED',
    `message on '${topic}' expired at ${endpoint}: its batch took over ${timeoutMs} ms`,
    { topic, endpoint },
  );
}

/** A message was to be handed over, and its time was over. */
export function expiredWaiting(topic: string, endpoint: string): BusError {
  return busError(
    'BUS_EXPIRED',
    `message on '${topic}' expired at ${endpoint}: its deadline passed while it waited for its batch`,
    { topic, endpoint },
  );
}
