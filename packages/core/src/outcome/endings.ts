import type { Endpoint } from '../endpoint/endpoint.ts';
import type { CoarseClock, Env } from '../env.ts';
import { type BusError, handlerFailed } from '../errors.ts';
import type { BusMessage, Delivery, Outstanding } from '../message/message.ts';
import type { OutcomeArgs } from '../plugin/hooks.ts';
import type { Deadlines } from './deadlines.ts';
import type { Ledger, Outcome } from './outcomes.ts';
import { verdictIn } from './outcomes.ts';
import type { Count, SendPromises } from './results.ts';

/** The start of a run that is not timed, and its duration. */
export const untimed: number = Number.NaN;

/** The parts of a bus that the end of a message touches. */
export interface EndingParts {
  readonly env: Env;
  readonly clock: CoarseClock;
  readonly deadlines: Deadlines;
  readonly ledger: Ledger;
  readonly promises: SendPromises;
  readonly hooks: { readonly outcome: ((...args: OutcomeArgs) => void) | undefined };
  /** Tells the `error` observers, and the log unless a sender learns of the error. */
  report(error: BusError, isWatched?: boolean): void;
}

/** Where messages end at their targets: counted, told to observers and to the sender. */
export class Endings {
  readonly #parts: EndingParts;
  /** Tells those that wait for an endpoint to have nothing left. */
  readonly #drained = new Map<Endpoint, () => void>();

  constructor(parts: EndingParts) {
    this.#parts = parts;
  }

  /** A handler has settled. @param fault - its error, where that is a tap's mistake. */
  settled(
    endpoint: Endpoint,
    message: BusMessage,
    delivery: Delivery | undefined,
    value: unknown,
    hasFailed: boolean,
    timedFrom: number,
    fault: BusError | undefined,
  ): void {
    const { isRemote } = endpoint;
    let outcome: Outcome = isRemote ? 'forwarded' : 'handled';
    let error = fault;
    let reason: string | undefined;
    const verdict = hasFailed && fault === undefined ? verdictIn(value) : undefined;
    if (verdict !== undefined) ({ outcome, error, reason } = verdict);
    else if (hasFailed) {
      outcome = error === undefined ? 'failed' : 'rejected';
      error ??= handlerFailed('the handler', message.topic, endpoint.label, value);
    }
    const result = hasFailed ? undefined : value;
    this.ended(endpoint, message, delivery, outcome, error, reason, result, timedFrom);
    if (error === undefined || (outcome === 'failed' && isRemote)) return;
    this.#parts.report(error, message.completion !== undefined);
  }

  /** A message ends at one of its targets. */
  ended(
    endpoint: Endpoint,
    message: BusMessage,
    delivery: Delivery | undefined,
    outcome: Outcome,
    error?: BusError,
    reason?: string,
    value?: unknown,
    timedFrom?: number,
  ): void {
    endpoint.load--;
    if (delivery !== undefined) {
      delivery.isEnded = true;
      if (delivery.admitted !== undefined) delivery.admit(error ?? 0);
      if (message.outstanding !== undefined) this.#close(message.outstanding, error);
    }
    const { startedAt } = delivery ?? {};
    this.record(message, endpoint, outcome, error, reason, value, timedFrom, startedAt);
    if (this.#drained.size > 0 && endpoint.load === 0) this.#tellDrained(endpoint);
  }

  /**
   * Counts an outcome and tells the observers and the sender: the only place that does.
   * @param timedFrom - the start of a run that is timed.
   * @param startedAt - the start of another run, to a millisecond.
   */
  record(
    message: BusMessage,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    error?: BusError,
    reason?: string,
    value?: unknown,
    timedFrom: number = untimed,
    startedAt?: number,
  ): void {
    const { ledger, hooks, env, clock } = this.#parts;
    ledger.count(outcome, reason);
    if (hooks.outcome !== undefined) {
      const isTimed = !Number.isNaN(timedFrom);
      const start = isTimed ? timedFrom : (startedAt ?? clock.stamp().now);
      const took = isTimed ? env.now() - timedFrom : untimed;
      hooks.outcome(message, endpoint, outcome, start, took, error, reason);
    }
    if (message.completion === undefined) return;
    try {
      message.completion.settled(message, endpoint, outcome, value, error);
    } catch (cause) {
      this.#reportSender(message, endpoint, cause);
    }
  }

  /** A message ends that reaches no endpoint. Returns what its sender gets. */
  unreached(message: BusMessage, outcome: Outcome, error?: BusError, reason?: string): Count {
    const { ledger, promises, report } = this.#parts;
    ledger.accepted++;
    this.record(message, undefined, outcome, error, reason);
    if (error === undefined) return 0;
    report(error, true);
    return promises.reject(error, message.completion !== undefined);
  }

  /** The same for one that is refused, by an error of the bus. */
  refused(message: BusMessage, error: unknown): Count {
    const { code } = error as BusError;
    const outcome = code === 'BUS_EXPIRED' ? 'expired' : 'rejected';
    return this.unreached(message, outcome, error as BusError);
  }

  /** A handler has settled whose message had ended before. */
  late(message: BusMessage, endpoint: Endpoint): void {
    try {
      message.completion?.late?.(message, endpoint);
    } catch (cause) {
      this.#reportSender(message, endpoint, cause);
    }
  }

  #reportSender({ topic }: BusMessage, endpoint: Endpoint | undefined, cause: unknown): void {
    this.#parts.report(handlerFailed('the sender', topic, endpoint?.label, cause));
  }

  /** Resolves when nothing of an endpoint's waits or runs. */
  drained(endpoint: Endpoint): Promise<void> {
    if (endpoint.load === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const others = this.#drained.get(endpoint);
      this.#drained.set(endpoint, () => {
        others?.();
        resolve();
      });
    });
  }

  /** One delivery fewer is outstanding. */
  #close(outstanding: Outstanding, error: BusError | undefined): void {
    if (outstanding.count === 0 || --outstanding.count > 0) return;
    outstanding.deliveries = outstanding.owner = undefined;
    const { release } = outstanding;
    outstanding.release = undefined;
    this.#parts.deadlines.remove(outstanding);
    release?.(error);
  }

  #tellDrained(endpoint: Endpoint): void {
    const tell = this.#drained.get(endpoint);
    this.#drained.delete(endpoint);
    tell?.();
  }
}
