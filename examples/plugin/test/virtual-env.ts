import type { Env } from '@bus/core';

/** A clock that stands still until it is told to go on, and no chance. */
export interface VirtualEnv extends Env {
  /** Timers that have not run yet. */
  readonly pending: number;
  /** Runs what comes due meanwhile, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
}

/** More than enough for everything that does not wait for a timer. */
async function promises(): Promise<void> {
  for (let i = 0; i < 40; i++) await undefined;
}

export function virtualEnv(): VirtualEnv {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  const setTimer = (callback: () => void, ms: number): object => {
    const timer = { at: now + ms, callback };
    timers.add(timer);
    return timer;
  };
  return {
    now: () => now,
    wall: () => now,
    random: () => 0.5,
    randomBytes: (count) => new Uint8Array(count),
    setTimer,
    clearTimer: (timer) => void timers.delete(timer as never),
    setTurn: (callback) => void setTimer(callback, 0),
    get pending() {
      return timers.size;
    },
    async advance(ms) {
      const end = now + ms;
      await promises();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.callback();
        await promises();
      }
      now = end;
    },
  };
}
