import type { Endpoint } from './endpoint/endpoint.ts';
import { FifoQueue, type Loss } from './endpoint/queue.ts';
import { BusError, busError, handlerFailed, withoutStack } from './errors.ts';
import type { BusMessage, Outstanding, OutstandingOwner } from './message/message.ts';
import { Delivery } from './message/message.ts';
import { cancel, cancelledBy, onAbort } from './outcome/deadlines.ts';
import { Endings } from './outcome/endings.ts';
import type { Outcome } from './outcome/outcomes.ts';
import type { SendPromises } from './outcome/results.ts';
import type { RunOwner, RunParts } from './run.ts';
import { Runs } from './run.ts';

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
/** Messages that are deferred: a handler that sends more of them without awaiting any is refused. */
export const mostDeferred = 65_536;

/** The parts of a bus that delivering uses. */
export interface DeliverParts extends RunParts {
  readonly promises: SendPromises;
}

/** A send that waits until the fan-out under way has reached its last target. */
interface Deferred {
  readonly send: () => Count;
  readonly context: object | undefined;
  resolve(count: Count): void;
}

/**
 * Delivers messages to their targets. A free endpoint's handler is called at once; a busy one's message
 * waits in its queue.
 */
export class Deliverer implements OutstandingOwner, RunOwner {
  readonly endings: Endings;
  readonly runs: Runs;
  readonly #parts: DeliverParts;
  /** A fan-out is under way that has not reached its last target. */
  #isUnfinished = false;
  /** One message is received in parts: to what handlers send, they are one fan-out. */
  #isInParts = false;
  /** Fan-outs on the stack. */
  #fanOuts = 0;
  /** The same, and handlers whose messages waited. */
  #nesting = 0;
  /** The context of the sender whose message is being delivered, once some of its targets are busy. */
  #captured: object | undefined;
  #deferred: Deferred[] = [];
  #flushed = 0;
  #isFlushing = false;

  constructor(parts: DeliverParts) {
    this.#parts = parts;
    this.endings = new Endings(parts);
    this.runs = new Runs(parts, this.endings, this);
  }

  // --- Fan-out

  /** Delivers a message to its targets, first to last. */
  deliver(message: BusMessage, targets: readonly Endpoint[]): Count {
    const { length } = targets;
    const { outstanding } = message;
    const { runs } = this;
    const { current } = runs;
    const isPlain = outstanding === undefined && runs.isPlain(message);
    if (!isPlain) this.#announce(message, length);
    let own = message;
    let accepted = 0;
    let others: Answer[] | undefined;
    this.#fanOuts++;
    this.#nesting++;
    try {
      for (let i = 0; i < length; i++) {
        const endpoint = targets[i] as Endpoint;
        this.#isUnfinished = this.#isInParts || i < length - 1;
        // Handlers that return at once share a copy that nothing aborts.
        if (own.work !== undefined) own = own.copy();
        if (isPlain && endpoint.isDirect && !endpoint.executing) {
          if (runs.current !== own) runs.current = own;
          runs.callDirectly(endpoint, own, current);
          accepted++;
          continue;
        }
        if (outstanding !== undefined && isGivenUp(message, outstanding)) {
          this.#skip(message, endpoint, outstanding);
          continue;
        }
        let given = endpoint.returns === 'at once' || length === 1 ? own : message.copy();
        if (endpoint.isRemote) given = message;
        const answer = this.#offer(endpoint, given);
        if (typeof answer === 'number') accepted += answer;
        else if (others === undefined) others = [answer];
        else others.push(answer);
      }
    } finally {
      runs.current = current;
      this.#captured = undefined;
      this.#isUnfinished = this.#isInParts;
      this.#fanOuts--;
      this.#nesting--;
    }
    if (outstanding !== undefined) this.#watch(message, outstanding);
    if (this.#deferred.length > 0 && !this.#isUnfinished && !this.#isFlushing) this.#flush();
    return others === undefined ? accepted : this.settleAll(accepted, others, message);
  }

  /** Tells whoever asked for it how many targets a message has. */
  #announce(message: BusMessage, count: number): void {
    try {
      message.completion?.targeted?.(count, message);
    } catch (cause) {
      this.#parts.report(handlerFailed('the sender', message.topic, undefined, cause));
    }
  }

