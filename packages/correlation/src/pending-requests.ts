import type { CorrelationReport } from './api.ts';
import { duplicateId } from './errors.ts';

/**
 * What is to be known of all requests that wait: how many, and under which ids their callers gave.
 * The kernel tells each how it ended, so there is no table to look replies up in.
 */
export class PendingRequests {
  #pending = 0;
  #lateReplies = 0;
  readonly #supplied = new Set<string>();

  report(): CorrelationReport {
    return { pending: this.#pending, lateReplies: this.#lateReplies };
  }

  /**
   * Takes an id given by a caller.
   * @throws CORRELATION_DUPLICATE_ID
   */
  reserve(topic: string, id: string): void {
    if (this.#supplied.has(id)) throw duplicateId(topic, id);
    this.#supplied.add(id);
  }

  release(id: string): void {
    this.#supplied.delete(id);
  }

  began(): void {
    this.#pending++;
  }

  ended(): void {
    this.#pending--;
  }

  late(): void {
    this.#lateReplies++;
  }
}
