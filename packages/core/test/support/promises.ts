import type { AnyBusError } from '../../src/index.ts';
import { BusError } from '../../src/index.ts';

/** A promise settled from outside: a handler that takes as long as the test says. */
export interface Gate<T = unknown> {
  readonly promise: Promise<T>;
  open(value?: T): void;
  fail(cause: unknown): void;
}

export function gate<T = unknown>(): Gate<T> {
  let open: (value: T) => void = () => undefined;
  let fail: (cause: unknown) => void = () => undefined;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  promise.catch(() => undefined);
  return { promise, open: (value) => open(value as T), fail };
}

/** What a promise was rejected with; it must be one of the bus's errors. */
export async function refusal(promise: unknown): Promise<AnyBusError> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (BusError.is(error)) return error;
    throw error;
  }
  throw new Error(`resolved to ${String(value)}, but a refusal was expected`);
}

/** What a call threw; it must be one of the bus's errors. */
export function thrown(call: () => unknown): AnyBusError {
  try {
    call();
  } catch (error) {
    if (BusError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Whether a promise settles without time passing. */
export async function settlesNow(promise: PromiseLike<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const marker = (async () => {
    for (let i = 0; i < 20; i++) await undefined;
    return pending;
  })();
  const first = await Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    marker,
  ]);
  return first !== pending;
}

/** Writes `what` down and returns `result`: a handler in one line. */
export function note<T>(into: unknown[], what: unknown, result: T): T {
  into.push(what);
  return result;
}

/** Runs `act` and returns the rejections nobody handled. */
export async function unhandledDuring(act: () => Promise<void>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const listen = (reason: unknown): void => void seen.push(reason);
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', listen);
  try {
    await act();
    // Node tells of them after the microtasks of a turn.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', listen);
    for (const other of others) process.on('unhandledRejection', other);
  }
  return seen;
}
