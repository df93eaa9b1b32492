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

/** A promise and what settles it. */
export function deferred<T = unknown>(): {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((ok, no) => {
    resolve = ok;
    reject = no;
  });
  return { promise, resolve, reject };
}

export const never = (): Promise<never> => new Promise(() => {});
