import type { Context } from './context.ts';
import type { Delivery } from './delivery.ts';
import type { Endpoint } from './endpoint.ts';
import { type BusError, handlerFailed } from './errors.ts';
import type { BusMessage } from './message.ts';
import type { Outcome } from './outcomes.ts';
import { untimed } from './timing.ts';
import { Verdict } from './verdict.ts';

/** Where messages end at their targets: counted, told to observers and to whoever sent them. */
export class Endings {
  readonly #context: Context;
  readonly #idle = new Map<Endpoint, (() => void)[]>();
  /** Whether somebody waits for an endpoint to become idle. */
  watched = false;

  constructor(context: Context) {
    this.#context = context;
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
    startedAt?: number,
  ): void {
    endpoint.load--;
    endpoint.update();
    if (delivery !== undefined) this.#close(delivery, error);
    this.record(message, endpoint, outcome, error, reason, value, startedAt, delivery?.startedAt);
    if (this.watched && endpoint.load === 0) this.#tellIdle(endpoint);
  }

  /** Ends a delivery that was not timed. */
  end(delivery: Delivery, outcome: Outcome, error?: BusError, reason?: string): void {
    this.ended(delivery.endpoint, delivery.message, delivery, outcome, error, reason);
  }

  /**
   * The one place where outcomes are counted and told to the observers and to the sender.
   * @param startedAt - of a run that is timed; @param begunAt - of one that is not, to a millisecond.
   */
  record(
    message: BusMessage,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    error?: BusError,
    reason?: string,
    value?: unknown,
    startedAt: number = untimed,
    begunAt: number = untimed,
  ): void {
    const { ledger, hooks, env, clock } = this.#context;
    ledger.count(outcome, reason);
    if (hooks.outcome !== undefined) {
      const timed = !Number.isNaN(startedAt);
      let began = timed ? startedAt : begunAt;
      if (Number.isNaN(began)) began = clock.stamp().now;
      const took = timed ? env.now() - startedAt : untimed;
      hooks.outcome(message, endpoint, outcome, began, took, error, reason);
    }
    if (message.completion === undefined) return;
    try {
      message.completion.settled(message, endpoint, outcome, value, error);
    } catch (cause) {
      this.#context.report(handlerFailed('the sender', message.topic, endpoint?.label, cause));
    }
  }

  /** A handler has settled; `byTap` says whether an error may be a tap's instead of its own. */
  settled(
    endpoint: Endpoint,
    message: BusMessage,
    delivery: Delivery | undefined,
    value: unknown,
    failed: boolean,
    startedAt: number,
    byTap: boolean,
  ): void {
    if (delivery?.ended === true) message.completion?.late?.(message, endpoint);
    else if (failed && Verdict.is(value)) {
      const { outcome, error, reason } = value;
      this.ended(endpoint, message, delivery, outcome, error, reason, undefined, startedAt);
      if (error !== undefined) this.#context.report(error);
    } else if (failed) {
      const outcome = byTap ? 'rejected' : 'failed';
      const error = byTap
        ? this.#context.hooks.blame('deliver', value)
        : handlerFailed('the handler', message.topic, endpoint.label, value);
      this.ended(endpoint, message, delivery, outcome, error, undefined, undefined, startedAt);
      // What a peer's handler threw has been reported there.
      if (byTap || !endpoint.isRemote) this.#context.report(error);
    } else {
      const outcome = endpoint.isRemote ? 'forwarded' : 'handled';
      this.ended(endpoint, message, delivery, outcome, undefined, undefined, value, startedAt);
    }
  }

  /** Resolves when nothing of an endpoint's is waiting or running. */
  drained(endpoint: Endpoint): Promise<void> {
    if (endpoint.load === 0) return Promise.resolve();
    this.watched = true;
    return new Promise((resolve) => {
      const waiting = this.#idle.get(endpoint);
      if (waiting === undefined) this.#idle.set(endpoint, [resolve]);
      else waiting.push(resolve);
    });
  }

  #close(delivery: Delivery, error: BusError | undefined): void {
    delivery.ended = true;
    if (!delivery.running) this.forgetDeadline(delivery);
    delivery.admitted?.(error ?? 0);
    delivery.admitted = undefined;
    const { control } = delivery.message;
    if (control !== undefined && control.outstanding > 0 && --control.outstanding === 0) {
      control.deliveries = undefined;
      control.release?.();
      control.release = undefined;
    }
  }

  forgetDeadline(delivery: Delivery): void {
    if (delivery.deadline === undefined) return;
    this.#context.deadlines.remove(delivery.deadline);
    delivery.deadline = undefined;
  }

  #tellIdle(endpoint: Endpoint): void {
    const waiting = this.#idle.get(endpoint);
    if (waiting === undefined) return;
    this.#idle.delete(endpoint);
    this.watched = this.#idle.size > 0;
    for (const resolve of waiting) resolve();
  }
}
