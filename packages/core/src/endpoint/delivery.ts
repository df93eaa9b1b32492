import type { RunInContext } from '../env.ts';
import type { BusError } from '../errors.ts';
import type { BusMessage, Work } from '../message/message.ts';
import type { Endpoint } from './endpoint.ts';
import type { Queued, QueuedList } from './queue.ts';

/** The part of the bus that a delivery calls when it has to end early. */
export interface DeliveryOwner {
  cancelled(delivery: Delivery, reason: BusError): void;
}

/**
 * One message on its way to one endpoint, where that takes longer than a call: it waits, or its
 * handler has not settled.
 */
export class Delivery implements Queued, Work {
  message: BusMessage;
  readonly endpoint: Endpoint;
  /** Its outcome is recorded; a handler may still be running. */
  isEnded = false;
  isRunning = false;
  /** Its handler's promise has settled. */
  isSettled = false;
  held = false;
  blocked = false;
  mark: unknown = undefined;
  list: QueuedList | undefined = undefined;
  before: Queued | undefined = undefined;
  after: Queued | undefined = undefined;
  /** When its handler was called, on the coarse clock; not a number before that. */
  startedAt: number = Number.NaN;
  /** The same where it is timed exactly; else not a number. */
  timedFrom: number = Number.NaN;
  /** When its handler's time is over, see `TimeLimits`. */
  due = 0;
  /** Counts against `limits.inFlight`. */
  hasPermit = false;
  asking = 0;
  /** Its handler can be recognised as the sender of what it sends. */
  isTracked = false;
  /** The context it was sent in, while it waits. */
  context: RunInContext | undefined = undefined;
  /** Settles the promise of a sender that waits for room. */
  admitted: ((count: number | BusError) => void) | undefined = undefined;
  /** The next older delivery of the same message. */
  sibling: Delivery | undefined = undefined;
  readonly #owner: DeliveryOwner;

  constructor(owner: DeliveryOwner, message: BusMessage, endpoint: Endpoint) {
    this.#owner = owner;
    this.message = message;
    this.endpoint = endpoint;
  }

  admit(count: number | BusError = this.endpoint.members): void {
    this.admitted?.(count);
    this.admitted = undefined;
  }

  cancel(reason: BusError): void {
    this.#owner.cancelled(this, reason);
  }
}
