import type { Env, Timer } from '@bus/core';

/** An environment that knows which of its timers have neither run nor been cleared. */
export interface CountedEnv extends Env {
  readonly timers: number;
}

export function countedEnv(env: Env): CountedEnv {
  const pending = new Set<Timer>();
  return {
    now: () => env.now(),
    wall: () => env.wall(),
    random: () => env.random(),
    randomBytes: (count) => env.randomBytes(count),
    setTimer(callback, ms) {
      const timer: Timer = env.setTimer(() => {
        pending.delete(timer);
        callback();
      }, ms);
      // One that never runs holds nothing.
      if (ms !== Number.POSITIVE_INFINITY) pending.add(timer);
      return timer;
    },
    clearTimer(timer) {
      pending.delete(timer);
      env.clearTimer(timer);
    },
    setTurn: (callback) => env.setTurn(callback),
    context: env.context,
    get timers() {
      return pending.size;
    },
  };
}
