import type { BusError } from './errors.ts';

const counts: Promise<number>[] = [];

/** How many accepted, or a promise of that where not all is settled yet. */
export type Count = number | Promise<number>;

/** What senders get: a shared, already resolved promise where the count is known. */
export function promised(count: Count): Promise<number> {
  return typeof count === 'number' ? (counts[count] ?? newCount(count)) : count;
}

function newCount(count: number): Promise<number> {
  const promise = Promise.resolve(count);
  if (count < 1024) counts[count] = promise;
  return promise;
}

/** A rejection that has been reported. */
export function rejection(error: BusError): Promise<number> {
  return unwatched(Promise.reject(error));
}

/** The same promise, which does not end the process where it rejects and nobody awaits it. */
export function unwatched(promise: Promise<number>): Promise<number> {
  promise.catch(() => undefined);
  return promise;
}

/**
 * Whether something has to be waited for: an object with a method `then`, a promise or another's. What
 * throws when it is looked at, as a proxy may, is not.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return (
      typeof value === 'object' &&
      value !== null &&
      typeof (value as { readonly then?: unknown }).then === 'function'
    );
  } catch {
    return false;
  }
}
