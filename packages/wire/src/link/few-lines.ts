import type { Env, Logger } from '@bus/core';

const mostPerSecond = 10;

/** Warnings that anybody can cause who can connect: a few a second, and then how many more there were. */
export class FewLines {
  readonly #env: Env;
  readonly #log: Logger;
  #second = 0;
  #written = 0;
  #heldBack = 0;

  constructor(env: Env, log: Logger) {
    this.#env = env;
    this.#log = log;
  }

  write(line: string): void {
    const second = Math.floor(this.#env.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#written = 0;
    }
    if (++this.#written > mostPerSecond) {
      this.#heldBack++;
      return;
    }
    const more = this.#heldBack === 0 ? '' : ` (and ${this.#heldBack} more before it)`;
    this.#heldBack = 0;
    this.#log.warn(line + more);
  }
}
