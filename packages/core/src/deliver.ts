import { Delivery } from './endpoint/delivery.ts';
import type { Endpoint } from './endpoint/endpoint.ts';
import { FifoQueue, type Loss } from './endpoint/queue.ts';
import { BusError, busError, withoutStack } from './errors.ts';
import type { Message } from './message/envelope.ts';
import type { BusMessage, Outstanding, OutstandingOwner } from './message/message.ts';
import { cancel, cancelledBy, onAbort } from './outcome/cancel.ts';
import { TimeLimits } from './outcome/deadlines.ts';
import { type EndingParts, Endings, untimed } from './outcome/endings.ts';
import { type Outcome, Verdict } from './outcome/outcomes.ts';
import { isStream, isThenable, type SendPromises, streamReply } from './outcome/results.ts';
import type { Deliver } from './plugin/hooks.ts';

/** How many accepted a message, or a promise of that where some wait for room. */
export type Count = number | Promise<number>;

/** How many endpoints one target stands for, a promise of that while it waits for room, or its refusal. */
type Answer = number | BusError | Promise<number | BusError>;

/** Handlers that call each other's topics nest this deep; beyond, messages are deferred. */
const deepestNesting = 48;
/** Messages handled in one go before timers and input get their turn. */
const longestBatch = 256;
/** Deferred messages sent in one go. */
const longestFlush = 4096;
/** One run in so many is timed, of those that return at once. */
const runsPerSample = 64;

/** The parts of a bus that delivering uses. */
export interface DeliverParts extends EndingParts {
  readonly hooks: EndingParts['hooks'] & {
    readonly deliver: Deliver | undefined;
    /** How many want every run timed. */
    readonly timeEvery: number;
    blame(hook: 'deliver', error: unknown): BusError;
  };
  /** The state of the bus: while it stops, only handlers that still run may send. */
  readonly gate: { readonly state: string };
  readonly promises: SendPromises;
  /** `limits.inFlight`. */
  readonly inFlight: number;
}

/** A send that waits until the fan-out under way has reached its last target. */
interface Deferred {
  readonly send: () => Count;
  readonly context: object | undefined;
  resolve(count: Count): void;
}

/**
 * Delivers messages to their targets. A free endpoint's handler is called at once; a busy one's message
 * waits in its queue; a promise is waited for; every message ends in one outcome.
 */
export class Deliverer implements OutstandingOwner {
  /** The message whose handler is on the stack. */
  current: BusMessage | undefined;
  /** Handlers that run and may send without being recognised: they began before the bus stopped. */
  unrecognised = 0;
  readonly endings: Endings;
  readonly #parts: DeliverParts;
  readonly #limits: TimeLimits;
  /** Asynchronous handlers that run, less those that wait for a request of their own. */
  #running = 0;
  #nesting = 0;
  #usesContext = false;
  /** A fan-out is under way that has not reached its last target. */
  #isUnfinished = false;
  #deferred: Deferred[] = [];
  #flushed = 0;
  #isFlushing = false;
  /** Endpoints with messages that `limits.inFlight` holds back. */
  readonly #starved = new Set<Endpoint>();
  #untilSample = runsPerSample;
  /** The error that the handler on the stack threw, until it has been judged. */
  #thrown: unknown;

  constructor(parts: DeliverParts) {
    this.#parts = parts;
    this.endings = new Endings(parts);
    this.#limits = new TimeLimits(parts.deadlines, (run) => this.#overran(run));
  }

  // --- Fan-out

