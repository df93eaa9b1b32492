import type { AsyncContext, Env } from './env.ts';

interface AsyncStorage {
  getStore(): unknown;
  run<A, R>(value: unknown, fn: (argument: A) => R, argument: A): R;
}

interface PlatformProcess {
  getBuiltinModule?(id: string): { AsyncLocalStorage: new () => AsyncStorage } | undefined;
}

/** Found at run time, so that no bundler meets a `node:` import. */
function asyncContext(): AsyncContext | undefined {
  const { process } = globalThis as { process?: PlatformProcess };
  const hooks = process?.getBuiltinModule?.('node:async_hooks');
  if (hooks === undefined) return undefined;
  const storage = new hooks.AsyncLocalStorage();
  return {
    get: () => storage.getStore(),
    run: (value, fn, argument) => storage.run(value, fn, argument),
  };
}

let sharedContext: AsyncContext | undefined | null = null;

/** The real clock, randomness and timers; works in Node, browsers and workers. */
export function platformEnv(): Env {
  // One context for all buses: each storage would slow every promise of the process again.
  if (sharedContext === null) sharedContext = asyncContext();
  const { setImmediate } = globalThis;
  return {
    now: () => performance.now(),
    wall: () => Date.now(),
    random: () => Math.random(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    setTimer: (callback, ms) => setTimeout(callback, ms),
    clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    setTurn: setImmediate
      ? (callback) => void setImmediate(callback)
      : (callback) => void setTimeout(callback, 0),
    context: sharedContext,
  };
}
