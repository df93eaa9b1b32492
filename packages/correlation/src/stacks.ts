import type { BusError } from '@bus/core';

/** A function of this package that callers call: stacks begin with its caller. */
// biome-ignore lint/complexity/noBannedTypes: the platform takes any function
export type Entry = Function;

/** Only some platforms have it; on the others the stack stays as it is. */
const { captureStackTrace } = Error as {
  captureStackTrace?: (error: Error, above: Entry) => void;
};

/** Rejects at once: the caller is on the stack. */
export function rejected(failure: BusError, entry: Entry): Promise<never> {
  captureStackTrace?.(failure, entry);
  return Promise.reject(failure);
}

const settled = Promise.resolve();

/**
 * Rejects a few microtasks later. A promise that was resolved with this one is linked to it by then, and
 * so the stack of the error leads to the function that awaits that promise: the line that asked.
 */
export function rejectedLater(failure: BusError): Promise<never> {
  return settled.then(() => failure).then(fail);
}

function fail(failure: BusError): never {
  captureStackTrace?.(failure, fail);
  throw failure;
}
