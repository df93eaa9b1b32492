import type { CoarseClock } from './clock.ts';
import type { Deadlines } from './deadlines.ts';
import type { DeliveryDriver } from './delivery.ts';
import { Delivery } from './delivery.ts';
import type { Endpoint, Traffic } from './endpoint.ts';
import type { Env } from './env.ts';
import type { BusMessage } from './envelope.ts';
import { BusError, busError, textOf } from './errors.ts';
import type { Deliver } from './hooks.ts';
import type { CompiledHooks } from './kernel-hooks.ts';
import { DeliveryQueue, Mailbox } from './mailbox.ts';
import type { Ledger, Outcome } from './outcomes.ts';
import { isStream, streamReply } from './stream.ts';

/** Handlers calling each other's topics nest this deep; beyond, messages take the mailbox. */
const deepestNesting = 48;
/** From here on it pays to call handlers without looking at their endpoints. */
const manyTargets = 16;
/** Messages handled in one go before other endpoints, timers and input get their turn. */
const longestBatch = 256;

/** How many accepted a message (0 or 1), a promise of that where it waits for room, or the refusal. */
export type Answer = number | BusError | Promise<number | BusError>;

/** What the runner needs of its bus. */
export interface RunnerContext {
  readonly env: Env;
  readonly clock: CoarseClock;
  readonly deadlines: Deadlines;
  readonly ledger: Ledger;
  readonly traffic: Traffic;
  readonly inFlight: number;
  readonly hooks: CompiledHooks;
  report(error: BusError): void;
}

/**
 * Runs handlers: at once where the endpoint is free, else from its mailbox. Every message offered
 * here ends here, in one outcome, whatever its handler does.
 */
export class Runner implements DeliveryDriver {
  readonly #context: RunnerContext;
  /** Endpoints with work, held back because the whole bus is at its limit. */
  readonly #starved = new Set<Endpoint>();
  readonly #idle = new Map<Endpoint, (() => void)[]>();
  /** Whether somebody waits for an endpoint to become idle. */
  #watched = false;
  /** The endpoint whose handler was called directly: until it returns, that leaves no other trace. */
  #direct: Endpoint | undefined;
  /** Those whose handlers called it, outermost first. */
  readonly #callers: Endpoint[] = [];
  /** By list of targets, their handlers; null where they have to be asked one by one. */
  readonly #handlers = new WeakMap<readonly Endpoint[], readonly Endpoint['handler'][] | null>();
  /** Deliveries whose handlers have not settled. */
  readonly #unsettled = new DeliveryQueue();
  #asyncRunning = 0;
  #nesting = 0;
  #sample = 0;
  #usesContext = false;
  #handlerError: unknown;

  constructor(context: RunnerContext) {
    this.#context = context;
  }

  /** Whether `error` is what a handler threw, and not a tap around it. */
  readonly isHandlers = (error: unknown): boolean => error === this.#handlerError;

