import type { BusError, Completion, EndpointDefinition, Message, Outcome } from '@bus/core';
import { hostOf } from './buses.ts';
import type { LinkedBus } from './linked-bus.ts';

/** How an event ended at one target. */
export interface Ending {
  readonly outcome: Outcome;
  readonly value: unknown;
  readonly error: BusError | undefined;
}

/** An event whose sender waits for what becomes of it. */
export class Tracked implements Completion {
  readonly endings: Ending[] = [];
  targets = 0;

  targeted(count: number): void {
    this.targets = count;
  }

  settled(
    _message: Message,
    _endpoint: unknown,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    this.endings.push({ outcome, value, error });
  }

  /** How it ended: outcomes with what was acknowledged, or the code of the error. */
  get shown(): readonly string[] {
    return this.endings.map(({ outcome, value, error }) => {
      const thrown = error?.code === 'BUS_HANDLER_FAILED' ? error.cause : error;
      return `${outcome} ${(thrown as BusError | undefined)?.code ?? value}`;
    });
  }
}

/** Publishes an event that endpoints are to acknowledge. */
export function track(
  bus: LinkedBus,
  topic: string,
  payload: unknown,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Tracked {
  const tracked = new Tracked();
  hostOf(bus)
    .send('event', topic, payload, options, { completion: tracked })
    .catch(() => undefined);
  return tracked;
}

/** A subscription that acknowledges. */
export function acknowledge(
  bus: LinkedBus,
  pattern: string,
  handler: (message: Message) => unknown,
  more: Partial<EndpointDefinition> = {},
): { stop(): void } {
  return hostOf(bus).addEndpoint({
    concurrency: 1000,
    kinds: ['event'],
    acknowledges: true,
    ...more,
    pattern,
    handler,
  });
}
