import type { BusError, Completion, Endpoint, Message, Outcome } from '@bus/core';
import { busError } from '@bus/core';
import type { Failure } from '../failure.ts';
import { failureOf } from '../failure.ts';

/** What the receiving side says about the events that it is to acknowledge. */
export interface AckingLink {
  /** All that an event was for have done with it; so many of them have handled it. */
  acked(id: number, endpoints: number): void;
  nacked(id: number, failure: Failure): void;
  /** Ends the handlers of a message that nobody waits for any more. */
  end(message: Message, reason: BusError): void;
}

/**
 * One event that came over a link and is to be acknowledged. The kernel tells it how the event ended
 * at each target; when it has at all of them, the peer is told, exactly once.
 */
export class IncomingEvent implements Completion {
  readonly id: number;
  readonly #link: AckingLink;
  #message: Message | undefined;
  #open = 1;
  #endpoints = 0;
  #failure: Failure | undefined;
  /** The peer has been told, or nobody is there to be told. */
  isAnswered = false;

  constructor(link: AckingLink, id: number) {
    this.#link = link;
    this.id = id;
  }

  targeted(count: number, message: Message): void {
    this.#open = count;
    this.#message = message;
  }

  settled(
    { topic }: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    if (outcome === 'handled') this.#endpoints++;
    else if (outcome === 'forwarded') this.#endpoints += typeof value === 'number' ? value : 0;
    else if (outcome === 'unroutable') this.#failed('dropped', noRoute(topic));
    else if (!isDone(outcome, error)) this.#failed(outcome, error);
    this.#open = endpoint === undefined ? 0 : this.#open - 1;
    if (this.#open <= 0) this.#answer();
  }

  /** Its sender gave it up. */
  cancel(reason: BusError): void {
    if (this.#message !== undefined) {
      this.#link.end(this.#message, reason);
      return;
    }
    // It waits for room yet, and nobody is to be called for it any more.
    this.#failed('cancelled', reason);
    this.#answer();
  }

  #failed(outcome: Outcome, error: BusError | undefined): void {
    this.#failure ??= failureOf(outcome, error);
  }

  #answer(): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    if (this.#failure === undefined) this.#link.acked(this.id, this.#endpoints);
    else this.#link.nacked(this.id, this.#failure);
  }
}

/** Whether nothing more is to come of it: it is a dead letter, or a filter or a tap wanted none of it. */
function isDone(outcome: Outcome, error: BusError | undefined): boolean {
  return outcome === 'dead-lettered' || (outcome === 'dropped' && error === undefined);
}

/** Its subscriber has gone since the peer sent it. */
function noRoute(topic: string): BusError {
  return busError('BUS_NO_ROUTE', `nothing here subscribes to '${topic}' any more`, { topic });
}
