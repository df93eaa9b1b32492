/** The weight of the newest batch in the average. */
const newest = 1 / 4;
/** The longest gap that counts, as a multiple of the wait: one pause is soon forgotten. */
const longestGap = 4;
/** A fruitless wait doubles the time until the next one, up to 2^6 times the wait. */
const mostDoublings = 6;

/**
 * Tells from the last batches whether a wait is likely to bring another message. It reads no clock of
 * its own. A wait without end is always worth it: its user wants full batches.
 */
export class Arrivals {
  readonly #waitMs: number;
  /** Milliseconds from one message to the next, on average. */
  #gapMs: number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #fruitless = 0;
  #retryAt = Number.NEGATIVE_INFINITY;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
    this.#gapMs = longestGap * waitMs;
  }

  /** Whether another message is likely to come within the wait. */
  isWorthWaiting(now: number): boolean {
    if (this.#waitMs === Number.POSITIVE_INFINITY) return true;
    return this.#gapMs < this.#waitMs && now >= this.#retryAt;
  }

  /** A batch of `count` messages was handed over. */
  came(count: number, now: number): void {
    const gap = Math.min((now - this.#lastAt) / count, longestGap * this.#waitMs);
    this.#gapMs += (gap - this.#gapMs) * newest;
    this.#lastAt = now;
  }

  /**
   * A wait is over. A sender that sends the next message only after the last was handled never sends
   * one during a wait, however fast it is.
   */
  waited(brought: number, now: number): void {
    if (brought > 0) {
      this.#fruitless = 0;
      return;
    }
    if (this.#fruitless < mostDoublings) this.#fruitless++;
    this.#retryAt = now + this.#waitMs * 2 ** this.#fruitless;
  }
}
