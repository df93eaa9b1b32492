import type { Admission } from './admission.ts';
import type { Context } from './context.ts';
import { never } from './deadlines.ts';
import type { Delivery, DeliveryDriver } from './delivery.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import type { Endings } from './endings.ts';
import type { Endpoint } from './endpoint.ts';
import type { BusError } from './errors.ts';
import { busError } from './errors.ts';
import type { Outcome } from './outcomes.ts';

/**
 * Deliveries that take their time: handlers that returned a promise are waited for, and what waits or
 * runs is given up when its time has come.
 */
export class PendingDeliveries implements DeliveryDriver {
  readonly #context: Context;
  readonly #endings: Endings;
  readonly #admission: Admission;
  readonly #drain: (endpoint: Endpoint) => void;
  /** Those whose handlers have not settled. */
  readonly #unsettled = new DeliveryQueue();

  /** @param drain - starts what waits at an endpoint that has got a slot. */
  constructor(
    context: Context,
    endings: Endings,
    admission: Admission,
    drain: (endpoint: Endpoint) => void,
  ) {
    this.#context = context;
    this.#endings = endings;
    this.#admission = admission;
    this.#drain = drain;
  }

  /** Waits for a handler, which keeps its slot meanwhile. */
  await(delivery: Delivery, promise: PromiseLike<unknown>, startedAt: number): void {
    const { message, endpoint } = delivery;
    const { clock, deadlines, env, slots, calls, timing } = this.#context;
    const { timeoutMs } = endpoint.policy;
    // What runs at the far end of a link takes no slot of this bus.
    if (!endpoint.isRemote) slots.running++;
    endpoint.running++;
    delivery.running = true;
    this.#unsettled.push(delivery);
    // A stamp may be a millisecond old, which only a short limit would notice.
    delivery.startedAt = timeoutMs > 5000 ? clock.stamp().now : env.now();
    const limit = delivery.startedAt + timeoutMs;
    if (limit < (delivery.deadline?.due ?? never)) {
      this.#endings.forgetDeadline(delivery);
      delivery.deadline = deadlines.add(limit, delivery);
    }
    const timed = Number.isNaN(startedAt) && timing.isWaitTimed();
    const began = timed ? delivery.startedAt : startedAt;
    promise.then(
      (value) => {
        this.#endings.settled(endpoint, message, delivery, value, false, began, false);
        this.#freeSlot(delivery);
      },
      (cause) => {
        const byTap = calls.isTapsRejection(cause);
        this.#endings.settled(endpoint, message, delivery, cause, true, began, byTap);
        this.#freeSlot(delivery);
      },
    );
  }

  expired(delivery: Delivery, now: number): void {
    const { message, endpoint } = delivery;
    const { timeoutMs } = endpoint.policy;
    const limit = delivery.startedAt + timeoutMs;
    if (!delivery.ended) {
      const { topic, deadline = never } = message;
      const what =
        deadline <= now ? 'its deadline passed' : `its handler took over ${timeoutMs} ms`;
      const text = `message on '${topic}' expired at ${endpoint.label}: ${what}`;
      const error = busError('BUS_EXPIRED', text, { topic, endpoint: endpoint.label });
      this.giveUp(delivery, 'expired', error);
    }
    if (!delivery.running) return;
    if (now >= limit) this.#freeSlot(delivery);
    else if (limit < never) {
      delivery.deadline = this.#context.deadlines.add(limit, delivery);
    }
  }

  cancelled(delivery: Delivery, reason: BusError): void {
    this.giveUp(delivery, 'cancelled', reason);
  }

  /** Ends what still runs; its handlers are told, and their slots are theirs no more. */
  cancelAll(reason: BusError): void {
    for (let next = this.#unsettled.head; next !== undefined; next = this.#unsettled.head) {
      this.giveUp(next, 'cancelled', reason);
      this.#freeSlot(next);
    }
  }

  /** Ends a delivery that waits or runs, unless it has ended already, and tells a running handler. */
  giveUp(delivery: Delivery, outcome: Outcome, error: BusError): void {
    if (delivery.ended) return;
    const { message, endpoint } = delivery;
    const { mailbox } = endpoint;
    // What runs is in a queue too, that of the unsettled.
    const waited = !delivery.running && delivery.queue !== undefined && mailbox !== undefined;
    if (waited) {
      mailbox.discard(delivery);
      this.#admission.admitBlocked(endpoint, mailbox);
    }
    if (delivery.running) {
      const { control } = message;
      // With others still at work on the message, the signal they share is not this one's to abort.
      if (control !== undefined && (control.reason !== undefined || control.outstanding <= 1)) {
        control.reason ??= error;
        control.controller?.abort(control.reason);
      }
    }
    this.#endings.end(delivery, outcome, error);
    // After it has ended: a link may answer at once, which is late then.
    if (delivery.running) endpoint.extras?.cancelled?.(message, error);
    // It may have been what held those behind it back.
    if (waited) this.#drain(endpoint);
  }

  #freeSlot(delivery: Delivery): void {
    if (!delivery.running) return;
    const { endpoint, laneKey } = delivery;
    delivery.running = false;
    this.#unsettled.remove(delivery);
    this.#endings.forgetDeadline(delivery);
    endpoint.running--;
    endpoint.update();
    if (!endpoint.isRemote) this.#context.slots.running--;
    if (laneKey !== undefined) endpoint.mailbox?.leave(laneKey);
    this.#context.slots.pass(endpoint, this.#drain);
  }
}
