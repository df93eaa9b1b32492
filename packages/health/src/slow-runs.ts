import type { Endpoint } from '@bus/core';
import type { SlowRun } from './api.ts';

const mostKept = 32;

interface KeptRun extends Omit<SlowRun, 'agoMs'> {
  readonly at: number;
}

/** One slow run of each endpoint: a handler that is slow each time hides no other. */
export class SlowRuns {
  readonly #byEndpoint = new Map<string, KeptRun>();

  note(endpoint: Endpoint, durationMs: number, certain: boolean, now: number): void {
    const { id, name, pattern, addedBy } = endpoint;
    if (!certain && this.#byEndpoint.get(id)?.certain === true) return;
    this.#byEndpoint.delete(id);
    this.#byEndpoint.set(id, {
      endpoint: id,
      name,
      pattern: String(pattern),
      plugin: addedBy,
      durationMs,
      certain,
      at: now,
    });
    if (this.#byEndpoint.size <= mostKept) return;
    const [oldest] = this.#byEndpoint.keys();
    if (oldest !== undefined) this.#byEndpoint.delete(oldest);
  }

  report(now: number): readonly SlowRun[] {
    return [...this.#byEndpoint.values()].map(({ at, ...run }) => ({ ...run, agoMs: now - at }));
  }
}
