import type { Endpoint } from './endpoint/endpoint.ts';
import { FifoQueue, type Loss } from './endpoint/queue.ts';
import { inContext } from './env.ts';
import { BusError, busError, handlerFailed, withoutStack } from './errors.ts';
import type { BusMessage, Outstanding, OutstandingOwner } from './message/message.ts';
import { Delivery } from './message/message.ts';
import { CausalOrder, deepestNesting } from './order.ts';
import { cancel, cancelledBy, isAborted, onAbort } from './outcome/deadlines.ts';
import { Endings } from './outcome/endings.ts';
import type { Outcome } from './outcome/outcomes.ts';
import type { Count } from './outcome/results.ts';
import type { RunOwner, RunParts } from './run.ts';
import { Runs } from './run.ts';

/** How many endpoints one target stands for, a promise of that while it waits for room, or its refusal. */
type Answer = number | BusError | Promise<number | BusError>;

/** Messages handled in one go before timers and input get their turn. */
const longestBatch = 256;
/**
 * Delivers messages to their targets. A free endpoint's handler is called at once; a busy one's message
 * waits in its queue.
 */
export class Deliverer implements OutstandingOwner, RunOwner {
  readonly endings: Endings;
  readonly runs: Runs;
  readonly order: CausalOrder;
  readonly #parts: RunParts;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.order = new CausalOrder(parts);
    this.endings = new Endings(parts);
    this.runs = new Runs(parts, this.endings, this);
  }

  // --- Fan-out

  /** Delivers a message to its targets, first to last. */
  deliver(message: BusMessage, targets: readonly Endpoint[]): Count {
    const { length } = targets;
    const { outstanding } = message;
    const { runs, order } = this;
    const { current } = runs;
    const { isUnfinished } = order;
    const isPlain = outstanding === undefined && runs.isPlain(message);
    if (!isPlain) this.#announce(message, length);
    let own = message;
    let accepted = 0;
    let others: Answer[] | undefined;
    order.fanOuts++;
    order.nesting++;
    try {
      for (let i = 0; i < length; i++) {
        const endpoint = targets[i] as Endpoint;
        order.isUnfinished = order.isInParts || i < length - 1;
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
      order.isUnfinished = isUnfinished || order.isInParts;
      order.fanOuts--;
      order.nesting--;
    }
    if (outstanding !== undefined) this.#watch(message, outstanding);
    order.go();
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
      return this.runs.run(endpoint, message, undefined) ?? endpoint.members;
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
    const refusal = this.#keep(delivery);
    if (refusal !== undefined) {
      delivery.isEnded = true;
      this.endings.ended(endpoint, delivery.message, undefined, 'rejected', refusal);
      return refusal;
    }
    // One each: on Node 22 and older, a handler that enters a store changes what it was entered with.
    delivery.context = this.#parts.env.context?.capture();
    endpoint.queue ??= endpoint.policy.queue?.(endpoint) ?? new FifoQueue(endpoint.policy);
    const loss = endpoint.queue.push(delivery);
    // A key function may have stopped it.
    if (endpoint.state === 'stopped' && (loss === undefined || loss === 'blocked')) {
      endpoint.queue.remove(delivery);
      delivery.isEnded = true;
      return this.#offerStopped(endpoint, delivery.message);
    }
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

  /** Lets a link take a copy of a message that has to wait. Returns why it will not. */
  #keep(delivery: Delivery): BusError | undefined {
    const { extras } = delivery.endpoint;
    if (extras?.keep === undefined) return undefined;
    try {
      delivery.message = extras.keep(delivery.message) as BusMessage;
      return undefined;
    } catch (cause) {
      return this.#parts.hooks.blame('deliver', cause);
    }
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
   * Reserves places for a message at its targets, for a `dispatch` tap that takes its time. Returns the
   * count that the sender gets.
   */
  reserve(message: BusMessage, targets: readonly Endpoint[], places: Delivery[]): Count {
    const outstanding = message.track();
    this.#announce(message, targets.length);
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
    this.#watch(message, outstanding);
    return this.settleAll(0, answers, message);
  }

  /** Lets a reserved message start. */
  fill(delivery: Delivery, message: BusMessage): void {
    delivery.message = message;
    const refusal = this.#keep(delivery);
    if (refusal !== undefined) {
      this.#parts.report(refusal, true);
      this.withdraw(delivery, refusal);
    }
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
      if (left === 0 || this.order.nesting >= deepestNesting) {
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
    const { context } = delivery;
    delivery.context = undefined;
    this.order.nesting++;
    try {
      inContext(this.#parts.env, context, this.#runWaiting, delivery);
    } finally {
      this.order.nesting--;
    }
  }

  readonly #runWaiting = (delivery: Delivery): void => {
    this.runs.run(delivery.endpoint, delivery.message, delivery);
  };

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
    if (isAborted(signal)) cancel(message, cancelledBy(signal, message));
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
  if (outstanding.reason === undefined && isAborted(signal)) {
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