  /**
   * Offers a message to all its targets; `others` gets the answers that are no counts. Where nothing
   * has to be watched, an idle endpoint costs its handler's call and a few flags.
   */
  offerAll(targets: readonly Endpoint[], message: BusMessage, others: Answer[]): number {
    const { ledger, hooks } = this.#context;
    const { deliver, outcome } = hooks;
    const caller = this.#direct;
    if (caller !== undefined) this.#callers.push(caller);
    let plain = this.#isPlain(message);
    const count = targets.length;
    this.#nesting++;
    let at =
      plain && count >= manyTargets && deliver === undefined && outcome === undefined
        ? this.#callMany(targets, message)
        : 0;
    let accepted = at;
    while (at < count) {
      // One try around the loop, entered again after a throw: a try per handler costs a fifth more.
      try {
        for (; at < count; at++) {
          const endpoint = targets[at] as Endpoint;
          if (plain && endpoint.idle && (caller === undefined || !this.#isCalling(endpoint))) {
            ledger.accepted++;
            accepted++;
            this.#direct = endpoint;
            const value =
              deliver === undefined ? endpoint.handler(message) : deliver(message, endpoint);
            if (value === undefined && endpoint.idle && !this.#watched) {
              ledger.handled++;
              if (outcome !== undefined) {
                this.#direct = undefined;
                const { sentAt } = message;
                outcome(message, endpoint, 'handled', sentAt, Number.NaN, undefined, undefined);
              }
            } else {
              this.#settleDirect(endpoint, message, value, false);
              plain = this.#isPlain(message);
            }
          } else {
            this.#direct = undefined;
            const answer = this.offer(endpoint, message);
            if (typeof answer === 'number') accepted += answer;
            else others.push(answer);
          }
        }
      } catch (error) {
        this.#settleDirect(targets[at++] as Endpoint, message, error, true);
      }
    }
    this.#nesting--;
    this.#direct = caller;
    if (caller !== undefined) this.#callers.pop();
    return accepted;
  }

  /**
   * Calls the handlers of many targets without looking at the targets, for as long as every endpoint
   * of the bus is free: their memory is what a large fan-out would wait for.
   * @returns how many targets are dealt with.
   */
  #callMany(targets: readonly Endpoint[], message: BusMessage): number {
    const { ledger, traffic } = this.#context;
    const handlers = this.#handlersOf(targets);
    if (handlers === undefined || traffic.busy > 0 || this.#watched) return 0;
    const { changes } = traffic;
    const caller = this.#direct;
    let at = 0;
    let value: unknown;
    try {
      for (; at < handlers.length; at++) {
        this.#direct = targets[at];
        ledger.accepted++;
        const handler = handlers[at] as Endpoint['handler'];
        value = handler(message);
        if (value !== undefined || traffic.changes !== changes) break;
        ledger.handled++;
      }
    } catch (error) {
      this.#settleDirect(targets[at] as Endpoint, message, error, true);
      return at + 1;
    }
    if (at === handlers.length) {
      this.#direct = caller;
      return at;
    }
    this.#settleDirect(targets[at] as Endpoint, message, value, false);
    return at + 1;
  }

  /** The handlers of a list of targets that is used again and again, if all are plain. */
  #handlersOf(targets: readonly Endpoint[]): readonly Endpoint['handler'][] | undefined {
    let handlers = this.#handlers.get(targets);
    if (handlers === undefined) {
      const plain = targets.every((endpoint) => endpoint.isPlain);
      handlers = plain ? targets.map((endpoint) => endpoint.handler) : null;
      this.#handlers.set(targets, handlers);
    }
    return handlers ?? undefined;
  }

  /** Messages whose handlers were called directly and are still on the stack. */
  get onStack(): number {
    return this.#callers.length + (this.#direct === undefined ? 0 : 1);
  }

