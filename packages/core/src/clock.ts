import type { Env } from './env.ts';

/** One reading of both clocks. */
export interface Stamp {
  /** The monotonic clock, in milliseconds: see `Env.now`. */
  readonly now: number;
  /** Milliseconds since the Unix epoch: see `Env.wall`. */
  readonly wall: number;
}

/** Readings served from one stamp before the clocks are asked again, within one millisecond. */
const readingsPerStamp = 64;
/** Of what is frequent, one in eight is timed. */
const timingsPerStamp = 8;

/**
 * A clock that costs a message nothing: reading the real one takes longer than routing does. A stamp
 * is at most a millisecond old, or 64 messages where a handler keeps the timer from running.
 */
export class CoarseClock {
  /** Set back whenever the clocks are read anew: how much may still be timed until the next time. */
  timings: number = timingsPerStamp;
  readonly #env: Env;
  #stamp: Stamp = { now: 0, wall: 0 };
  #left = 0;
  #timer: unknown;
  readonly #expire = (): void => {
    this.#timer = undefined;
    this.#left = 0;
  };

  constructor(env: Env) {
    this.#env = env;
  }

  stamp(): Stamp {
    if (this.#left-- > 0) return this.#stamp;
    this.#left = readingsPerStamp;
    this.timings = timingsPerStamp;
    this.#stamp = { now: this.#env.now(), wall: this.#env.wall() };
    this.#timer ??= this.#env.setTimer(this.#expire, 1);
    return this.#stamp;
  }

  stop(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#expire();
  }
}