  /** Delivers a message to its targets, first to last. */
  deliver(message: BusMessage, targets: readonly Endpoint[]): Count {
    const { length } = targets;
    message.completion?.targeted?.(length, message);
    let own = message;
    let accepted = 0;
    let others: Answer[] | undefined;
    try {
      for (let i = 0; i < length; i++) {
        const endpoint = targets[i] as Endpoint;
        this.#isUnfinished = i < length - 1;
        if (own.work !== undefined) own = own.copy();
        const answer = this.#offer(endpoint, endpoint.isRemote ? message : own);
        if (typeof answer === 'number') accepted += answer;
        else if (others === undefined) others = [answer];
        else others.push(answer);
      }
    } finally {
      this.#isUnfinished = false;
    }
    if (message.outstanding !== undefined) this.#watch(message, message.outstanding);
    if (this.#deferred.length > 0 && !this.#isFlushing) this.#flush();
    if (others === undefined) return accepted;
    return this.#settleAll(accepted, others, message.completion !== undefined);
  }

  /** Whether a message must wait: its cause has not reached everyone yet. */
  get mustDefer(): boolean {
    return this.#isUnfinished || this.#deferred.length > 0 || this.#nesting >= deepestNesting;
  }

  /** Sends when the fan-out under way has reached its last target, and after what is deferred already. */
  defer(send: () => Count): Promise<number> {
    const context = this.#parts.env.context?.capture();
    return this.#parts.promises.make((resolve) => this.#deferred.push({ send, context, resolve }));
  }

  #flush(): void {
    this.#isFlushing = true;
    try {
      for (let left = longestFlush; this.#flushed < this.#deferred.length; left--) {
        if (left === 0) {
          this.#parts.env.setTurn(() => this.#flush());
          break;
        }
        const { send, context, resolve } = this.#deferred[this.#flushed++] as Deferred;
        if (this.#flushed === this.#deferred.length) {
          this.#deferred = [];
          this.#flushed = 0;
        }
        resolve(this.#enter(context, send, undefined));
      }
    } finally {
      this.#isFlushing = false;
    }
  }

  #settleAll(accepted: number, answers: readonly Answer[], isTold: boolean): Promise<number> {
    const { promises, report } = this.#parts;
    const [only] = answers;
    if (answers.length === 1 && BusError.is(only)) {
      report(only, true);
      return promises.reject(only, isTold);
    }
    const settled = Promise.all(answers).then((all) => {
      let count = accepted;
      let refusal: BusError | undefined;
      for (const answer of all) {
        if (typeof answer === 'number') count += answer;
        else {
          refusal ??= answer;
          report(answer, true);
        }
      }
      if (refusal !== undefined) throw refusal;
      return count;
    });
    return promises.make((resolve) => resolve(settled));
  }

  // --- One target

