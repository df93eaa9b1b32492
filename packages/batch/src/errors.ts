import type { BusError, Pattern } from '@bus/core';
import { busError } from '@bus/core';

/** The codes this plugin adds, with what each says in `details`. */
export interface BatchErrorCodes {
  /** A handler returned not as many replies as its batch has messages. */
  BATCH_REPLY_COUNT: {
    readonly pattern: string;
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

export function replyCount(pattern: Pattern, messages: number, result: unknown): BusError {
  const replies = Array.isArray(result) ? result.length : undefined;
  const got = replies === undefined ? 'no list of replies' : `${replies} replies`;
  return busError(
    'BATCH_REPLY_COUNT',
    `the handler of '${String(pattern)}' got ${messages} messages and returned ${got}: return one for each, in order`,
    { pattern: String(pattern), messages, replies },
  );
}

export function messageUnknown(pattern: Pattern): BusError {
  return busError(
    'BATCH_MESSAGE_UNKNOWN',
    `batch.fail on '${String(pattern)}' got a message that is not of the batch being handled: call it before the handler is done, with one of its messages`,
    { pattern: String(pattern) },
  );
}

export function optionError(option: string, value: unknown, wanted: string): BusError {
  const shown = typeof value === 'number' ? value : typeof value;
  return busError('BUS_OPTION_INVALID', `option '${option}' is ${shown}: give ${wanted}`, {
    option,
    value: shown,
  });
}
