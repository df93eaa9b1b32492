import type { Env, Timer } from '@bus/core';

interface Waiter {
  readonly condition: () => boolean;
  readonly resolve: () => void;
}

/** What is waited for, as text; a function says it when the time is over. */
export type Wanted = string | (() => string);

/** The time one case has, and what it waits for. */
export class Patience {
  /** Rejects when the time is over, naming what was waited for. */
  readonly over: Promise<never>;
  readonly #env: Env;
  readonly #ms: number;
  readonly #waiters = new Set<Waiter>();
  readonly #wanted = new Set<{ readonly what: Wanted }>();
  #timer: Timer;
  #giveUp: (error: Error) => void = () => undefined;

  constructor(env: Env, ms: number) {
    this.#env = env;
    this.#ms = ms;
    this.over = new Promise((_, reject) => {
      this.#giveUp = reject;
    });
    // Waited for only while a case runs.
    this.over.catch(() => undefined);
    this.begin();
  }

  /** Gives the whole time, from now on. */
  begin(): void {
    this.end();
    this.#timer = this.#env.setTimer(() => this.#giveUp(new Error(this.#complaint())), this.#ms);
  }

  /** Waits without limit, or not at all any more. */
  end(): void {
    this.#env.clearTimer(this.#timer);
  }

  /** Waits until the condition holds; it is looked at whenever something has {@link changed}. */
  async until(condition: () => boolean, what: Wanted): Promise<void> {
    if (condition()) return;
    const holds = new Promise<void>((resolve) => this.#waiters.add({ condition, resolve }));
    await this.of(holds, what);
  }

  /** The value of a promise. */
  async of<T>(promise: Promise<T>, what: Wanted): Promise<T> {
    const wanted = { what };
    this.#wanted.add(wanted);
    try {
      return await Promise.race([promise, this.over]);
    } finally {
      this.#wanted.delete(wanted);
    }
  }

  /** To be called after everything a condition could depend on. */
  changed(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.condition()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** Lets the loop turn, for what must not happen to have its chance. */
  async turns(count = 20): Promise<void> {
    for (let i = 0; i < count; i++) {
      await new Promise<void>((resolve) => this.#env.setTurn(resolve));
    }
  }

  #complaint(): string {
    const wanted = [...this.#wanted].map(({ what }) => (typeof what === 'string' ? what : what()));
    return `not within ${this.#ms} ms: ${wanted.length === 0 ? 'the case' : wanted.join('; ')}`;
  }
}
