import type { Endpoint, Host, Message, Outcome } from '@bus/core';
import { LoopWatch } from './loop-watch.ts';
import { SlowRuns } from './slow-runs.ts';

/** How many of those that ran since the last tick are remembered. */
const mostSuspected = 8;
/** How long every run is timed after the event loop was held up. */
const timedMs = 10_000;
/** More runs than this between two ticks are not timed: reading a clock would cost too much of them. */
const mostTimed = 2500;
/** How long they are left alone then. */
const restMs = 60_000;

/**
 * Finds out who is slow. Few runs are timed; when the event loop was held up, those that ran
 * meanwhile may have been it, and all runs are timed for a while, so that the next is known.
 */
export class Blame {
  readonly loop: LoopWatch;
  readonly slow: SlowRuns = new SlowRuns();
  readonly #host: Host;
  readonly #slowMs: number;
  readonly #suspected: (Endpoint | undefined)[] = new Array(mostSuspected).fill(undefined);
  #last: Endpoint | undefined;
  #ran = 0;
  #stopTiming: (() => void) | undefined;
  #timedUntil = 0;
  /** Since the last tick. */
  #timedRuns = 0;
  #restsUntil = Number.NEGATIVE_INFINITY;

  /** @param stays - whether to watch the event loop though no messages pass. */
  constructor(host: Host, slowMs: number, stays: () => boolean) {
    this.#host = host;
    this.#slowMs = slowMs;
    const periodMs = Math.min(Math.max(slowMs / 2, 5), 25);
    const ticked = (lagMs: number): void => this.#ticked(lagMs);
    this.loop = new LoopWatch({ env: host.env, periodMs, stays, ticked });
  }

  /** A message has ended at an endpoint. */
  ended(
    message: Message,
    endpoint: Endpoint,
    outcome: Outcome,
    startedAt: number,
    durationMs: number,
  ): void {
    if (endpoint !== this.#last) this.#noteRun(endpoint);
    // Not a number where it was not timed.
    if (durationMs >= 0) this.#timed(endpoint, durationMs);
    else if (outcome === 'expired') this.#noteExpired(message, endpoint);
    else if (startedAt < this.loop.armedAt - this.#slowMs || !this.loop.isArmed) {
      this.#mayBeSlow(endpoint, startedAt);
    }
  }

  stop(): void {
    this.loop.stop();
    this.#stopTiming?.();
    this.#stopTiming = undefined;
  }

  #noteRun(endpoint: Endpoint): void {
    this.#last = endpoint;
    this.#suspected[this.#ran++ % mostSuspected] = endpoint;
  }

  #timed(endpoint: Endpoint, durationMs: number): void {
    if (durationMs >= this.#slowMs) this.#noteSlow(endpoint, durationMs);
    if (++this.#timedRuns < mostTimed || this.#stopTiming === undefined) return;
    this.#stopTiming();
    this.#stopTiming = undefined;
    this.#restsUntil = this.#host.env.now() + restMs;
  }

  #mayBeSlow(endpoint: Endpoint, startedAt: number): void {
    const durationMs = this.#host.env.now() - startedAt;
    if (durationMs >= this.#slowMs) this.#noteSlow(endpoint, durationMs);
  }

  /** What takes long beyond a link is said there. */
  #noteSlow(endpoint: Endpoint, durationMs: number): void {
    if (!endpoint.isRemote) this.slow.note(endpoint, durationMs, true, this.#host.env.now());
  }

  /** A run that was given up at the handler's own limit, and may never end. */
  #noteExpired({ deadline = Number.POSITIVE_INFINITY }: Message, endpoint: Endpoint): void {
    const { timeoutMs } = endpoint.policy;
    const isOwn = deadline > this.#host.env.now();
    if (isOwn && timeoutMs >= this.#slowMs) this.#noteSlow(endpoint, timeoutMs);
  }

  #ticked(lagMs: number): void {
    const now = this.#host.env.now();
    if (lagMs >= this.#slowMs) this.#heldUp(lagMs, now);
    else if (now >= this.#timedUntil) {
      this.#stopTiming?.();
      this.#stopTiming = undefined;
    }
    this.#timedRuns = 0;
    if (this.#ran === 0) return;
    this.#suspected.fill(undefined);
    this.#last = undefined;
    this.#ran = 0;
  }

  /** One of those that ran since the last tick may have held the event loop up. */
  #heldUp(lagMs: number, now: number): void {
    let mayBeOurs = false;
    for (const endpoint of new Set(this.#suspected)) {
      if (endpoint === undefined || endpoint.isRemote) continue;
      mayBeOurs = true;
      this.slow.note(endpoint, lagMs, false, now);
    }
    if (!mayBeOurs || now < this.#restsUntil) return;
    this.#stopTiming ??= this.#host.timeEveryRun();
    this.#timedUntil = now + timedMs;
  }
}
