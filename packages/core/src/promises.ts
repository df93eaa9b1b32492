import type { BusError } from './errors.ts';

const counts: Promise<number>[] = [];

/** How many accepted, or a promise of that where not all is settled yet. */
export type Count = number | Promise<number>;

/** What senders get: a shared, already resolved promise where the count is known. */
export function promised(count: Count): Promise<number> {
  return typeof count === 'number' ? countPromise(count) : count;
}

/** The shared, already resolved promise of a count. */
function countPromise(count: number): Promise<number> {
  return counts[count] ?? newCount(count);
}

function newCount(count: number): Promise<number> {
  const promise = Promise.resolve(count);
  if (count < 1024) counts[count] = promise;
  return promise;
}

/** A rejection that does not end the process where nobody awaits it; it has been reported. */
export function rejection(error: BusError): Promise<number> {
  const promise = Promise.reject(error);
  promise.catch(() => undefined);
  return promise;
}
