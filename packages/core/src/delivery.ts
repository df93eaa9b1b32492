import type { Deadline, Expiring } from './deadlines.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import type { Endpoint } from './endpoint.ts';
import type { BusError } from './errors.ts';
import type { BusMessage } from './message.ts';

/** What a delivery tells the one who drives it. */
export interface DeliveryDriver {
  expired(delivery: Delivery, now: number): void;
  cancelled(delivery: Delivery, reason: BusError): void;
}

/**
 * One message on its way to one endpoint, where that takes longer than a call: it waits, or its
 * handler has not settled. What is handled at once never has one.
 */
export class Delivery implements Expiring {
  message: BusMessage;
  readonly endpoint: Endpoint;
  /** Its outcome is recorded; a handler may still be running. */
  ended = false;
  running = false;
  /** Keeps its place, but must not start: somebody writes it ahead. */
  held = false;
  /** When its handler was called; not a number before that. */
  startedAt: number = Number.NaN;
  deadline: Deadline | undefined;
  /** Frees the publisher that waits for room. */
  admitted: ((count: number | BusError) => void) | undefined;
  /** Next older delivery of the same message. */
  sibling: Delivery | undefined;
  queue: DeliveryQueue | undefined;
  before: Delivery | undefined;
  after: Delivery | undefined;
  laneKey: string | undefined;
  latestKey: string | undefined;
  readonly #driver: DeliveryDriver;

  constructor(driver: DeliveryDriver, message: BusMessage, endpoint: Endpoint) {
    this.#driver = driver;
    this.message = message;
    this.endpoint = endpoint;
  }

  expire(now: number): void {
    this.deadline = undefined;
    this.#driver.expired(this, now);
  }

  cancel(reason: BusError): void {
    this.#driver.cancelled(this, reason);
  }
}
