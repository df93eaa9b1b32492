import type { BusError } from '../errors.ts';
import type { BusMessage, Work } from '../message/message.ts';
import type { Endpoint } from './endpoint.ts';
import type { Queued, QueuedList } from './queue.ts';

/** What a delivery tells that its handler's time is over. */
export interface DeliveryRunner {
  overran(run: Delivery): void;
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
  /** Set while its handler runs. */
  runner: DeliveryRunner | undefined = undefined;
  held = false;
  /** Its handler can be recognised as the sender of whatever it sends. */
  isTracked = false;
  /** Requests of its handler that are not answered: while there are any it needs no permit. */
  asking = 0;
  mark: unknown = undefined;
  list: QueuedList | undefined = undefined;
  before: Queued | undefined = undefined;
  after: Queued | undefined = undefined;
  /** When its handler was called; undefined before that. */
  startedAt: number | undefined = undefined;
  /** When its handler's time is over, see `Deadlines`. */
  due: number | undefined = undefined;
  /** The context it was sent in, while it waits. */
  context: object | undefined = undefined;
  /** Settles the promise of a sender that waits for room. */
  admitted: ((count: number | BusError) => void) | undefined = undefined;
  /** The next older delivery of the same message. */
  sibling: Delivery | undefined = undefined;

  constructor(message: BusMessage, endpoint: Endpoint) {
    this.message = message;
    this.endpoint = endpoint;
  }

  admit(count: number | BusError = this.endpoint.members): void {
    this.admitted?.(count);
    this.admitted = undefined;
  }

  expire(): void {
    this.runner?.overran(this);
  }
}
