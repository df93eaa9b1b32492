import type { Admission, Answer } from './admission.ts';
import type { Context } from './context.ts';
import { Delivery } from './delivery.ts';
import type { Endings } from './endings.ts';
import type { Endpoint } from './endpoint.ts';
import type { BusError } from './errors.ts';
import type { Mailbox } from './mailbox.ts';
import type { BusMessage } from './message.ts';
import { PendingDeliveries } from './pending-deliveries.ts';
import { PendingResult } from './pending-result.ts';
import { isThenable } from './promises.ts';
import { isStream, streamReply } from './stream.ts';
import { untimed } from './timing.ts';

/** Messages handled in one go before other endpoints, timers and input get their turn. */
const longestBatch = 256;

/**
 * Runs handlers: at once where the endpoint is free, else from its mailbox. Every message offered
 * here ends here, in one outcome, whatever its handler does.
 */
export class Runner {
  readonly #context: Context;
  readonly #endings: Endings;
  readonly #admission: Admission;
  readonly #pending: PendingDeliveries;

  constructor(context: Context, endings: Endings, admission: Admission) {
    this.#context = context;
    this.#endings = endings;
    this.#admission = admission;
    this.#pending = new PendingDeliveries(context, endings, admission, (endpoint) =>
      this.drain(endpoint),
    );
  }

  offer(endpoint: Endpoint, message: BusMessage): Answer {
    if (!this.#admission.accepts(endpoint, message)) return 0;
    if (this.#context.slots.mayStart(endpoint) && this.#isNext(endpoint, message)) {
      this.#run(endpoint, message, undefined);
      return endpoint.members;
    }
    const answer = this.#enqueue(new Delivery(this.#pending, message, endpoint));
    return endpoint.isRemote ? forMembers(answer, endpoint) : answer;
  }

  /** Reserves the message's place at an endpoint; {@link write} lets it start. */
  hold(endpoint: Endpoint, message: BusMessage): Delivery | undefined {
    if (!this.#admission.accepts(endpoint, message)) return undefined;
    const delivery = new Delivery(this.#pending, message, endpoint);
    delivery.held = true;
    const accepted = this.#enqueue(delivery);
    return delivery.ended || accepted === 0 ? undefined : delivery;
  }

  write(delivery: Delivery, message: BusMessage): void {
    delivery.message = message;
    delivery.held = false;
    this.drain(delivery.endpoint);
  }

  /** Gives a reserved place up. */
  withdraw(delivery: Delivery, error: BusError): void {
    this.#pending.giveUp(delivery, 'rejected', error);
  }

  #enqueue(delivery: Delivery): Answer {
    const { endpoint } = delivery;
    const answer = this.#admission.enqueue(delivery);
    if (!delivery.held && !delivery.ended) this.#startLater(endpoint);
    return answer;
  }

  /** Starts what waits, as far as slots, lanes and the bus-wide limit allow. */
  drain(endpoint: Endpoint): void {
    const { mailbox } = endpoint;
    if (mailbox === undefined) return;
    const { slots } = this.#context;
    let batch = longestBatch;
    while (mailbox.size > 0 && slots.has(endpoint)) {
      if (batch-- === 0) {
        this.#drainLater(endpoint);
        return;
      }
      const delivery = mailbox.take((message) => this.#admission.laneOf(endpoint, message));
      if (delivery === undefined) break;
      this.#admission.admitBlocked(endpoint, mailbox);
      this.#start(delivery, mailbox);
    }
    if (mailbox.size > 0 && !endpoint.executing && !slots.free) slots.starve(endpoint);
  }

  #drainLater(endpoint: Endpoint): void {
    this.#context.env.setTurn(() => this.drain(endpoint));
  }

  /** Ends what still runs. */
  cancelRunning(reason: BusError): void {
    this.#pending.cancelAll(reason);
  }

  /** Whether nothing waits before this message, and no lane or full house makes it wait. */
  #isNext(endpoint: Endpoint, message: BusMessage): boolean {
    const { mailbox, policy } = endpoint;
    // Whoever lost messages is told with the next one, which the mailbox does.
    if (mailbox !== undefined && mailbox.missed > 0) return false;
    if (endpoint.load === 1 && endpoint.running === 0) return true;
    return (
      !endpoint.executing &&
      endpoint.running < policy.concurrency &&
      (mailbox === undefined || (mailbox.size === 0 && mailbox.blocked.size === 0)) &&
      this.#admission.laneOf(endpoint, message) === undefined
    );
  }

  /** Starts it now, unless the stack is already deep in other handlers. */
  #startLater(endpoint: Endpoint): void {
    const { slots } = this.#context;
    if (!slots.has(endpoint)) {
      if (!slots.free) slots.starve(endpoint);
    } else if (slots.shallow) this.drain(endpoint);
    else this.#drainLater(endpoint);
  }

  #start(delivery: Delivery, mailbox: Mailbox): void {
    const { endpoint } = delivery;
    const { deadline } = delivery.message;
    if (deadline !== undefined && deadline <= this.#context.env.now()) {
      this.#pending.expired(delivery, deadline);
      if (delivery.laneKey !== undefined) mailbox.leave(delivery.laneKey);
      return;
    }
    this.#admission.enterLane(delivery);
    if (mailbox.missed > 0) {
      delivery.message = delivery.message.with({ missed: mailbox.missed });
      mailbox.missed = 0;
    }
    this.#run(endpoint, delivery.message, delivery);
  }

  #run(endpoint: Endpoint, message: BusMessage, waited: Delivery | undefined): void {
    const { env, slots, calls, timing } = this.#context;
    const startedAt = timing.isNextTimed() ? env.now() : untimed;
    timing.countRun();
    let value: unknown;
    let failed = false;
    endpoint.executing = true;
    slots.nesting++;
    try {
      value = calls.call(endpoint, message);
    } catch (error) {
      value = error;
      failed = true;
    }
    slots.nesting--;
    endpoint.executing = false;
    this.settle(endpoint, message, waited, value, failed, startedAt);
  }

  /** Deals with what a handler's call gave: a result, an error, or something to wait for. */
  settle(
    endpoint: Endpoint,
    message: BusMessage,
    waited: Delivery | undefined,
    value: unknown,
    failed: boolean,
    startedAt: number,
  ): void {
    if (typeof value === 'object' && value !== null && !failed) {
      const pending =
        message.kind === 'request' && isStream(value)
          ? streamReply(value, message, endpoint)
          : value;
      if (isThenable(pending)) {
        const delivery = waited ?? new Delivery(this.#pending, message, endpoint);
        if (waited === undefined) {
          this.#admission.watch(delivery);
          this.#admission.enterLane(delivery);
        }
        // A stranger's `then` may throw, or call back more than once.
        const own = pending instanceof Promise || PendingResult.is(pending);
        const promise = own ? pending : Promise.resolve(pending);
        this.#pending.await(delivery, promise, startedAt);
        if (waited === undefined) this.#continue(endpoint);
        return;
      }
    }
    const byTap = failed && this.#context.calls.isTaps(endpoint, value);
    this.#endings.settled(endpoint, message, waited, value, failed, startedAt, byTap);
    if (waited === undefined) this.#continue(endpoint);
    else if (waited.laneKey !== undefined) endpoint.mailbox?.leave(waited.laneKey);
  }

  /** What came in while the handler was on the stack. */
  #continue(endpoint: Endpoint): void {
    if (endpoint.mailbox !== undefined && endpoint.mailbox.size > 0) this.#startLater(endpoint);
  }
}

/** Counts each of those that an endpoint at the far end of a link stands for. */
function forMembers(answer: Answer, { members }: Endpoint): Answer {
  if (answer instanceof Promise) {
    return answer.then((settled) => (settled === 1 ? members : settled));
  }
  return answer === 1 ? members : answer;
}
