import type { Env, Timer } from '@bus/core';
import { BusError, withoutStack } from '@bus/core';
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
    for (const link of [...this.#links]) look(link, now);
    let periodMs = Number.POSITIVE_INFINITY;
    for (const { life } of this.#links) periodMs = Math.min(periodMs, life.periodMs);
    if (periodMs === Number.POSITIVE_INFINITY) this.stop();
    else this.#wait(periodMs);
  }
}

function look(link: Link, now: number): void {
  const { life, peer } = link;
  const missing = life.look(now, link.session !== undefined);
  if (missing !== undefined) link.fail(silence(peer, missing.what, missing.ms));
}

function silence(peer: string, what: string, ms: number): BusError {
  const reason = `'${peer}' sent nothing of ${what} for ${ms} ms`;
  return withoutStack(() => new BusError('WIRE_PROTOCOL_ERROR', reason, { reason }));
}