  /** Whether an endpoint's handler was called directly and is still on the stack. */
  #isCalling(endpoint: Endpoint): boolean {
    return endpoint === this.#direct || this.#callers.includes(endpoint);
  }

  /** What came of a direct call that was more than a plain return: from here on it is counted. */
  #settleDirect(endpoint: Endpoint, message: BusMessage, value: unknown, failed: boolean): void {
    this.#direct = undefined;
    endpoint.load++;
    endpoint.update();
    this.#settle(endpoint, message, undefined, value, failed, Number.NaN);
  }

  /** Whether nothing about a message has to be watched while its handlers run. */
  #isPlain(message: BusMessage): boolean {
    const { hooks } = this.#context;
    if (hooks.outcome !== undefined && (hooks.timeEvery || (++this.#sample & 63) === 0))
      return false;
    return (
      message.traits.unwatched &&
      message.control === undefined &&
      !this.#isInContext() &&
      this.#nesting <= deepestNesting &&
      this.#asyncRunning < this.#context.inFlight
    );
  }

  offer(endpoint: Endpoint, message: BusMessage): Answer {
    if (endpoint.filter !== undefined && !this.#passes(endpoint, message)) return 0;
    this.#context.ledger.accepted++;
    endpoint.load++;
    endpoint.update();
    if (!endpoint.active) return this.#gone(endpoint, message);
    if (this.#mayStart(endpoint) && this.#isNext(endpoint, message)) {
      this.#run(endpoint, message, undefined);
      return 1;
    }
    return this.#enqueue(endpoint, new Delivery(this, message, endpoint));
  }

  /** Reserves the message's place at an endpoint; {@link write} lets it start. */
  hold(endpoint: Endpoint, message: BusMessage): Delivery | undefined {
    if (endpoint.filter !== undefined && !this.#passes(endpoint, message)) return undefined;
    this.#context.ledger.accepted++;
    endpoint.load++;
    endpoint.update();
    if (!endpoint.active) {
      this.#gone(endpoint, message);
      return undefined;
    }
    const delivery = new Delivery(this, message, endpoint);
    delivery.held = true;
    const accepted = this.#enqueue(endpoint, delivery);
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

  /** Starts what waits, as far as slots, lanes and the bus-wide limit allow. */
  drain(endpoint: Endpoint): void {
    const { mailbox } = endpoint;
    if (mailbox === undefined) return;
    let batch = longestBatch;
    while (mailbox.size > 0 && this.#hasSlot(endpoint)) {
      if (batch-- === 0) {
        this.#context.env.setTurn(() => this.drain(endpoint));
        return;
      }
      const delivery = mailbox.take((message) => this.#laneOf(endpoint, message));
      if (delivery === undefined) break;
      this.#admitBlocked(endpoint, mailbox);
      this.#start(delivery, mailbox);
    }
    if (mailbox.size > 0 && !endpoint.executing && this.#asyncRunning >= this.#context.inFlight) {
      this.#starved.add(endpoint);
    }
  }

  /** Ends everything that waits at an endpoint, as dropped for `reason`. */
  dropWaiting(endpoint: Endpoint, reason: string, error: BusError): void {
    const { mailbox } = endpoint;
    if (mailbox === undefined) return;
    for (const delivery of mailbox.all()) {
      mailbox.remove(delivery);
      this.#end(delivery, 'dropped', undefined, error, reason);
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
    const limit = delivery.startedAt + endpoint.policy.timeoutMs;
    if (!delivery.ended) {
      const late = message.deadline !== undefined && message.deadline <= now;
      const what = late
        ? 'its deadline passed'
        : `its handler took over ${endpoint.policy.timeoutMs} ms`;
      this.#giveUp(
        delivery,
        'expired',
        busError(
          'BUS_EXPIRED',
          `message on '${message.topic}' expired at ${nameOf(endpoint)}: ${what}`,
          { topic: message.topic, endpoint: nameOf(endpoint) },
        ),
      );
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

  /** It was stopped between being chosen and being offered the message. */
  #gone(endpoint: Endpoint, message: BusMessage): 0 {
    const { topic } = message;
    const error =
      message.completion &&
      busError('BUS_NO_ROUTE', `${nameOf(endpoint)} was stopped before it got '${topic}'`, {
        topic,
      });
    const at = Number.NaN;
    this.#ended(endpoint, message, undefined, 'dropped', undefined, error, at, 'unsubscribed');
    return 0;
  }

  #passes(endpoint: Endpoint, message: BusMessage): boolean {
    let error: BusError | undefined;
    try {
      if (endpoint.filter?.(message) === true) return true;
    } catch (cause) {
      error = handlerFailed(message, endpoint, 'the filter', cause);
    }
    // Whoever asked to be told of every target, or whose filter failed, learns of an outcome.
    if (error !== undefined || message.completion !== undefined) {
      this.#context.ledger.accepted++;
      endpoint.load++;
      const outcome = error === undefined ? 'dropped' : 'failed';
      this.#ended(endpoint, message, undefined, outcome, undefined, error, Number.NaN, 'filtered');
    }
    if (error !== undefined) this.#context.report(error);
    return false;
  }

  /** The key function is its user's: one that throws costs the message its key, and is reported. */
  #keyOf(endpoint: Endpoint, message: BusMessage): string | undefined {
    try {
      return endpoint.keyOf(message);
    } catch (cause) {
      this.#context.report(handlerFailed(message, endpoint, 'the key function', cause));
      return message.key;
    }
  }

  #laneOf(endpoint: Endpoint, message: BusMessage): string | undefined {
    return endpoint.policy.concurrency === 1 ? undefined : this.#keyOf(endpoint, message);
  }

  #mayStart(endpoint: Endpoint): boolean {
    return (
      endpoint.state === 'active' &&
      this.#asyncRunning < this.#context.inFlight &&
      this.#nesting < deepestNesting &&
      !this.#isCalling(endpoint)
    );
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
      this.#laneOf(endpoint, message) === undefined
    );
  }

  #hasSlot(endpoint: Endpoint): boolean {
    return (
      !endpoint.executing &&
      !this.#isCalling(endpoint) &&
      endpoint.state !== 'paused' &&
      endpoint.running < endpoint.policy.concurrency &&
      this.#asyncRunning < this.#context.inFlight
    );
  }

  #enqueue(endpoint: Endpoint, delivery: Delivery): Answer {
    endpoint.mailbox ??= new Mailbox();
    const { mailbox } = endpoint;
    const { message } = delivery;
    this.#watch(delivery);
    if (endpoint.policy.overflow === 'latest') {
      const key = this.#keyOf(endpoint, message) ?? message.topic;
      const waiting = mailbox.latest(key);
      if (waiting !== undefined) {
        this.#supersede(mailbox, waiting, delivery);
        if (!delivery.held) this.#startLater(endpoint);
        return 1;
      }
      mailbox.keepLatest(key, delivery);
    }
    if (mailbox.size < endpoint.policy.capacity) {
      mailbox.push(delivery);
      if (!delivery.held) this.#startLater(endpoint);
      return 1;
    }
    return this.#overflow(endpoint, mailbox, delivery);
  }

  /** Starts it now, unless the stack is already deep in other handlers. */
  #startLater(endpoint: Endpoint): void {
    if (!this.#hasSlot(endpoint)) {
      if (this.#asyncRunning >= this.#context.inFlight) this.#starved.add(endpoint);
    } else if (this.#nesting < deepestNesting) this.drain(endpoint);
    else this.#context.env.setTurn(() => this.drain(endpoint));
  }

  #overflow(endpoint: Endpoint, mailbox: Mailbox, delivery: Delivery): Answer {
    const { overflow, capacity } = endpoint.policy;
    if (overflow === 'block' && mailbox.blocked.size < capacity) {
      mailbox.blocked.push(delivery);
      return new Promise((resolve) => {
        delivery.admitted = resolve;
      });
    }
    if (overflow === 'block' || overflow === 'error') {
      const error = busError(
        'BUS_MAILBOX_FULL',
        `${nameOf(endpoint)} has ${capacity} messages waiting: send slower, await each send, or give it more capacity`,
        { topic: delivery.message.topic, endpoint: nameOf(endpoint), capacity },
      );
      this.#end(delivery, 'rejected', undefined, error, undefined);
      return error;
    }
    const victim = mailbox.victim(delivery.message, overflow === 'drop-newest' ? 'tail' : 'head');
    mailbox.missed++;
    const reason = overflow === 'latest' ? 'drop-oldest' : overflow;
    this.#drop(victim ?? delivery, mailbox, reason);
    if (victim === undefined) return 0;
    mailbox.push(delivery);
    return 1;
  }

  #drop(delivery: Delivery, mailbox: Mailbox, reason: string): void {
    mailbox.discard(delivery);
    const error =
      delivery.message.completion &&
      busError(
        'BUS_MAILBOX_FULL',
        `${nameOf(delivery.endpoint)} was full and dropped a message (${reason})`,
        {
          topic: delivery.message.topic,
          endpoint: nameOf(delivery.endpoint),
          capacity: delivery.endpoint.policy.capacity,
        },
      );
    this.#end(delivery, 'dropped', undefined, error, reason);
  }

  /** The newer message takes the waiting one's place in the queue. */
  #supersede(mailbox: Mailbox, waiting: Delivery, newer: Delivery): void {
    mailbox.missed++;
    mailbox.replace(waiting, newer);
    this.#end(waiting, 'superseded', undefined, undefined, undefined);
  }

  #admitBlocked(endpoint: Endpoint, mailbox: Mailbox): void {
    const next = mailbox.blocked.head;
    if (next === undefined || mailbox.size >= endpoint.policy.capacity) return;
    mailbox.remove(next);
    mailbox.push(next);
    next.admitted?.(1);
    next.admitted = undefined;
  }

  #start(delivery: Delivery, mailbox: Mailbox): void {
    const { endpoint } = delivery;
    const { deadline } = delivery.message;
    if (deadline !== undefined && deadline <= this.#context.env.now()) {
      this.expired(delivery, deadline);
      if (delivery.laneKey !== undefined) mailbox.leave(delivery.laneKey);
      return;
    }
    const key = this.#laneOf(endpoint, delivery.message);
    if (key !== undefined) {
      if (!mailbox.running(key)) mailbox.enter(key);
      delivery.laneKey = key;
    }
    if (mailbox.missed > 0) {
      delivery.message = delivery.message.with({ missed: mailbox.missed });
      mailbox.missed = 0;
    }
    this.#run(endpoint, delivery.message, delivery);
  }

  #run(endpoint: Endpoint, message: BusMessage, waited: Delivery | undefined): void {
    const { hooks, env } = this.#context;
    const timed = hooks.outcome !== undefined && (hooks.timeEvery || (++this.#sample & 63) === 0);
    const startedAt = timed ? env.now() : Number.NaN;
    let value: unknown;
    let failed = false;
    endpoint.executing = true;
    this.#nesting++;
    try {
      value = this.#call(endpoint, message);
    } catch (error) {
      value = error;
      failed = true;
    }
    this.#nesting--;
    endpoint.executing = false;
    this.#settle(endpoint, message, waited, value, failed, startedAt);
  }

  /** Deals with what a handler's call gave: a result, an error, or something to wait for. */
  #settle(
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
        const delivery = waited ?? this.#delivery(endpoint, message);
        // A stranger's `then` may throw, or call back more than once.
        const promise = pending instanceof Promise ? pending : Promise.resolve(pending);
        this.#await(delivery, promise, startedAt);
        if (waited === undefined) this.#continue(endpoint);
        return;
      }
    }
    if (waited?.ended === true) message.completion?.late?.(message, endpoint);
    else if (failed) this.#failed(endpoint, message, waited, value, startedAt, false);
    else this.#ended(endpoint, message, waited, successOf(endpoint), value, undefined, startedAt);
    if (waited === undefined) this.#continue(endpoint);
    else if (waited.laneKey !== undefined) endpoint.mailbox?.leave(waited.laneKey);
  }

  /** What came in while the handler was on the stack. */
  #continue(endpoint: Endpoint): void {
    if (endpoint.mailbox !== undefined && endpoint.mailbox.size > 0) this.#startLater(endpoint);
  }

  /** Whether we run inside a handler whose deadline must not be inherited by everybody it tells. */
  #isInContext(): boolean {
    return this.#usesContext && this.#context.env.context?.get() !== undefined;
  }

  #call(endpoint: Endpoint, message: BusMessage): unknown {
    if (message.deadline !== undefined || this.#usesContext) {
      const { context } = this.#context.env;
      if (context !== undefined) {
        const inherited = message.deadline === undefined ? undefined : message;
        // A message without a deadline must not run under that of whoever happened to send it.
        if (inherited !== undefined || context.get() !== undefined) {
          this.#usesContext = true;
          return context.run(inherited, this.#deliverIn(endpoint), message);
        }
      }
    }
    const { deliver } = this.#context.hooks;
    return deliver === undefined ? endpoint.handler(message) : deliver(message, endpoint);
  }

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

  #delivery(endpoint: Endpoint, message: BusMessage): Delivery {
    const delivery = new Delivery(this, message, endpoint);
    this.#watch(delivery);
    const key = this.#laneOf(endpoint, message);
    if (key !== undefined) {
      endpoint.mailbox ??= new Mailbox();
      endpoint.mailbox.enter(key);
      delivery.laneKey = key;
    }
    return delivery;
  }

  #await(delivery: Delivery, promise: PromiseLike<unknown>, startedAt: number): void {
    const { message, endpoint } = delivery;
    const { clock, deadlines, env } = this.#context;
    const { timeoutMs } = endpoint.policy;
    this.#asyncRunning++;
    endpoint.running++;
    delivery.running = true;
    this.#unsettled.push(delivery);
    // A stamp may be a millisecond old, which only a short limit would notice.
    delivery.startedAt = timeoutMs > 5000 ? clock.stamp().now : env.now();
    const limit = delivery.startedAt + timeoutMs;
    if (
      delivery.deadline === undefined
        ? limit < Number.POSITIVE_INFINITY
        : limit < delivery.deadline.due
    ) {
      if (delivery.deadline !== undefined) deadlines.remove(delivery.deadline);
      delivery.deadline = deadlines.add(limit, delivery);
    }
    promise.then(
      (value) => {
        if (delivery.ended) message.completion?.late?.(message, endpoint);
        else
          this.#ended(
            endpoint,
            message,
            delivery,
            successOf(endpoint),
            value,
            undefined,
            startedAt,
          );
        this.#freeSlot(delivery);
      },
      (cause) => {
        if (delivery.ended) message.completion?.late?.(message, endpoint);
        else this.#failed(endpoint, message, delivery, cause, startedAt, true);
        this.#freeSlot(delivery);
      },
    );
  }

  #freeSlot(delivery: Delivery): void {
    if (!delivery.running) return;
    const { endpoint, laneKey, deadline } = delivery;
    delivery.running = false;
    this.#unsettled.remove(delivery);
    if (deadline !== undefined) this.#context.deadlines.remove(deadline);
    delivery.deadline = undefined;
    endpoint.running--;
    endpoint.update();
    this.#asyncRunning--;
    if (laneKey !== undefined) endpoint.mailbox?.leave(laneKey);
    if (this.#starved.size === 0) this.drain(endpoint);
    else {
      // In turn, or an endpoint with a long queue would keep every slot that it frees.
      this.#starved.add(endpoint);
      this.#feedStarved();
    }
  }

  #feedStarved(): void {
    for (const endpoint of this.#starved) {
      if (this.#asyncRunning >= this.#context.inFlight) return;
      this.#starved.delete(endpoint);
      this.drain(endpoint);
    }
  }

  /** Links a delivery to what can end it early: its message's deadline and its sender. */
  #watch(delivery: Delivery): void {
    const { message } = delivery;
    if (message.deadline !== undefined) {
      delivery.deadline = this.#context.deadlines.add(message.deadline, delivery);
    }
    const { control } = message;
    if (control === undefined) return;
    delivery.sibling = control.deliveries as Delivery | undefined;
    control.deliveries = delivery;
    control.outstanding++;
  }

  #giveUp(delivery: Delivery, outcome: Outcome, error: BusError): void {
    const { message, endpoint } = delivery;
    const { mailbox } = endpoint;
    // What runs is in a queue too, of the runner's own.
    const waited = !delivery.running && delivery.queue !== undefined && mailbox !== undefined;
    if (waited) {
      mailbox.discard(delivery);
      this.#admitBlocked(endpoint, mailbox);
    }
    if (delivery.running) {
      const { control } = message;
      // With others still at work on the message, the signal they share is not this one's to abort.
      if (control !== undefined && (control.reason !== undefined || control.outstanding <= 1)) {
        control.reason ??= error;
        control.controller?.abort(control.reason);
      }
      endpoint.extras?.cancelled?.(message, error);
    }
    this.#end(delivery, outcome, undefined, error, undefined);
    // It may have been what held those behind it back.
    if (waited) this.drain(endpoint);
  }

  #failed(
    endpoint: Endpoint,
    message: BusMessage,
    delivery: Delivery | undefined,
    cause: unknown,
    startedAt: number,
    later: boolean,
  ): void {
    // Of a rejection nobody can tell whether tap or handler raised it, unless the hook says so.
    const byTap =
      this.#context.hooks.deliver !== undefined &&
      BusError.is(cause) &&
      (later ? cause.code === 'BUS_HOOK_FAILED' : !this.isHandlers(cause));
    this.#handlerError = undefined;
    const error = byTap ? cause : handlerFailed(message, endpoint, 'the handler', cause);
    this.#ended(
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

  #end(
    delivery: Delivery,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
    reason: string | undefined,
  ): void {
    this.#ended(
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

  /** The one place where a message ends at a target. */
  #ended(
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
    if (this.#watched && endpoint.load === 0) this.#tellIdle(endpoint);
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

  /** Resolves when nothing of an endpoint's is waiting or running. */
  drained(endpoint: Endpoint): Promise<void> {
    if (endpoint.load === 0) return Promise.resolve();
    this.#watched = true;
    return new Promise((resolve) => {
      const waiting = this.#idle.get(endpoint);
      if (waiting === undefined) this.#idle.set(endpoint, [resolve]);
      else waiting.push(resolve);
    });
  }

  #tellIdle(endpoint: Endpoint): void {
    const waiting = this.#idle.get(endpoint);
    if (waiting === undefined) return;
    this.#idle.delete(endpoint);
    this.#watched = this.#idle.size > 0;
    for (const resolve of waiting) resolve();
  }
}

/** What a message that was dealt with counts as. */
function successOf(endpoint: Endpoint): Outcome {
  return endpoint.extras?.origin === undefined ? 'handled' : 'forwarded';
}

function nameOf(endpoint: Endpoint): string {
  return endpoint.name ?? endpoint.id;
}

function isThenable(value: object): value is PromiseLike<unknown> {
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return false;
  }
}

function handlerFailed(
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
