import { BusError } from '@bus/core';
import type { WorkspaceBus } from '../assembly.ts';
import type { FaultReport } from '../contract/faults.ts';

const everyMs = 20;
const timeoutMs = 2000;

type Requests = FaultReport['requests'];

const none: Requests = { answered: 0, slowestMs: 0, failed: 0, codes: {} };

/** Asks for a report all the time, to see who answers and how long it takes. */
export class Probe {
  readonly #bus: WorkspaceBus;
  readonly #answered: (by: string, askedAt: number) => void;
  #timer: NodeJS.Timeout | undefined;
  readonly #asking = new Set<Promise<void>>();
  #requests: Requests = none;

  /** @param answered - told who has answered, and when that was asked. */
  constructor(bus: WorkspaceBus, answered: (by: string, askedAt: number) => void) {
    this.#bus = bus;
    this.#answered = answered;
  }

  get requests(): Requests {
    return this.#requests;
  }

  begin(): void {
    this.#requests = none;
    this.#timer = setInterval(() => {
      const asking = this.#ask().finally(() => this.#asking.delete(asking));
      this.#asking.add(asking);
    }, everyMs);
  }

  /** Resolves when all that it has asked is answered, or has failed. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#asking);
  }

  async #ask(): Promise<void> {
    const askedAt = performance.now();
    try {
      const { by } = await this.#bus.request(
        'analysis.report',
        { windows: 1 },
        { timeoutMs, idempotent: true },
      );
      const tookMs = performance.now() - askedAt;
      const { answered, slowestMs } = this.#requests;
      this.#requests = {
        ...this.#requests,
        answered: answered + 1,
        slowestMs: Math.max(slowestMs, tookMs),
      };
      this.#answered(by, askedAt);
    } catch (error) {
      const code = BusError.is(error) ? error.code : String(error);
      const { failed, codes } = this.#requests;
      this.#requests = {
        ...this.#requests,
        failed: failed + 1,
        codes: { ...codes, [code]: (codes[code] ?? 0) + 1 },
      };
    }
  }
}
