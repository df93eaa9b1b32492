import type { TransportHost } from '@bus/wire';

/** Counts what a listener refuses and says so, at most once a second for each cause. */
export class Refusals {
  readonly #host: TransportHost;
  readonly #causes = new Map<string, { refused: number; loggedAt: number }>();

  constructor(host: TransportHost) {
    this.#host = host;
  }

  /** @param message - built only where it is logged: floods are cheap. */
  add(cause: string, message: () => string): void {
    const counted = this.#causes.get(cause) ?? { refused: 0, loggedAt: Number.NEGATIVE_INFINITY };
    this.#causes.set(cause, counted);
    counted.refused += 1;
    const now = this.#host.env.now();
    if (now - counted.loggedAt < 1000) return;
    counted.loggedAt = now;
    this.#host.log.warn(message(), { refused: counted.refused });
  }
}
