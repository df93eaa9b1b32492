import type { BusError } from '@bus/core';

export interface Watched {
  /** `waiting`, `done`, or the code it was rejected with. */
  state: string;
  value: unknown;
  error: BusError | undefined;
}

/** Watches how a promise settles, without waiting for it. */
export function watched(promise: Promise<unknown>): Watched {
  const seen: Watched = { state: 'waiting', value: undefined, error: undefined };
  promise.then(
    (value) => void Object.assign(seen, { state: 'done', value }),
    (error: BusError) => void Object.assign(seen, { state: error.code, error }),
  );
  return seen;
}
