import type { CoarseClock } from './clock.ts';
import type { Deadlines } from './deadlines.ts';
import type { Delivery } from './delivery.ts';
import type { Endpoint } from './endpoint.ts';
import type { Env } from './env.ts';
import { type BusError, busError, textOf } from './errors.ts';
import type { CompiledHooks } from './kernel-hooks.ts';
import type { BusMessage } from './message.ts';
import type { Ledger, Outcome } from './outcomes.ts';

/** What ending a message needs of its bus. */
export interface EndingsContext {
  readonly env: Env;
  readonly clock: CoarseClock;
  readonly deadlines: Deadlines;
  readonly ledger: Ledger;
  readonly hooks: CompiledHooks;
  report(error: BusError): void;
}

/** Where messages end at their targets: counted, told to observers and to whoever sent them. */
export class Endings {
  readonly #context: EndingsContext;
  readonly #idle = new Map<Endpoint, (() => void)[]>();
  /** Whether somebody waits for an endpoint to become idle. */
  watched = false;

  constructor(context: EndingsContext) {
    this.#context = context;
  }

  /** The one place where a message ends at a target. */
  ended(
    endpoint: Endpoint,
    message: BusMessage,
    delivery: Delivery | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
    startedAt: number,
    reason?: string,
  ): void {
    const { ledger, hooks, env, clock } = this.#context;
    if (outcome === 'handled') ledger.handled++;
    else ledger.count(outcome, reason);
    endpoint.load--;
    endpoint.update();
    if (delivery !== undefined) this.#close(delivery, error);
    if (hooks.outcome !== undefined) {
      const timed = !Number.isNaN(startedAt);
      const began = timed ? startedAt : clock.stamp().now;
      const took = timed ? env.now() - startedAt : Number.NaN;
      hooks.outcome(message, endpoint, outcome, began, took, error, reason);
    }
    if (message.completion !== undefined) this.#tell(message, endpoint, outcome, value, error);
    if (this.watched && endpoint.load === 0) this.#tellIdle(endpoint);
  }

  /** Ends a delivery that was not timed. */
  end(
    delivery: Delivery,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
    reason: string | undefined,
  ): void {
    this.ended(
      delivery.endpoint,
      delivery.message,
      delivery,
      outcome,
      value,
      error,
      Number.NaN,
      reason,
    );
  }

  /** Ends a message whose handler, or a tap around it, threw or rejected. */
  failed(
    endpoint: Endpoint,
    message: BusMessage,
    delivery: Delivery | undefined,
    cause: unknown,
    startedAt: number,
    byTap: boolean,
  ): void {
    const error = byTap
      ? this.#context.hooks.blame('deliver', cause)
      : handlerFailed(message, endpoint, 'the handler', cause);
    this.ended(
      endpoint,
      message,
      delivery,
      byTap ? 'rejected' : 'failed',
      undefined,
      error,
      startedAt,
    );
    this.#context.report(error);
  }

  /** It was stopped between being chosen and being offered the message. */
  gone(endpoint: Endpoint, message: BusMessage): 0 {
    const { topic } = message;
    const error =
      message.completion &&
      busError('BUS_NO_ROUTE', `${nameOf(endpoint)} was stopped before it got '${topic}'`, {
        topic,
      });
    const at = Number.NaN;
    this.ended(endpoint, message, undefined, 'dropped', undefined, error, at, 'unsubscribed');
    return 0;
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

  #tell(
    message: BusMessage,
    endpoint: Endpoint,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    try {
      message.completion?.settled(message, endpoint, outcome, value, error);
    } catch (cause) {
      this.#context.report(handlerFailed(message, endpoint, 'the sender', cause));
    }
  }

  #close(delivery: Delivery, error: BusError | undefined): void {
    delivery.ended = true;
    if (!delivery.running && delivery.deadline !== undefined) {
      this.#context.deadlines.remove(delivery.deadline);
      delivery.deadline = undefined;
    }
    if (delivery.admitted !== undefined) {
      delivery.admitted(error ?? 0);
      delivery.admitted = undefined;
    }
    const { control } = delivery.message;
    if (control !== undefined && control.outstanding > 0 && --control.outstanding === 0) {
      control.deliveries = undefined;
      control.release?.();
      control.release = undefined;
    }
  }

  #tellIdle(endpoint: Endpoint): void {
    const waiting = this.#idle.get(endpoint);
    if (waiting === undefined) return;
    this.#idle.delete(endpoint);
    this.watched = this.#idle.size > 0;
    for (const resolve of waiting) resolve();
  }
}

/** What a message that was dealt with counts as. */
export function successOf(endpoint: Endpoint): Outcome {
  return endpoint.extras?.origin === undefined ? 'handled' : 'forwarded';
}

/** How an error names an endpoint. */
export function nameOf(endpoint: Endpoint): string {
  return endpoint.name ?? endpoint.id;
}

/** What a user's function did, as an error of the bus. */
export function handlerFailed(
  message: BusMessage,
  endpoint: Endpoint,
  what: string,
  cause: unknown,
): BusError {
  return busError(
    'BUS_HANDLER_FAILED',
    `${what} of ${nameOf(endpoint)} failed on '${message.topic}': ${textOf(cause)}`,
    { topic: message.topic, endpoint: nameOf(endpoint) },
    cause,
  );
}
