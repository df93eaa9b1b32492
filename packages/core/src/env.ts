/** A handle from {@link Env.setTimer}; opaque to everything but the environment that made it. */
export type Timer = unknown;

/** Carries a value along an asynchronous call chain, as `AsyncLocalStorage` does. */
export interface AsyncContext {
  /** Returns the value of the innermost `run` around this call; undefined outside of any. */
  get(): unknown;
  /** Calls `fn(argument)` with `value` as the context, which also holds for what `fn` awaits. */
  run<A, R>(value: unknown, fn: (argument: A) => R, argument: A): R;
  /**
   * Captures the whole context of the caller, the program's own stores included. A message that
   * waits is handled in the context it was sent in.
   */
  capture(): object;
  /** Calls `fn(argument)` in a context that was captured. */
  enter<A, R>(captured: object, fn: (argument: A) => R, argument: A): R;
}

/**
 * Time, randomness and timers: everything that makes one run differ from the next. Another
 * environment puts the whole bus under a virtual clock and a seed.
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
  /**
   * Runs `callback` once, `ms` milliseconds from now, however large `ms` is; never for `Infinity`. A
   * pending timer keeps the process alive.
   */
  setTimer(callback: () => void, ms: number): Timer;
  /** Cancels a timer; has no effect on one that has run or was cancelled. */
  clearTimer(timer: Timer): void;
  /** Runs `callback` in a later turn of the event loop, after pending input has been read. */
  setTurn(callback: () => void): void;
  /** Missing where the platform has none: nested requests then inherit by `{ parent: message }`. */
  readonly context?: AsyncContext | undefined;
}

/** One reading of both clocks. */
export interface Stamp {
  /** The monotonic clock, in milliseconds: see `Env.now`. */
  readonly now: number;
  /** Milliseconds since the Unix epoch: see `Env.wall`. */
  readonly wall: number;
}

interface AsyncResource {
  runInAsyncScope<A, R>(fn: (argument: A) => R, self: undefined, argument: A): R;
}

interface AsyncHooks {
  readonly AsyncLocalStorage: new () => {
    getStore(): unknown;
    run<A, R>(value: unknown, fn: (argument: A) => R, argument: A): R;
  };
  readonly AsyncResource: new (type: string) => AsyncResource;
}

interface PlatformProcess {
  getBuiltinModule?(id: string): AsyncHooks | undefined;
}

/** The longest delay that the timers of platforms take; a longer one fires at once. */
const longestDelayMs = 2 ** 31 - 1;

/** A timer that outlives the longest delay of the platform. */
interface LongTimer {
  handle?: ReturnType<typeof setTimeout>;
}

// The module is looked up at run time, so that no bundler meets a `node:` import. One context serves
// all buses: each storage slows every promise of the process again.
const hooks = (globalThis as { process?: PlatformProcess }).process?.getBuiltinModule?.(
  'node:async_hooks',
);
/** The context this module was loaded in. Timers run in it, so that none carries a sender's context. */
const root = hooks && new hooks.AsyncResource('@bus');
const context = hooks && contextOf(hooks);

function contextOf({ AsyncLocalStorage, AsyncResource }: AsyncHooks): AsyncContext {
  const storage = new AsyncLocalStorage();
  return {
    get: () => storage.getStore(),
    run: (value, fn, argument) => storage.run(value, fn, argument),
    capture: () => new AsyncResource('@bus'),
    enter: (captured, fn, argument) =>
      (captured as AsyncResource).runInAsyncScope(fn, undefined, argument),
  };
}

function outside<R>(fn: () => R): R {
  return root === undefined ? fn() : root.runInAsyncScope(fn, undefined, undefined);
}

function arm(timer: LongTimer, callback: () => void, ms: number): void {
  const rearm = (): void => arm(timer, callback, ms - longestDelayMs);
  timer.handle = setTimeout(ms > longestDelayMs ? rearm : callback, Math.min(ms, longestDelayMs));
}

/** Finds how the platform begins a later turn. Hidden tabs hold timers back for a second, but no messages. */
function laterTurn(): (callback: () => void) => unknown {
  const { setImmediate, MessageChannel } = globalThis;
  if (typeof setImmediate === 'function') return setImmediate;
  if (typeof MessageChannel !== 'function') return setTimeout;
  const waiting: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  // Assigning `onmessage` also starts the port; Node's types do not know it.
  Object.assign(port1, { onmessage: () => waiting.shift()?.() });
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(undefined);
  };
}

/** The real clock, randomness and timers; works in Node, browsers and workers. */
export function platformEnv(): Env {
  const setTurn = laterTurn();
  return {
    now: () => performance.now(),
    wall: () => Date.now(),
    random: () => Math.random(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    setTimer: (callback, ms) => {
      const timer: LongTimer = {};
      if (ms !== Number.POSITIVE_INFINITY) outside(() => arm(timer, callback, ms));
      return timer;
    },
    clearTimer: (timer) => clearTimeout((timer as LongTimer | undefined)?.handle),
    setTurn: (callback) => void outside(() => setTurn(callback)),
    context,
  };
}

/** Calls a function in the context that was captured, if the platform has contexts. */
export function inContext<A, R>(
  { context }: Env,
  captured: object | undefined,
  fn: (argument: A) => R,
  argument: A,
): R {
  if (captured === undefined || context === undefined) return fn(argument);
  return context.enter(captured, fn, argument);
}

/** Readings served from one stamp before the clocks are read again, within one millisecond. */
const readingsPerStamp = 64;

/**
 * A clock that costs a message nothing: reading the real one takes longer than routing does. A stamp
 * is at most a millisecond old, or 64 messages where a handler keeps the timer from running.
 */
export interface CoarseClock {
  stamp(): Stamp;
  stop(): void;
}

export function coarseClock(env: Env): CoarseClock {
  let current: Stamp;
  let left = 0;
  let timer: Timer | undefined;
  let isStopped = false;
  const expire = (): void => {
    timer = undefined;
    left = 0;
  };
  const stop = (): void => {
    isStopped = true;
    env.clearTimer(timer);
    expire();
  };
  const stamp = (): Stamp => {
    if (left-- > 0) return current;
    left = readingsPerStamp;
    current = { now: env.now(), wall: env.wall() };
    if (!isStopped) timer ??= env.setTimer(expire, 1);
    return current;
  };
  return { stamp, stop };
}