  /** Ends a message, given up by its sender, at a target it has not reached. */
  #skip(message: BusMessage, endpoint: Endpoint, { reason }: Outstanding): void {
    this.#parts.ledger.accepted++;
    this.endings.record(message, endpoint, 'cancelled', reason);
  }

  /** Whether a message must wait: its cause has not reached everyone yet. */
  get mustDefer(): boolean {
    return this.#isUnfinished || this.#deferred.length > 0 || this.#nesting >= deepestNesting;
  }

  /** Whether a message that is received must wait. The parts of one do not wait for each other. */
  get mustHold(): boolean {
    return this.mustDefer && !(this.#isInParts && this.#nesting === 0);
  }

  /** Runs `receive`, which receives one message in parts. */
  together(receive: () => void): void {
    // Parts that have to wait anyway are handed over in the same order later.
    if (this.mustDefer) {
      receive();
      return;
    }
    this.#isInParts = true;
    try {
      receive();
    } finally {
      this.#isInParts = false;
      this.#isUnfinished = false;
      if (this.#deferred.length > 0) this.#flush();
    }
  }

  get isFlooded(): boolean {
    return this.#deferred.length - this.#flushed >= mostDeferred;
  }

  /** Sends when the fan-out under way has reached its last target, and after what is deferred already. */
  defer(message: BusMessage, send: () => Count): Promise<number> {
    const { env, promises } = this.#parts;
    const context = env.context?.capture();
    const isLast = this.#deferred.length === 0;
    const sent = promises.make(
      (resolve) => this.#deferred.push({ send, context, resolve }),
      message.completion !== undefined,
    );
    // Deep in handlers that no fan-out has called, nothing else comes back to it.
    if (isLast && this.#fanOuts === 0 && !this.#isFlushing) env.setTurn(() => this.#flush());
    return sent;
  }

  /** Resolves when nothing is deferred. */
  async flushed(): Promise<void> {
    const { env } = this.#parts;
    while (this.#deferred.length > 0) await new Promise<void>((turn) => env.setTurn(turn));
  }

  #flush(): void {
    this.#isFlushing = true;
    try {
      for (let left = longestFlush; this.#flushed < this.#deferred.length; left--) {
        if (left === 0) {
          this.#parts.env.setTurn(() => this.#flush());
          break;
        }
        const { send, context, resolve } = this.#takeDeferred();
        resolve(this.#enter(context, send, undefined));
      }
    } finally {
      this.#isFlushing = false;
    }
  }

  #takeDeferred(): Deferred {
    const next = this.#deferred[this.#flushed++] as Deferred;
    // Chains of sends that overlap never empty the list: what was taken must go all the same.
    if (this.#flushed === this.#deferred.length || this.#flushed === longestFlush) {
      this.#deferred = this.#deferred.slice(this.#flushed);
      this.#flushed = 0;
    }
    return next;
  }

  /** Sends everything that is deferred at once: a bus that has stopped refuses it. */
  refuseDeferred(): void {
    while (this.#deferred.length > 0) {
      const { send, resolve } = this.#takeDeferred();
      resolve(send());
    }
  }

  /** The count that a sender gets, where some targets refuse or make it wait. */
  settleAll(accepted: number, answers: readonly Answer[], message: BusMessage): Promise<number> {
    const { promises, report } = this.#parts;
    const isTold = message.completion !== undefined;
    const [only] = answers;
    if (answers.length === 1 && BusError.is(only)) {
      report(only, true);
      return promises.reject(only, isTold);
    }
    const cause = this.runs.cause();
    if (cause !== undefined) this.runs.lend(cause);
    const settled = Promise.all(answers).then((all) => {
      if (cause !== undefined) this.runs.takeBack(cause);
      const refusals = all.filter((answer) => typeof answer !== 'number');
      for (const refusal of refusals) report(refusal, true);
      if (refusals[0] !== undefined) throw refusals[0];
      return (all as number[]).reduce((sum, count) => sum + count, accepted);
    });
    return promises.make((resolve) => resolve(settled), isTold);
  }

  // --- One target

  #offer(endpoint: Endpoint, message: BusMessage): Answer {
    this.#parts.ledger.accepted++;
    endpoint.load++;
    if (!endpoint.active) return this.#offerStopped(endpoint, message);
    if (!isOrdered(endpoint, message) && this.#isNext(endpoint)) {
      this.runs.run(endpoint, message, undefined);
      return endpoint.members;
    }
    const delivery = new Delivery(message, endpoint);
    const answer = this.#enqueue(delivery);
    if (!delivery.isEnded) this.drain(endpoint);
    return answer;
  }

  /** A handler that was called before has stopped the endpoint. */
  #offerStopped(endpoint: Endpoint, message: BusMessage): Answer {
    const text = `${endpoint.label} was stopped before it got '${message.topic}'`;
    const error = message.completion && busError('BUS_NO_ROUTE', text, { topic: message.topic });
    this.endings.ended(endpoint, message, undefined, 'dropped', error, 'unsubscribed');
    return 0;
  }

  #enqueue(delivery: Delivery): Answer {
    const { endpoint } = delivery;
    this.#captured ??= this.#parts.env.context?.capture();
    delivery.context = this.#captured;
    endpoint.queue ??= endpoint.policy.queue?.(endpoint) ?? new FifoQueue(endpoint.policy);
    const loss = endpoint.queue.push(delivery);
    endpoint.isDirect = false;
    if (loss === undefined || loss === 'blocked') {
      const answer: Answer =
        loss === undefined
          ? endpoint.members
          : new Promise((resolve) => {
              delivery.admitted = resolve;
            });
      this.track(delivery);
      return answer;
    }
    if (loss.lost === delivery) this.#link(delivery);
    else this.track(delivery);
    const error = this.#lose(loss);
    if (loss.lost !== delivery) return endpoint.members;
    return error !== undefined && loss.outcome === 'rejected' ? error : 0;
  }

  /** Ends a lost message. Returns its error, where something learns of that. */
  #lose({ lost, outcome, reason }: Loss): BusError | undefined {
    const delivery = lost as Delivery;
    const isTold =
      outcome === 'rejected' ||
      (outcome === 'dropped' && delivery.message.completion !== undefined);
    const error = isTold ? mailboxFull(delivery, reason) : undefined;
    this.#end(delivery, outcome, error, reason);
    return error;
  }

  /**
   * Reserves the message's places at its targets, for a `dispatch` tap that takes its time. Returns them
   * with the count that the sender gets.
   */
  reserve(
    message: BusMessage,
    targets: readonly Endpoint[],
  ): { readonly places: readonly Delivery[]; readonly count: Count } {
    const outstanding = message.track();
    this.#announce(message, targets.length);
    const places: Delivery[] = [];
    const answers = targets.map((endpoint): Answer => {
      this.#parts.ledger.accepted++;
      endpoint.load++;
      if (!endpoint.active) return this.#offerStopped(endpoint, message);
      const delivery = new Delivery(message, endpoint);
      delivery.held = true;
      const answer = this.#enqueue(delivery);
      if (!delivery.isEnded) places.push(delivery);
      return answer;
    });
    this.#captured = undefined;
    this.#watch(message, outstanding);
    return { places, count: this.settleAll(0, answers, message) };
  }

  /** Lets a reserved message start. */
  fill(delivery: Delivery, message: BusMessage): void {
    delivery.message = message;
    delivery.held = false;
    this.drain(delivery.endpoint);
  }

  /** Gives a reserved place up, since a `dispatch` tap threw or kept the message. */
  withdraw(delivery: Delivery, error: BusError | undefined): void {
    if (delivery.isEnded) return;
    const { endpoint } = delivery;
    endpoint.queue?.remove(delivery);
    if (error === undefined) this.#end(delivery, 'dropped', undefined, 'dispatch');
    else this.#end(delivery, 'rejected', error);
    this.drain(endpoint);
  }

  // --- Messages that wait

  /** Starts messages that wait, as far as the endpoint and `limits.inFlight` allow. */
  drain(endpoint: Endpoint): void {
    const { queue } = endpoint;
    if (queue === undefined) {
      endpoint.update();
      return;
    }
    for (let left = longestBatch; queue.size > 0 && this.#mayStart(endpoint); left--) {
      if (left === 0 || this.#nesting >= deepestNesting) {
        this.#parts.env.setTurn(() => this.drain(endpoint));
        return;
      }
      const next = queue.take();
      if (next === undefined) break;
      this.#start(next as Delivery);
    }
    if (queue.size > 0 && !this.runs.hasPermit(endpoint)) this.runs.starve(endpoint);
    endpoint.update();
  }

  /** Whether nothing stands between a new message and the handler. */
  #isNext(endpoint: Endpoint): boolean {
    return !endpoint.queue?.busy && this.#mayStart(endpoint);
  }

  #mayStart(endpoint: Endpoint): boolean {
    return (
      !endpoint.executing &&
      endpoint.state !== 'paused' &&
      endpoint.state !== 'stopped' &&
      endpoint.running < endpoint.policy.concurrency &&
      this.runs.hasPermit(endpoint)
    );
  }

  #start(delivery: Delivery): void {
    const { endpoint, message } = delivery;
    const { outstanding } = message;
    if (outstanding?.list !== undefined && this.#parts.deadlines.isOver(outstanding)) {
      this.#giveUp(delivery, 'expired', expiry(delivery, undefined));
      endpoint.queue?.done(delivery);
      return;
    }
    if (!endpoint.isRemote && message.work !== undefined) delivery.message = message.copy();
    this.#nesting++;
    try {
      this.#enter(delivery.context, this.#runWaiting, delivery);
    } finally {
      this.#nesting--;
    }
  }

  readonly #runWaiting = (delivery: Delivery): void => {
    delivery.context = undefined;
    this.runs.run(delivery.endpoint, delivery.message, delivery);
  };

  /** Calls a function in the context that was captured, if the platform has contexts. */
  #enter<A, R>(captured: object | undefined, fn: (argument: A) => R, argument: A): R {
    const { context } = this.#parts.env;
    if (captured === undefined || context === undefined) return fn(argument);
    return context.enter(captured, fn, argument);
  }

  // --- Messages that end early

  track(delivery: Delivery): void {
    this.#link(delivery);
    const reason = delivery.message.outstanding?.reason;
    if (reason !== undefined) this.#giveUp(delivery, 'cancelled', reason);
  }

  #link(delivery: Delivery): void {
    const { message } = delivery;
    if (message.outstanding === undefined && message.deadline === undefined) return;
    const outstanding = message.track();
    delivery.sibling = outstanding.deliveries;
    outstanding.deliveries = delivery;
    outstanding.count++;
    outstanding.owner = this;
    if (message.deadline !== undefined && outstanding.list === undefined) {
      this.#parts.deadlines.add(message.deadline, outstanding);
    }
  }

  /** Sets up everything that lasts as long as anything of a message is outstanding. */
  #watch(message: BusMessage, outstanding: Outstanding): void {
    if (outstanding.release !== undefined) return;
    const { signal, cause } = outstanding;
    // A message that its handler keeps must not keep the one before it.
    outstanding.signal = outstanding.cause = undefined;
    if (outstanding.count === 0) return;
    if (signal === undefined && cause === undefined) return;
    const detach = signal && onAbort(signal, () => cancel(message, cancelledBy(signal, message)));
    if (cause !== undefined) this.runs.lend(cause);
    outstanding.release = () => {
      detach?.();
      if (cause !== undefined) this.runs.takeBack(cause);
    };
    // A handler or tap that ran meanwhile may have aborted it.
    if (signal?.aborted) cancel(message, cancelledBy(signal, message));
  }

  /** The deadline of a message has passed. */
  expired(outstanding: Outstanding): void {
    eachOf(outstanding, (one) => this.#giveUp(one, 'expired', expiry(one, undefined)));
  }

  /** The sender of a message has aborted it. */
  cancelled(outstanding: Outstanding, reason: BusError): void {
    eachOf(outstanding, (one) => this.#giveUp(one, 'cancelled', reason));
  }

  overran(run: Delivery): void {
    const { outstanding } = run.message;
    // Both are over at once where a handler and a request have the same limit: it is the sender's then.
    const isSenders = outstanding?.list !== undefined && this.#parts.deadlines.isOver(outstanding);
    const limitMs = isSenders ? undefined : run.endpoint.policy.timeoutMs;
    this.#giveUp(run, 'expired', expiry(run, limitMs));
  }

  /** Ends every run; the handlers are told. */
  cancelRuns(reason: BusError): void {
    this.runs.endAll((run) => this.#giveUp(run, 'cancelled', reason));
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
    const { endpoint, message } = delivery;
    const isRunning = delivery.runner !== undefined;
    const isWaiting = !isRunning && delivery.list !== undefined;
    if (isWaiting) endpoint.queue?.remove(delivery);
    else if (!endpoint.isRemote) message.abort(message.outstanding?.reason ?? error);
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

/** Whether the sender of a message has given it up; finds out about its signal. */
function isGivenUp(message: BusMessage, outstanding: Outstanding): boolean {
  const { signal } = outstanding;
  if (signal?.aborted && outstanding.reason === undefined) {
    cancel(message, cancelledBy(signal, message));
  }
  return outstanding.reason !== undefined;
}

/** Calls a function for each delivery of a message; those it ends leave the list meanwhile. */
function eachOf({ deliveries }: Outstanding, end: (delivery: Delivery) => void): void {
  for (let next = deliveries; next !== undefined; ) {
    const { sibling } = next;
    end(next);
    next = sibling;
  }
}

/** Endpoints whose full mailbox has refused a message. */
const refusing = new WeakSet<Endpoint>();

/** A flood of refusals costs no more than it must: the line that sends too fast is in its first one. */
function mailboxFull({ endpoint, message }: Delivery, reason: string | undefined): BusError {
  const { capacity } = endpoint.policy;
  const advice =
    reason === undefined
      ? 'send slower, await each send, or raise its capacity'
      : `lost by ${reason}`;
  const text = `${endpoint.label} has ${capacity} messages waiting: ${advice}`;
  const details = { topic: message.topic, endpoint: endpoint.label, capacity };
  const make = (): BusError => busError('BUS_MAILBOX_FULL', text, details);
  const isFirst = !refusing.has(endpoint);
  refusing.add(endpoint);
  return isFirst ? make() : withoutStack(make);
}

/** Whether a message has to keep its order with others of its key, which a plugin's queue sees to. */
function isOrdered({ policy, isRemote }: Endpoint, message: BusMessage): boolean {
  if (policy.queue === undefined || policy.concurrency === 1 || isRemote) return false;
  return policy.keyOf !== undefined || message.key !== undefined;
}

/** @param limitMs - the time limit of the run that was over, if that was it. */
function expiry({ endpoint, message }: Delivery, limitMs: number | undefined): BusError {
  const { topic } = message;
  const what =
    limitMs === undefined ? 'its deadline passed' : `its handler took over ${limitMs} ms`;
  const text = `message on '${topic}' expired at ${endpoint.label}: ${what}`;
  const where = { topic, endpoint: endpoint.label };
  const details = limitMs === undefined ? where : { ...where, timeoutMs: limitMs };
  return withoutStack(() => busError('BUS_EXPIRED', text, details));
}
