import type { Admission, Answer } from './admission.ts';
import type { Context } from './context.ts';
import type { DeliveryDriver } from './delivery.ts';
import { Delivery } from './delivery.ts';
import type { Endings } from './endings.ts';
import type { Endpoint } from './endpoint.ts';
import { BusError, busError } from './errors.ts';
import type { Deliver } from './hooks.ts';
import { DeliveryQueue, Mailbox } from './mailbox.ts';
import type { BusMessage } from './message.ts';
import type { Outcome } from './outcomes.ts';
import { PendingResult } from './pending-result.ts';
import { isStream, isThenable, streamReply } from './stream.ts';
import { Verdict } from './verdict.ts';

/** Messages handled in one go before other endpoints, timers and input get their turn. */
const longestBatch = 256;

/**
 * Runs handlers: at once where the endpoint is free, else from its mailbox. Every message offered
 * here ends here, in one outcome, whatever its handler does.
 */
export class Runner implements DeliveryDriver {
  readonly #context: Context;
  readonly #endings: Endings;
  readonly #admission: Admission;
  /** Deliveries whose handlers have not settled. */
  readonly #unsettled = new DeliveryQueue();
  #sample = 0;
  #usesContext = false;
  #handlerError: unknown;

  constructor(context: Context, endings: Endings, admission: Admission) {
    this.#context = context;
    this.#endings = endings;
    this.#admission = admission;
  }

  /** Whether `error` is what a handler threw or how a tap has ended it, and no tap's mistake. */
  readonly isHandlers = (error: unknown): boolean =>
    error === this.#handlerError || Verdict.is(error);

