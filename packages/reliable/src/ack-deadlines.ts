import type { Env, Timer } from '@bus/core';
import type { Run } from './run.ts';

/** The timer is never armed for longer, so an idle process is kept alive no longer than this. */
const longestSleepMs = 100;
/** A timer this late means that our own loop stalled: no listener is to blame for that. */
const stallMs = 15;

/** When the runs of one subscription have to be acknowledged: all have the same time, so they queue. */
export class AckDeadlines {
  readonly #env: Env;
  readonly #ms: number;
  readonly #expired: (run: Run) => void;
  /** By when each is due, the first first. */
  readonly #due = new Map<Run, number>();
  #timer: Timer | undefined;
  #wakeAt = 0;

  constructor(env: Env, ms: number, expired: (run: Run) => void) {
    this.#env = env;
    this.#ms = ms;
    this.#expired = expired;
  }

  /** Begins the time of a run, or begins it anew. */
  begin(run: Run): void {
    if (this.#ms === Number.POSITIVE_INFINITY) return;
    const now = this.#env.now();
    this.#due.delete(run);
    this.#due.set(run, now + this.#ms);
    if (this.#timer === undefined) this.#arm(now, now + this.#ms);
  }

  remove(run: Run): void {
    this.#due.delete(run);
  }

  stop(): void {
    this.#due.clear();
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #arm(now: number, due: number): void {
    const sleep = Math.min(Math.max(due - now, 0), longestSleepMs);
    this.#wakeAt = now + sleep;
    this.#timer = this.#env.setTimer(this.#wake, sleep);
  }

  readonly #wake = (): void => {
    const lag = this.#env.now() - this.#wakeAt;
    if (lag <= stallMs) {
      this.#judge();
      return;
    }
    for (const [run, due] of this.#due) this.#due.set(run, due + lag);
    this.#env.setTurn(this.#judge);
  };

  readonly #judge = (): void => {
    const now = this.#env.now();
    for (const [run, due] of this.#due) {
      if (due > now) {
        this.#arm(now, due);
        return;
      }
      this.#due.delete(run);
      this.#expired(run);
    }
    this.#timer = undefined;
  };
}
