/** How much the newest batch counts in the average. */
const newest = 1 / 4;
/** A gap counts for no more than so many times the wait, so that one pause is soon forgotten. */
const longestGap = 4;
/** Waits that brought nothing are repeated ever more seldom, down to one in 2^6 times the wait. */
const mostDoublings = 6;

/**
 * Tells whether waiting for more messages is likely to bring one, from how the last batches came
 * about. It reads no clock of its own, and is asked and told once a batch.
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

  /** Whether another message is to be expected within the wait. */
  isWorthWaiting(now: number): boolean {
    return this.#gapMs < this.#waitMs && now >= this.#retryAt;
  }

  /** A batch of `count` messages was handed over. */
  came(count: number, now: number): void {
    const gap = Math.min((now - this.#lastAt) / count, longestGap * this.#waitMs);
    this.#gapMs += (gap - this.#gapMs) * newest;
    this.#lastAt = now;
  }

  /**
   * A wait is over. Who sends the next message only after the last was handled never sends one while
   * it waits, however fast it sends.
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
