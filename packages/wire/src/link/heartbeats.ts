import type { Env, Timer } from '@bus/core';
import type { Link } from './link.ts';

/**
 * Watches whether peers are alive: anything they send counts. One timer for all links of a transport,
 * as frequent as the one that is watched most closely needs, and none where there are no links.
 */
export class Heartbeats {
  readonly #env: Env;
  readonly #links: ReadonlySet<Link>;
  #timer: Timer;
  #periodMs = Number.POSITIVE_INFINITY;

  constructor(env: Env, links: ReadonlySet<Link>) {
    this.#env = env;
    this.#links = links;
  }

  /** To be called when a link has come, or is to be watched more closely than before. */
  watch({ life }: Link): void {
    if (life.periodMs < this.#periodMs) this.#wait(life.periodMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#periodMs = Number.POSITIVE_INFINITY;
  }

  #wait(periodMs: number): void {
    this.stop();
    this.#periodMs = periodMs;
    this.#timer = this.#env.setTimer(() => {
      this.#timer = undefined;
      // What has come meanwhile is read before anybody is judged.
      this.#env.setTurn(() => this.#look());
    }, periodMs);
  }

  #look(): void {
    const now = this.#env.now();
    let periodMs = Number.POSITIVE_INFINITY;
    for (const link of [...this.#links]) {
      const { life, session } = link;
      const silence = life.look(now, session !== undefined);
      if (silence === undefined) periodMs = Math.min(periodMs, life.periodMs);
      else link.fail(silence);
    }
    if (this.#links.size === 0) this.stop();
    else this.#wait(periodMs);
  }
}