  offer(endpoint: Endpoint, message: BusMessage): Answer {
    if (!this.#admission.accepts(endpoint, message)) return 0;
    if (this.#context.slots.mayStart(endpoint) && this.#isNext(endpoint, message)) {
      this.#run(endpoint, message, undefined);
      return endpoint.members;
    }
    const answer = this.#enqueue(new Delivery(this, message, endpoint));
    return endpoint.isRemote ? forMembers(answer, endpoint) : answer;
  }

  /** Reserves the message's place at an endpoint; {@link write} lets it start. */
  hold(endpoint: Endpoint, message: BusMessage): Delivery | undefined {
    if (!this.#admission.accepts(endpoint, message)) return undefined;
    const delivery = new Delivery(this, message, endpoint);
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
    this.#giveUp(delivery, 'rejected', error);
    this.drain(delivery.endpoint);
  }

  #enqueue(delivery: Delivery): Answer {
    const { endpoint } = delivery;
    const answer = this.#admission.enqueue(delivery);
    if (!delivery.held && !delivery.ended) this.#startLater(endpoint);
    return answer;
  }

  readonly #drain = (endpoint: Endpoint): void => this.drain(endpoint);

  /** Starts what waits, as far as slots, lanes and the bus-wide limit allow. */
  drain(endpoint: Endpoint): void {
    const { mailbox } = endpoint;
    if (mailbox === undefined) return;
    let batch = longestBatch;
    while (mailbox.size > 0 && this.#context.slots.has(endpoint)) {
      if (batch-- === 0) {
        this.#context.env.setTurn(() => this.drain(endpoint));
        return;
      }
      const delivery = mailbox.take((message) => this.#admission.laneOf(endpoint, message));
      if (delivery === undefined) break;
      this.#admission.admitBlocked(endpoint, mailbox);
      this.#start(delivery, mailbox);
    }
    if (mailbox.size > 0 && !endpoint.executing && !this.#context.slots.free) {
      this.#context.slots.starve(endpoint);
    }
  }

  /** Ends what still runs; its handlers are told, and their slots are theirs no more. */
  cancelRunning(reason: BusError): void {
    for (let next = this.#unsettled.head; next !== undefined; next = this.#unsettled.head) {
      if (!next.ended) this.#giveUp(next, 'cancelled', reason);
      this.#freeSlot(next);
    }
  }

  expired(delivery: Delivery, now: number): void {
    const { message, endpoint } = delivery;
    const { timeoutMs } = endpoint.policy;
    const limit = delivery.startedAt + timeoutMs;
    if (!delivery.ended) {
      const { topic, deadline = Number.POSITIVE_INFINITY } = message;
      const what =
        deadline <= now ? 'its deadline passed' : `its handler took over ${timeoutMs} ms`;
      const text = `message on '${topic}' expired at ${endpoint.label}: ${what}`;
      const error = busError('BUS_EXPIRED', text, { topic, endpoint: endpoint.label });
      this.#giveUp(delivery, 'expired', error);
    }
    if (!delivery.running) return;
    if (now >= limit) this.#freeSlot(delivery);
    else if (limit < Number.POSITIVE_INFINITY) {
      delivery.deadline = this.#context.deadlines.add(limit, delivery);
    }
  }

  cancelled(delivery: Delivery, reason: BusError): void {
    this.#giveUp(delivery, 'cancelled', reason);
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
    if (!this.#context.slots.has(endpoint)) {
      if (!this.#context.slots.free) this.#context.slots.starve(endpoint);
    } else if (this.#context.slots.shallow) this.drain(endpoint);
    else this.#context.env.setTurn(() => this.drain(endpoint));
  }

  #start(delivery: Delivery, mailbox: Mailbox): void {
    const { endpoint } = delivery;
    const { deadline } = delivery.message;
    if (deadline !== undefined && deadline <= this.#context.env.now()) {
      this.expired(delivery, deadline);
      if (delivery.laneKey !== undefined) mailbox.leave(delivery.laneKey);
      return;
    }
    this.#enterLane(delivery);
    if (mailbox.missed > 0) {
      delivery.message = delivery.message.with({ missed: mailbox.missed });
      mailbox.missed = 0;
    }
    this.#run(endpoint, delivery.message, delivery);
  }

  #run(endpoint: Endpoint, message: BusMessage, waited: Delivery | undefined): void {
    const { env } = this.#context;
    const startedAt = this.isNextTimed() ? env.now() : Number.NaN;
    this.#sample++;
    let value: unknown;
    let failed = false;
    endpoint.executing = true;
    this.#context.slots.nesting++;
    try {
      value = this.#call(endpoint, message);
    } catch (error) {
      value = error;
      failed = true;
    }
    this.#context.slots.nesting--;
    endpoint.executing = false;
    this.settle(endpoint, message, waited, value, failed, startedAt);
  }

  /** Whether the next run is to be timed: one in 64, where somebody observes outcomes. */
  isNextTimed(): boolean {
    const { hooks } = this.#context;
    return hooks.outcome !== undefined && (hooks.timeEvery > 0 || (this.#sample & 63) === 63);
  }

  /** Whether a run that waits is timed: of those up to some thousands a second, each. */
  #isTimed(): boolean {
    const { hooks, clock } = this.#context;
    return hooks.outcome !== undefined && (hooks.timeEvery > 0 || clock.timings-- > 0);
  }

  /** Counts a message that passed as not to be timed. */
  countUntimed(): void {
    this.#sample++;
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
        const delivery = waited ?? new Delivery(this, message, endpoint);
        if (waited === undefined) {
          this.#admission.watch(delivery);
          this.#enterLane(delivery);
        }
        // A stranger's `then` may throw, or call back more than once.
        const own = pending instanceof Promise || PendingResult.is(pending);
        const promise = own ? pending : Promise.resolve(pending);
        this.#await(delivery, promise, startedAt);
        if (waited === undefined) this.#continue(endpoint);
        return;
      }
    }
    const byTap =
      failed &&
      (isLinks(endpoint, value) ||
        (this.#context.hooks.deliver !== undefined && !this.isHandlers(value)));
    if (failed) this.#handlerError = undefined;
    this.#endings.settled(endpoint, message, waited, value, failed, startedAt, byTap);
    if (waited === undefined) this.#continue(endpoint);
    else if (waited.laneKey !== undefined) endpoint.mailbox?.leave(waited.laneKey);
  }

  /** What came in while the handler was on the stack. */
  #continue(endpoint: Endpoint): void {
    if (endpoint.mailbox !== undefined && endpoint.mailbox.size > 0) this.#startLater(endpoint);
  }

  /** Whether we run inside a handler whose deadline must not be inherited by everybody it tells. */
  isInContext(): boolean {
    return this.#usesContext && this.#context.env.context?.get() !== undefined;
  }

  #call(endpoint: Endpoint, message: BusMessage): unknown {
    const { env, hooks } = this.#context;
    // Nothing that a link does on this side sends a request that could inherit.
    if (!endpoint.isRemote && (message.deadline !== undefined || this.#usesContext)) {
      const { context } = env;
      if (context !== undefined) {
        const inherited = message.deadline === undefined ? undefined : message;
        // A message without a deadline must not run under that of whoever happened to send it.
        if (inherited !== undefined || context.get() !== undefined) {
          this.#usesContext = true;
          return context.run(inherited, this.#deliverIn(endpoint), message);
        }
      }
    }
    const { deliver } = hooks;
    return deliver === undefined ? endpoint.handler(message) : deliver(message, endpoint);
  }

  /** Apart, since a closure in {@link #call} would cost every call. */
  #deliverIn(endpoint: Endpoint): (message: BusMessage) => unknown {
    const { deliver } = this.#context.hooks;
    return deliver === undefined ? endpoint.handler : (message) => deliver(message, endpoint);
  }

  /** The innermost layer of the `deliver` hook: remembers what a handler threw, as its own. */
  readonly handle: Deliver = (message, endpoint) => {
    try {
      return endpoint.handler(message);
    } catch (error) {
      this.#handlerError = error;
      throw error;
    }
  };

  #enterLane(delivery: Delivery): void {
    const { endpoint } = delivery;
    const key = this.#admission.laneOf(endpoint, delivery.message);
    if (key === undefined) return;
    endpoint.mailbox ??= new Mailbox();
    endpoint.mailbox.enter(key);
    delivery.laneKey = key;
  }

  #await(delivery: Delivery, promise: PromiseLike<unknown>, startedAt: number): void {
    const { message, endpoint } = delivery;
    const { clock, deadlines, env } = this.#context;
    const { timeoutMs } = endpoint.policy;
    // What runs at the far end of a link takes no slot of this bus.
    if (!endpoint.isRemote) this.#context.slots.running++;
    endpoint.running++;
    delivery.running = true;
    this.#unsettled.push(delivery);
    // A stamp may be a millisecond old, which only a short limit would notice.
    delivery.startedAt = timeoutMs > 5000 ? clock.stamp().now : env.now();
    const limit = delivery.startedAt + timeoutMs;
    if (limit < (delivery.deadline?.due ?? Number.POSITIVE_INFINITY)) {
      this.#endings.forgetDeadline(delivery);
      delivery.deadline = deadlines.add(limit, delivery);
    }
    const began = Number.isNaN(startedAt) && this.#isTimed() ? delivery.startedAt : startedAt;
    promise.then(
      (value) => {
        this.#endings.settled(endpoint, message, delivery, value, false, began, false);
        this.#freeSlot(delivery);
      },
      (cause) => {
        // Nobody can tell whether handler or tap raised it, unless the hook says so.
        const byTap = this.#context.hooks.deliver !== undefined && isHookFault(cause);
        this.#endings.settled(endpoint, message, delivery, cause, true, began, byTap);
        this.#freeSlot(delivery);
      },
    );
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

  #giveUp(delivery: Delivery, outcome: Outcome, error: BusError): void {
    const { message, endpoint } = delivery;
    const { mailbox } = endpoint;
    // What runs is in a queue too, of the runner's own.
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
    if (waited) this.drain(endpoint);
  }
}

/** Counts each of those that an endpoint at the far end of a link stands for. */
function forMembers(answer: Answer, { members }: Endpoint): Answer {
  if (answer instanceof Promise) {
    return answer.then((settled) => (settled === 1 ? members : settled));
  }
  return answer === 1 ? members : answer;
}

/** Whether a link refused the message, which no handler has seen then. */
function isLinks(endpoint: Endpoint, error: unknown): boolean {
  return endpoint.isRemote && BusError.is(error);
}

function isHookFault(cause: unknown): boolean {
  return BusError.is(cause) && cause.code === 'BUS_HOOK_FAILED';
}
