import type { BusError, Pattern } from '@bus/core';
import { busError } from '@bus/core';

/** The codes this plugin adds, each with its `details`. */
export interface BatchErrorCodes {
  /** A handler did not return one reply for each message of its batch. */
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

// The interface above keeps this in the public types: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface BusErrorCodes extends BatchErrorCodes {}
}

/** A handler of requests did not return one reply for each message. */
export function replyCount(pattern: Pattern, messages: number, result: unknown): BusError {
  const replies = Array.isArray(result) ? result.length : undefined;
  const got = replies === undefined ? 'no list of replies' : `${replies} replies`;
  return busError(
    'BATCH_REPLY_COUNT',
    `the handler of '${String(pattern)}' got ${messages} messages and returned ${got}: return one for each, in order`,
    { pattern: String(pattern), messages, replies },
  );
}

/** `batch.fail` got a message that is not in the batch, or the batch was over. */
export function messageUnknown(pattern: Pattern): BusError {
  return busError(
    'BATCH_MESSAGE_UNKNOWN',
    `batch.fail on '${String(pattern)}' got a message that is not in the batch being handled: give it a message of the batch, before the handler has settled`,
    { pattern: String(pattern) },
  );
}

/** A batch takes longer than its endpoint allows. */
export function batchExpired(topic: string, endpoint: string, timeoutMs: number): BusError {
  const text = `message on '${topic}' expired at ${endpoint}: its batch took over ${timeoutMs} ms`;
  // The limit tells an asker that it was not its own time that was over.
  const details = { topic, endpoint, timeoutMs };
  return busError('BUS_EXPIRED', text, details);
}

/** A message's deadline passed before it was handed over. */
export function expiredWaiting(topic: string, endpoint: string): BusError {
  return busError(
    'BUS_EXPIRED',
    `message on '${topic}' expired at ${endpoint}: its deadline passed while it waited for its batch`,
    { topic, endpoint },
  );
}
