/** A handle from {@link Env.setTimer}; opaque to everyone but the environment that made it. */
export type Timer = unknown;

/** Carries a value along an asynchronous call chain, as `AsyncLocalStorage` does. */
export interface AsyncContext {
  /** The value of the innermost `run` that this call came from; undefined outside of any. */
  get(): unknown;
  /** Calls `fn(argument)` with `value` as the context, also for what `fn` awaits. */
  run<A, R>(value: unknown, fn: (argument: A) => R, argument: A): R;
}

/**
 * Time, randomness and timers: all that would make a run differ from the one before. Handing in
 * another environment puts the whole bus under a virtual clock and a seed.
 */
export interface Env {
  /** Monotonic milliseconds, for every duration and deadline. */
  now(): number;
  /** Milliseconds since the Unix epoch, for display only: it may jump. */
  wall(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Unguessable bytes, for ids and tokens. */
  randomBytes(count: number): Uint8Array;
  /** Runs `callback` once, `ms` milliseconds from now. A pending timer keeps the process alive. */
  setTimer(callback: () => void, ms: number): Timer;
  /** Calls a timer off; without effect on one that has run or been cleared. */
  clearTimer(timer: Timer): void;
  /** Runs `callback` in a later turn of the event loop, after pending input has been read. */
  setTurn(callback: () => void): void;
  /** Absent where the platform has none: nested requests then inherit by `{ parent: message }`. */
  readonly context?: AsyncContext | undefined;
}
