import type { Env, Timer } from '@bus/core';

/** Notices when one wait takes too long, with at most one timer however many waits there are. */
export class StallWatch {
  readonly #env: Env;
  readonly #stallMs: number;
  readonly #stalled: () => void;
  #since: number | undefined;
  #timer: Timer | undefined;

  constructor(env: Env, stallMs: number, stalled: () => void) {
    this.#env = env;
    this.#stallMs = stallMs;
    this.#stalled = stalled;
  }

  begin(): void {
    this.#since = this.#env.now();
    this.#timer ??= this.#env.setTimer(this.#check, this.#stallMs);
  }

  pause(): void {
    this.#since = undefined;
  }

  stop(): void {
    this.#since = undefined;
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  readonly #check = (): void => {
    this.#timer = undefined;
    if (this.#since === undefined) return;
    const left = this.#since + this.#stallMs - this.#env.now();
    if (left > 0) this.#timer = this.#env.setTimer(this.#check, left);
    else this.#stalled();
  };
}