  #offer(endpoint: Endpoint, message: BusMessage): Answer {
    this.#parts.ledger.accepted++;
    endpoint.load++;
    if (!endpoint.ready || isOrdered(endpoint, message) || !this.#hasPermit(endpoint)) {
      return this.#offerBusy(endpoint, message);
    }
    if (endpoint.isAsync || endpoint.isRemote || !this.#isPlain(message)) {
      this.#run(endpoint, message, undefined);
      return endpoint.isRemote ? endpoint.members : 1;
    }
    this.#runPlain(endpoint, message);
    return 1;
  }

  #offerBusy(endpoint: Endpoint, message: BusMessage): Answer {
    if (!endpoint.active) {
      const text = `${endpoint.label} was stopped before it got '${message.topic}'`;
      const error = message.completion && busError('BUS_NO_ROUTE', text, { topic: message.topic });
      this.endings.ended(endpoint, message, undefined, 'dropped', error, 'unsubscribed');
      return 0;
    }
    const isNext = endpoint.state === 'active' && !endpoint.queue?.busy;
    if (isNext && this.#mayStart(endpoint) && !isOrdered(endpoint, message)) {
      this.#run(endpoint, message, undefined);
      return endpoint.members;
    }
    const delivery = new Delivery(message, endpoint);
    const answer = this.#enqueue(delivery);
    if (!delivery.isEnded) this.drain(endpoint);
    return answer;
  }

  #enqueue(delivery: Delivery): Answer {
    const { endpoint } = delivery;
    delivery.context = this.#parts.env.context?.capture();
    this.#track(delivery);
    endpoint.queue ??= endpoint.policy.queue?.(endpoint) ?? new FifoQueue(endpoint.policy);
    const loss = endpoint.queue.push(delivery);
    endpoint.ready = false;
    if (loss === undefined) return endpoint.members;
    if (loss === 'blocked') {
      return new Promise((resolve) => {
        delivery.admitted = resolve;
      });
    }
    const error = this.#lose(loss);
    if (loss.lost !== delivery) return endpoint.members;
    return loss.outcome === 'rejected' ? error : 0;
  }

  #lose({ lost, outcome, reason }: Loss): BusError {
    const { endpoint, message } = lost as Delivery;
    const { capacity } = endpoint.policy;
    const advice =
      reason === undefined
        ? 'send slower, await each send, or raise its capacity'
        : `lost by ${reason}`;
    const text = `${endpoint.label} has ${capacity} messages waiting: ${advice}`;
    const details = { topic: message.topic, endpoint: endpoint.label, capacity };
    const error = busError('BUS_MAILBOX_FULL', text, details);
    const isTold = outcome === 'rejected' || (outcome === 'dropped' && message.completion);
    this.#end(lost as Delivery, outcome, isTold ? error : undefined, reason);
    return error;
  }

  /** Reserves the message's place at an endpoint, for a `dispatch` tap that takes its time. */
  reserve(endpoint: Endpoint, message: BusMessage): Delivery {
    this.#parts.ledger.accepted++;
    endpoint.load++;
    const delivery = new Delivery(message, endpoint);
    delivery.held = true;
    this.#enqueue(delivery);
    return delivery;
  }

  /** Lets a reserved message start. */
  fill(delivery: Delivery, message: BusMessage): void {
    delivery.message = message;
    delivery.held = false;
    this.drain(delivery.endpoint);
  }

  /** Gives a reserved place up. */
  withdraw(delivery: Delivery, error: BusError): void {
    this.#giveUp(delivery, 'rejected', error);
  }

  // --- What waits

  /** Starts what waits, as far as the endpoint and `limits.inFlight` allow. */
  drain(endpoint: Endpoint): void {
    const { queue } = endpoint;
    if (queue === undefined) return;
    for (let left = longestBatch; queue.size > 0 && this.#mayStart(endpoint); left--) {
      if (left === 0 || this.#nesting >= deepestNesting) {
        this.#parts.env.setTurn(() => this.drain(endpoint));
        return;
      }
      const next = queue.take();
      if (next === undefined) break;
      this.#start(next as Delivery);
    }
    if (queue.size > 0 && !this.#hasPermit(endpoint)) this.#starved.add(endpoint);
    endpoint.update();
  }

  #start(delivery: Delivery): void {
    const { endpoint, message } = delivery;
    const deadline = message.outstanding?.deadline;
    if (deadline !== undefined && this.#parts.deadlines.isOver(deadline.due)) {
      this.#giveUp(delivery, 'expired', expiry(delivery, undefined));
      endpoint.queue?.done(delivery);
      return;
    }
    if (!endpoint.isRemote && message.work !== undefined) delivery.message = message.copy();
    this.#enter(delivery.context, this.#runWaiting, delivery);
  }

  /** Calls a function in the context that was captured, if the platform has contexts. */
  #enter<A, R>(captured: object | undefined, fn: (argument: A) => R, argument: A): R {
    const { context } = this.#parts.env;
    if (captured === undefined || context === undefined) return fn(argument);
    return context.enter(captured, fn, argument);
  }

  readonly #runWaiting = (delivery: Delivery): void => {
    delivery.context = undefined;
    this.#run(delivery.endpoint, delivery.message, delivery);
  };

  #mayStart(endpoint: Endpoint): boolean {
    return (
      !endpoint.executing &&
      endpoint.state !== 'paused' &&
      endpoint.running < endpoint.policy.concurrency &&
      this.#hasPermit(endpoint)
    );
  }

  /** Handlers that return at once never run beside each other, and need no permit. */
  #hasPermit(endpoint: Endpoint): boolean {
    return this.#running < this.#parts.inFlight || !endpoint.isAsync || endpoint.isRemote;
  }

  // --- A run

  /** Calls the handler, and deals with its result. @param waited - the delivery, if it had to wait. */
  #run(endpoint: Endpoint, message: BusMessage, waited: Delivery | undefined): void {
    const { current } = this;
    const isTracked = this.#tracks(endpoint, message);
    const timedFrom = this.#parts.hooks.outcome === undefined ? untimed : this.#sample(endpoint);
    let value: unknown;
    let hasFailed = false;
    endpoint.ready = false;
    endpoint.executing = true;
    this.#nesting++;
    if (!endpoint.isRemote) this.current = message;
    try {
      value = this.#call(endpoint, message, isTracked);
    } catch (error) {
      value = error;
      hasFailed = true;
    }
    this.current = current;
    this.#after(endpoint, message, waited, value, hasFailed, timedFrom, isTracked);
  }

  /** Deals with a handler's result. */
  #after(
    endpoint: Endpoint,
    message: BusMessage,
    waited: Delivery | undefined,
    result: unknown,
    hasFailed: boolean,
    timedFrom: number,
    isTracked: boolean,
  ): void {
    const isObject = typeof result === 'object' && result !== null && !hasFailed;
    const value = isObject ? this.#stream(result, message, endpoint) : result;
    if (isObject && isThenable(value)) {
      this.#wait(endpoint, message, waited, value, timedFrom, isTracked);
    } else this.#returned(endpoint, message, waited, value, hasFailed, timedFrom);
    this.#nesting--;
    endpoint.executing = false;
    if (endpoint.queue === undefined) {
      if (endpoint.load === 0) endpoint.update();
    } else if (waited === undefined) this.drain(endpoint);
    // Else `drain` started it, and goes on by itself.
  }

  /** Whether nothing observes how a message ends. */
  #isPlain({ traits }: BusMessage): boolean {
    const { outcome, deliver } = this.#parts.hooks;
    return outcome === undefined && deliver === undefined && traits.completion === undefined;
  }

  /** The same as {@link #run} for most messages: a handler that returns at once, unobserved. */
  #runPlain(endpoint: Endpoint, message: BusMessage): void {
    const { current } = this;
    this.current = message;
    endpoint.ready = false;
    endpoint.executing = true;
    this.#nesting++;
    let value: unknown;
    let hasFailed = false;
    try {
      value = endpoint.handler(message);
    } catch (error) {
      value = error;
      hasFailed = true;
    }
    this.current = current;
    const isDone = value === undefined && !hasFailed;
    if (isDone && endpoint.queue === undefined && endpoint.state === 'active') {
      this.#nesting--;
      this.#parts.ledger.handled++;
      endpoint.executing = false;
      endpoint.load = 0;
      endpoint.ready = true;
    } else this.#after(endpoint, message, undefined, value, hasFailed, untimed, false);
  }

  /**
   * Whether a run is entered as an async context, so that it is recognised as the sender of requests: it
   * lends them its deadline and its permit, and may send while the bus stops. While its function is on
   * the stack, it is known by `current`. Remote endpoints never issue nested requests here.
   */
  #tracks(endpoint: Endpoint, message: BusMessage): boolean {
    if (!endpoint.isAsync || endpoint.isRemote) return false;
    const { env, gate, inFlight } = this.#parts;
    if (env.context === undefined) return false;
    return (
      message.deadline !== undefined || 2 * this.#running >= inFlight || gate.state === 'stopping'
    );
  }

  #call(endpoint: Endpoint, message: BusMessage, isTracked: boolean): unknown {
    const { context } = this.#parts.env;
    if (isTracked && context !== undefined) {
      this.#usesContext = true;
      return context.run(message, this.#handlerOf(endpoint), message);
    }
    // A message that is not tracked must not run as its sender's sender either.
    if (this.#usesContext && endpoint.isAsync && context?.get() !== undefined) {
      return context.run(undefined, this.#handlerOf(endpoint), message);
    }
    const { deliver } = this.#parts.hooks;
    return deliver === undefined ? endpoint.handler(message) : deliver(message, endpoint);
  }

  #handlerOf(endpoint: Endpoint): (message: BusMessage) => unknown {
    const { deliver } = this.#parts.hooks;
    return deliver === undefined ? endpoint.handler : (message) => deliver(message, endpoint);
  }

  /** A handler has returned, or thrown. */
  #returned(
    endpoint: Endpoint,
    message: BusMessage,
    waited: Delivery | undefined,
    value: unknown,
    hasFailed: boolean,
    timedFrom: number,
  ): void {
    if (waited?.isEnded) {
      // Its handler, or a tap, had its message cancelled.
      this.endings.late(message, endpoint);
    } else {
      const isTaps = hasFailed && this.#isTaps(value);
      this.#settle(endpoint, message, waited, value, hasFailed, timedFrom, isTaps);
    }
    if (waited !== undefined) endpoint.queue?.done(waited);
  }

  /** A generator replies to a request with a stream. */
  #stream(value: object, message: BusMessage, endpoint: Endpoint): unknown {
    if (message.kind !== 'request' || !isStream(value)) return value;
    return streamReply(value, message, endpoint);
  }

  /** The innermost layer of the `deliver` hook: remembers an error as the handler's own. */
  readonly handle: Deliver = (message: Message, endpoint: Endpoint): unknown => {
    try {
      return endpoint.handler(message);
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
  };

  /** Whether an error is a handler's own or a verdict, and no tap's mistake. */
  readonly isHandlers = (error: unknown): boolean => error === this.#thrown || Verdict.is(error);

  #isTaps(error: unknown): boolean {
    const isOwn = this.#parts.hooks.deliver === undefined || this.isHandlers(error);
    this.#thrown = undefined;
    return !isOwn;
  }

  /** When a run began that is to be timed; not a number for others. */
  #sample(endpoint: Endpoint): number {
    const { hooks, env } = this.#parts;
    if (--this.#untilSample > 0 && hooks.timeEvery === 0 && !endpoint.isAsync) return untimed;
    if (this.#untilSample <= 0) this.#untilSample = runsPerSample;
    return env.now();
  }

  #settle(
    endpoint: Endpoint,
    message: BusMessage,
    delivery: Delivery | undefined,
    value: unknown,
    hasFailed: boolean,
    timedFrom: number,
    isTaps: boolean,
  ): void {
    const { ledger, hooks } = this.#parts;
    if (delivery === undefined && !hasFailed && hooks.outcome === undefined) {
      if (message.completion === undefined && endpoint.state === 'active') {
        endpoint.load--;
        ledger[endpoint.isRemote ? 'forwarded' : 'handled']++;
        return;
      }
    }
    const own = hasFailed && isTaps ? hooks.blame('deliver', value) : value;
    const ofTap = isTaps || (hasFailed && endpoint.isRemote && BusError.is(value));
    this.endings.settled(endpoint, message, delivery, own, hasFailed, timedFrom, ofTap);
  }

  // --- A handler that returned a promise

  #wait(
    endpoint: Endpoint,
    message: BusMessage,
    waited: Delivery | undefined,
    promise: PromiseLike<unknown>,
    timedFrom: number,
    isTracked: boolean,
  ): void {
    const { env, clock } = this.#parts;
    const run = waited ?? new Delivery(message, endpoint);
    const { timeoutMs } = endpoint.policy;
    run.isRunning = true;
    endpoint.running++;
    // A stamp may be a millisecond old, which only a short limit would notice.
    const now = timeoutMs > 5000 ? clock.stamp().now : env.now();
    run.startedAt = Number.isNaN(timedFrom) ? now : timedFrom;
    this.#limits.begin(run, now, timeoutMs);
    if (!endpoint.isRemote) {
      endpoint.isAsync = true;
      run.asking = message.work?.asking ?? 0;
      run.isTracked = isTracked;
      message.work = run;
      if (run.asking === 0) this.#running++;
      if (this.#isUnrecognised(run)) this.unrecognised++;
    }
    if (waited === undefined) this.#track(run);
    try {
      promise.then(
        (value) => this.#settled(run, value, false),
        (error) => this.#settled(run, error, true),
      );
    } catch (error) {
      this.#settled(run, error, true);
    }
  }

  #settled(run: Delivery, value: unknown, hasFailed: boolean): void {
    const { endpoint, message } = run;
    if (run.isEnded) this.endings.late(message, endpoint);
    else {
      // Nobody can tell whose rejection it is, unless the hook says so.
      const isTaps = hasFailed && this.#isHookFault(value);
      const isTimed = this.#parts.hooks.outcome !== undefined;
      const timedFrom = isTimed ? (run.startedAt ?? untimed) : untimed;
      this.#settle(endpoint, message, run, value, hasFailed, timedFrom, isTaps);
    }
    this.#leave(run);
  }

  #isHookFault(error: unknown): boolean {
    const isTapped = this.#parts.hooks.deliver !== undefined;
    return isTapped && BusError.is(error) && error.code === 'BUS_HOOK_FAILED';
  }

  /** Whether the platform could recognise a run as a sender, and this one it cannot. */
  #isUnrecognised({ isTracked }: Delivery): boolean {
    return !isTracked && this.#parts.env.context !== undefined;
  }

  /** A run gives its place to what waits. */
  #leave(run: Delivery): void {
    if (!run.isRunning) return;
    const { endpoint } = run;
    run.isRunning = false;
    this.#limits.end(run);
    endpoint.running--;
    if (!endpoint.isRemote) {
      if (this.#isUnrecognised(run)) this.unrecognised--;
      if (run.asking === 0) this.#running--;
    }
    endpoint.queue?.done(run);
    endpoint.update();
    // In turn, or an endpoint with a long queue would keep every permit that it frees.
    if (this.#starved.size > 0 && endpoint.queued > 0) this.#starved.add(endpoint);
    else this.drain(endpoint);
    this.#feed();
  }

  /** Lets endpoints go on that `limits.inFlight` held back, in turn. */
  #feed(): void {
    if (this.#starved.size === 0 || this.#running >= this.#parts.inFlight) return;
    for (const endpoint of this.#starved) {
      if (this.#running >= this.#parts.inFlight) return;
      this.#starved.delete(endpoint);
      this.drain(endpoint);
    }
  }

  // --- What ends early

  /** Enters a delivery where its sender and its deadline find it. */
  #track(delivery: Delivery): void {
    const { message } = delivery;
    if (message.outstanding === undefined && message.deadline === undefined) return;
    const outstanding = message.track();
    delivery.sibling = outstanding.deliveries as Delivery | undefined;
    outstanding.deliveries = delivery;
    outstanding.count++;
    if (message.deadline !== undefined && outstanding.deadline === undefined) {
      outstanding.deadline = this.#parts.deadlines.add(message.deadline, outstanding);
    }
    outstanding.owner = this;
    if (outstanding.reason !== undefined) this.#giveUp(delivery, 'cancelled', outstanding.reason);
  }

  /** Sets up what lasts as long as anything of a message is outstanding. */
  #watch(message: BusMessage, outstanding: Outstanding): void {
    if (outstanding.count === 0 || outstanding.release !== undefined) return;
    const { signal, cause } = outstanding;
    if (signal === undefined && cause === undefined) return;
    const detach = signal && onAbort(signal, () => cancel(message, cancelledBy(signal, message)));
    if (cause !== undefined) this.#lend(cause);
    outstanding.release = () => {
      detach?.();
      if (cause !== undefined) this.#takeBack(cause);
    };
    // A handler or tap that ran meanwhile may have aborted it.
    if (signal?.aborted) cancel(message, cancelledBy(signal, message));
  }

  /** A handler waits for a request of its own: another may run in its place. */
  #lend(cause: BusMessage): void {
    // A handler on the stack is not counted yet.
    cause.work ??= { asking: 0 };
    if (cause.work.asking++ > 0 || !(cause.work as Partial<Delivery>).isRunning) return;
    this.#running--;
    this.#feed();
  }

  #takeBack({ work }: BusMessage): void {
    if (work !== undefined && --work.asking === 0 && (work as Partial<Delivery>).isRunning) {
      this.#running++;
    }
  }

  expired({ deliveries }: Outstanding): void {
    for (let next = deliveries as Delivery | undefined; next !== undefined; ) {
      const { sibling } = next;
      this.#giveUp(next, 'expired', expiry(next, undefined));
      next = sibling;
    }
  }

  /** The time limit of a run is over. */
  #overran(run: Delivery): void {
    this.#giveUp(run, 'expired', expiry(run, run.endpoint.policy.timeoutMs));
    this.#leave(run);
  }

  cancelled({ deliveries }: Outstanding, reason: BusError): void {
    for (let next = deliveries as Delivery | undefined; next !== undefined; ) {
      const { sibling } = next;
      this.#giveUp(next, 'cancelled', reason);
      next = sibling;
    }
  }

  /** Ends every run; the handlers are told. */
  cancelRuns(reason: BusError): void {
    this.#limits.endAll((run) => {
      this.#giveUp(run, 'cancelled', reason);
      this.#leave(run);
    });
  }

  /** Ends everything that waits at an endpoint. */
  dropWaiting(endpoint: Endpoint, reason: string, error: BusError): void {
    const { queue } = endpoint;
    if (queue === undefined) return;
    for (const delivery of queue.all()) {
      queue.remove(delivery);
      this.#end(delivery as Delivery, 'dropped', error, reason);
    }
    endpoint.update();
  }

  /** Ends a delivery that waits or runs, unless it has ended, and tells a running handler. */
  #giveUp(delivery: Delivery, outcome: Outcome, error: BusError): void {
    if (delivery.isEnded) return;
    const { endpoint, message, isRunning } = delivery;
    const isWaiting = !isRunning && delivery.list !== undefined;
    if (isWaiting) endpoint.queue?.remove(delivery);
    if (isRunning && !endpoint.isRemote) message.abort(message.outstanding?.reason ?? error);
    this.#end(delivery, outcome, error);
    // The far end may answer at once, which is late by now.
    if (isRunning) this.#tellCancelled(delivery, error);
    // It may have been what held others back.
    if (isWaiting) this.drain(endpoint);
  }

  #tellCancelled({ endpoint, message }: Delivery, error: BusError): void {
    try {
      endpoint.extras?.cancelled?.(message, error);
    } catch (cause) {
      this.#parts.report(this.#parts.hooks.blame('deliver', cause));
    }
  }

  #end(delivery: Delivery, outcome: Outcome, error?: BusError, reason?: string): void {
    this.endings.ended(delivery.endpoint, delivery.message, delivery, outcome, error, reason);
  }
}

/** Whether a message has to keep its order with others of its key, which is the queue's business. */
function isOrdered({ policy, isRemote }: Endpoint, message: BusMessage): boolean {
  if (policy.concurrency === 1 || isRemote) return false;
  return policy.keyOf !== undefined || message.key !== undefined;
}

/** @param limitMs - the time limit of the run that was over, if that was it. */
function expiry({ endpoint, message }: Delivery, limitMs: number | undefined): BusError {
  const { topic } = message;
  const what =
    limitMs === undefined ? 'its deadline passed' : `its handler took over ${limitMs} ms`;
  const text = `message on '${topic}' expired at ${endpoint.label}: ${what}`;
  const details = { topic, endpoint: endpoint.label };
  return withoutStack(() => busError('BUS_EXPIRED', text, details));
}
