import type { Env, Timer } from '@bus/core';
import { BusError } from '@bus/core';
import type { Link } from './link.ts';
import type { HeartbeatOptions } from './options.ts';

/** A frame of which no more comes is given up after this long. */
const partialFrameMs = 10_000;

/**
 * Watches whether peers are alive: anything they send counts. One timer for all links of a transport,
 * and none where there are no links.
 */
export class Heartbeat {
  readonly #env: Env;
  readonly #options: HeartbeatOptions;
  readonly #links: ReadonlySet<Link>;
  readonly #periodMs: number;
  #timer: Timer;
  #due = 0;

  constructor(env: Env, options: HeartbeatOptions, links: ReadonlySet<Link>) {
    this.#env = env;
    this.#options = options;
    this.#links = links;
    const { intervalMs, suspectMs, downMs } = options;
    this.#periodMs = Math.min(intervalMs, suspectMs - intervalMs, downMs - suspectMs) / 2;
  }

  /** To be called when a link has come. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#due = this.#env.now() + this.#periodMs;
    this.#timer = this.#env.setTimer(() => this.#tick(), this.#periodMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.#timer = undefined;
    // A loop that was late here has not read what came: it must not take its peers for dead.
    const lag = this.#env.now() - this.#due;
    if (lag > this.#periodMs) for (const link of this.#links) link.forgive(lag);
    if (this.#links.size === 0) return;
    this.start();
    // What has come meanwhile is read before anybody is judged.
    this.#env.setTurn(() => {
      for (const link of [...this.#links]) this.#check(link);
    });
  }

  #check(link: Link): void {
    const now = this.#env.now();
    const { intervalMs, suspectMs, downMs } = this.#options;
    const silentMs = now - link.heardAt;
    if (link.partialSince !== undefined && now - link.partialSince > partialFrameMs) {
      link.fail(silence(link.peer, 'a frame it began', partialFrameMs));
    } else if (link.session === undefined) return;
    else if (silentMs >= downMs) link.fail(silence(link.peer, 'any sign of life', downMs));
    else {
      link.suspect = silentMs >= suspectMs;
      if (silentMs >= intervalMs && now - link.pingedAt >= intervalMs) link.ping();
    }
  }
}

function silence(peer: string, what: string, ms: number): BusError {
  const reason = `'${peer}' sent nothing of ${what} for ${ms} ms`;
  return new BusError('WIRE_PROTOCOL_ERROR', reason, { reason });
}
