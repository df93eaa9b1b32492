import type { BusError } from './errors.ts';
import type { Outcome } from './outcomes.ts';

const brand = Symbol.for('@bus/verdict');

/**
 * How a message ended at an endpoint, where that is neither `handled` nor `failed`. A plugin that
 * wraps a handler throws it, or rejects with it.
 */
export class Verdict {
  /** How it counts. */
  readonly outcome: Outcome;
  /** What the sender and observers get; undefined where nothing went wrong. */
  readonly error: BusError | undefined;
  /** Says why a message was dropped. */
  readonly reason: string | undefined;

  constructor(outcome: Outcome, error?: BusError, reason?: string) {
    this.outcome = outcome;
    this.error = error;
    this.reason = reason;
  }

  /** Holds for verdicts of every copy of this package in the process, unlike `instanceof`. */
  static is(value: unknown): value is Verdict {
    try {
      return typeof value === 'object' && value !== null && brand in value;
    } catch {
      return false;
    }
  }
}

Object.defineProperty(Verdict.prototype, brand, { value: true });
