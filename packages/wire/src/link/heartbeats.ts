import type { Env, Timer } from '@bus/core';
import { BusError, withoutStack } from '@bus/core';
import type { Link } from './link.ts';
import type { Heartbeat } from './peer.ts';

/** A frame of which no more comes is given up after this long. */
const partialFrameMs = 10_000;

/**
 * Watches whether peers are alive: anything they send counts. One timer for all links of a transport,
 * as frequent as the most impatient of them needs, and none where there are no links.
 */
export class Heartbeats {
  readonly #env: Env;
  readonly #links: ReadonlySet<Link>;
  #periodMs = 0;
  #timer: Timer;
  #due = 0;

  constructor(env: Env, links: ReadonlySet<Link>) {
    this.#env = env;
    this.#links = links;
  }

  /** To be called when a link has come or gone, or is to be watched in another way. */
  adjust(): void {
    let periodMs = Number.POSITIVE_INFINITY;
    for (const { life } of this.#links) periodMs = Math.min(periodMs, periodOf(life.heartbeat));
    const waits = this.#timer !== undefined;
    if (waits && periodMs === this.#periodMs) return;
    this.stop();
    this.#periodMs = periodMs;
    if (this.#links.size > 0) this.#wait();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    this.#due = this.#env.now() + this.#periodMs;
    this.#timer = this.#env.setTimer(() => this.#tick(), this.#periodMs);
  }

  #tick(): void {
    this.#timer = undefined;
    // A loop that was late here has neither asked its peers nor read what came: it must not take them
    // for dead.
    const lag = this.#env.now() - this.#due;
    if (lag > this.#periodMs) for (const { life } of this.#links) life.forgive(lag);
    if (this.#links.size === 0) return;
    this.#wait();
    // What has come meanwhile is read before anybody is judged.
    this.#env.setTurn(() => {
      for (const link of [...this.#links]) this.#check(link);
    });
  }

  #check(link: Link): void {
    const { life, peer } = link;
    const now = this.#env.now();
    if (life.partialSince !== undefined && now - life.partialSince > partialFrameMs) {
      link.fail(silence(peer, 'a frame it began', partialFrameMs));
    } else if (link.session !== undefined && life.judge() === 'down') {
      link.fail(silence(peer, 'any sign of life', life.heartbeat.downMs));
    }
  }
}

/** Often enough that nothing is noticed much later than it is due. */
function periodOf({ intervalMs, suspectMs, downMs }: Heartbeat): number {
  return Math.max(1, Math.min(intervalMs, suspectMs - intervalMs, downMs - suspectMs) / 2);
}

function silence(peer: string, what: string, ms: number): BusError {
  const reason = `'${peer}' sent nothing of ${what} for ${ms} ms`;
  return withoutStack(() => new BusError('WIRE_PROTOCOL_ERROR', reason, { reason }));
}
