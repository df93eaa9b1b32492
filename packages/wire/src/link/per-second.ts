import type { Env } from '@bus/core';

/** Counts what happens within a second. */
export class PerSecond {
  readonly #env: Env;
  #second = 0;
  #count = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Counts one more; returns how many there have been in this second. */
  next(): number {
    const second = Math.floor(this.#env.now() / 1000);
    if (second !== this.#second) this.#count = 0;
    this.#second = second;
    return ++this.#count;
  }
}
