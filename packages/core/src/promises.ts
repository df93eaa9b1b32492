import type { BusError } from './errors.ts';

const counts: Promise<number>[] = [];

/** The shared, already resolved promise of a count. */
export function countPromise(count: number): Promise<number> {
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
