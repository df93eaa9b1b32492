import type { BusError, Completion, Endpoint, Message, Outcome } from '@bus/core';
import { busError } from '@bus/core';
import { replyError, timeoutError } from './errors.ts';

/** Counts what came too late to be of use. */
export interface LateReplies {
  lateReplies: number;
}

/**
 * One request that waits for its reply. The kernel tells it how the message ended, whatever happens,
 * so it needs neither a timer nor an entry in a table.
 */
export class PendingReply implements Completion {
  readonly #topic: string;
  readonly #timeoutMs: number;
  readonly #late: LateReplies;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((error: BusError) => void) | undefined;
  /** The outcome, where it came before anybody could wait for it. */
  #value: unknown;
  #error: BusError | undefined;
  #settled = false;
  onSettled: (() => void) | undefined;

  constructor(topic: string, timeoutMs: number, late: LateReplies) {
    this.#topic = topic;
    this.#timeoutMs = timeoutMs;
    this.#late = late;
  }

  get settledYet(): boolean {
    return this.#settled;
  }

  /** The reply as a promise, already settled where the handler answered at once. */
  promise(): Promise<unknown> {
    if (!this.#settled) {
      return new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
    }
    return this.#error === undefined ? Promise.resolve(this.#value) : Promise.reject(this.#error);
  }

  settled(
    _message: Message,
    _endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    if (this.#settled) return;
    this.#settled = true;
    if (outcome === 'handled' || outcome === 'forwarded') {
      this.#value = value;
      this.#resolve?.(value);
    } else {
      this.#error = failureOf(this.#topic, this.#timeoutMs, outcome, error);
      this.#reject?.(this.#error);
    }
    this.onSettled?.();
  }

  late(): void {
    this.#late.lateReplies++;
  }
}

/** The error an asker gets for an outcome that is no reply. */
export function failureOf(
  topic: string,
  timeoutMs: number,
  outcome: Outcome,
  error: BusError | undefined,
): BusError {
  if (outcome === 'expired') return timeoutError(topic, timeoutMs, error);
  if (error !== undefined) return replyError(error);
  return busError('BUS_CANCELLED', `the request on '${topic}' was ${outcome} unanswered`, {
    topic,
  });
}
