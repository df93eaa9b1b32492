import type { Env, Timer } from '@bus/core';
import { Histogram } from './histogram.ts';

/** How late the event loop is, by a timer that is always set and knows when it was due. */
export class LoopLag {
  /** How late each tick was. */
  readonly lateness: Histogram = new Histogram();
  readonly #env: Env;
  readonly #everyMs: number;
  readonly #ticked: (now: number) => void;
  #timer: Timer | undefined;
  #due = Number.POSITIVE_INFINITY;
  #lastMs = 0;
  #worstMs = 0;

  /** @param ticked - called every so many milliseconds, after the loop has been looked at. */
  constructor(env: Env, everyMs: number, ticked: (now: number) => void) {
    this.#env = env;
    this.#everyMs = everyMs;
    this.#ticked = ticked;
  }

  start(): void {
    this.#due = this.#env.now() + this.#everyMs;
    this.#timer = this.#env.setTimer(this.#tick, this.#everyMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#due = Number.POSITIVE_INFINITY;
  }

  /** Milliseconds: at the last tick, or by how much the next one is overdue. */
  get lagMs(): number {
    return Math.max(this.#lastMs, this.#env.now() - this.#due);
  }

  /** The worst since this was last called, in milliseconds. */
  takeWorst(): number {
    const worst = Math.max(this.#worstMs, this.lagMs);
    this.#worstMs = 0;
    return worst;
  }

  readonly #tick = (): void => {
    const now = this.#env.now();
    this.#lastMs = Math.max(0, now - this.#due);
    this.#worstMs = Math.max(this.#worstMs, this.#lastMs);
    this.lateness.record(this.#lastMs);
    this.start();
    this.#ticked(now);
  };
}
