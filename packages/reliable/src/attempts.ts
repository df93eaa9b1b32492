import type { BusError, BusMessage, Message, Timer } from '@bus/core';
import { Verdict } from '@bus/core';
import { backoffMs } from './backoff.ts';
import { Letter } from './dead-letter.ts';
import { listenerFailed, notAcknowledgedInTime, refusedByListener } from './errors.ts';
import { Failures } from './failures.ts';
import type { Runnable } from './gate.ts';
import type { PublisherWindow } from './publisher-window.ts';
import { Replay } from './replay.ts';
import type { Decision, RunOwner } from './run.ts';
import { Run } from './run.ts';
import type { ReliableSubscription } from './subscription.ts';

/**
 * The runs of one message at one subscription, until it is acknowledged or a dead letter. Made when
 * its first run has not ended well at once, which most do.
 */
export class Attempts implements RunOwner, Runnable {
  /** Settles when the message has ended: it rejects with the verdict, or with what the listener threw. */
  readonly result: Promise<void>;
  readonly #subscription: ReliableSubscription;
  readonly #message: BusMessage;
  readonly #window: PublisherWindow | undefined;
  readonly #failures = new Failures();
  /** Deliveries of the kernel that wait for the result: with none left, nothing is tried again. */
  readonly #deliveries = new Set<Message>();
  #resolve: () => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #run: Run | undefined;
  #runs = 0;
  #firstFailedAt = 0;
  #timer: Timer | undefined;
  /** It has been given up, and waits for room among the dead letters. */
  #letter: Letter | undefined;
  #over = false;

  constructor(
    subscription: ReliableSubscription,
    message: BusMessage,
    window: PublisherWindow | undefined,
  ) {
    this.#subscription = subscription;
    this.#message = message;
    this.#window = window;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    window?.running.set(message.sequence, this);
    this.join(message);
  }

  /** One more delivery of the same message, or the first. */
  join(delivery: Message): Promise<void> {
    this.#deliveries.add(delivery);
    this.#subscription.waits(delivery, this);
    return this.result;
  }

  /** Goes on with a run that began before there was anything to keep of the message. */
  adopt(run: Run, value: unknown): Promise<void> {
    this.#begin(run);
    this.decided(run);
    this.#await(run, value);
    return this.result;
  }

  /** The same with a run that has thrown. */
  adoptFailed(run: Run, error: unknown): Promise<void> {
    this.#begin(run);
    this.decided(run);
    this.#threw(run, error);
    return this.result;
  }

  /** One run; where few may run at once, its place has been taken. */
  start(): void {
    if (this.#over) {
      this.#subscription.gate?.leave();
      return;
    }
    const run = new Run(this.#message, this.#runs + 1, this);
    this.#begin(run);
    let value: unknown;
    try {
      value = this.#subscription.call(run, this.#message);
    } catch (error) {
      this.#threw(run, error);
      return;
    }
    this.#await(run, value);
  }

  /** The listener has said what is to become of its run. */
  decided(run: Run): void {
    if (this.#run !== run || run.decision === undefined) return;
    const { decision } = run;
    if (decision.word === 'ack') {
      this.#succeeded(run);
      return;
    }
    const error = this.#refusal(decision);
    if (decision.word === 'nack') this.#failed(run, error, decision.delayMs);
    else {
      this.#leave(run);
      this.#keep(error);
      if (!this.#isLeft()) this.#bury('rejected');
    }
  }

  working(run: Run): void {
    if (this.#run === run) this.#subscription.deadlines.begin(run);
  }

  /** The ack deadline of a run has passed: what it still comes to is of no account. */
  expired(run: Run): void {
    if (this.#run !== run) return;
    const { label, retry } = this.#subscription;
    const error = notAcknowledgedInTime(this.#message.topic, label, retry.ackTimeoutMs);
    run.abort(error);
    this.#failed(run, error, undefined);
  }

  /** The kernel has given a delivery up: its sender did, its time is over, or the bus stops. */
  cancelled(delivery: Message, reason: BusError): void {
    this.#deliveries.delete(delivery);
    if (this.#deliveries.size > 0) return;
    if (this.#run !== undefined) this.#run.abort(reason);
    else this.giveUp();
  }

  /** Ends it without another run, unless one is under way: as failed by what it failed with. */
  giveUp(): void {
    if (this.#run !== undefined || this.#over) return;
    this.#letter?.abandon();
    this.#finish();
    this.#reject(this.#failures.last);
  }

  /** The bus is stopping, and ends what is left by itself. */
  stop(): void {
    this.#over = true;
    this.#clearTimer();
  }

  #begin(run: Run): void {
    run.owner = this;
    this.#run = run;
    this.#runs = run.attempt;
  }

  #await(run: Run, value: unknown): void {
    if (!isThenable(value)) {
      if (this.#run === run) this.#succeeded(run);
      return;
    }
    if (this.#run === run) this.#subscription.deadlines.begin(run);
    // A stranger's `then` may throw, or call back more than once.
    Promise.resolve(value).then(
      () => {
        if (this.#run === run) this.#succeeded(run);
      },
      (error) => this.#threw(run, error),
    );
  }

  #threw(run: Run, error: unknown): void {
    if (this.#run === run) this.#failed(run, error, undefined);
    else if (run.decision?.word === 'ack') {
      // It stays done, but somebody should know.
      const { context, label } = this.#subscription;
      context.host.report(listenerFailed(this.#message.topic, label, run.attempt, error));
    }
  }

  #succeeded(run: Run): void {
    this.#leave(run);
    this.#window?.add(this.#message.sequence);
    this.#finish();
    this.#resolve();
  }

  #failed(run: Run, error: unknown, delayMs: number | undefined): void {
    this.#leave(run);
    this.#keep(error);
    if (this.#isLeft()) return;
    const { retry, context, gate } = this.#subscription;
    if (this.#runs >= retry.attempts) {
      this.#bury('failed');
      return;
    }
    context.counts.retries++;
    const wait = delayMs ?? backoffMs(retry.backoff, this.#runs, context.host.env.random);
    this.#timer = context.host.env.setTimer(() => {
      this.#timer = undefined;
      if (gate === undefined) this.start();
      else gate.enter(this);
    }, wait);
  }

  /** Whether nobody waits for it any more; it has been ended then. */
  #isLeft(): boolean {
    if (this.#over) return true;
    if (this.#deliveries.size > 0 && !this.#subscription.stopped) return false;
    this.giveUp();
    return true;
  }

  #keep(error: unknown): void {
    if (this.#failures.last === undefined)
      this.#firstFailedAt = this.#subscription.context.host.env.wall();
    this.#failures.add(error);
  }

  #leave(run: Run): void {
    this.#run = undefined;
    this.#subscription.deadlines.remove(run);
    this.#subscription.gate?.leave();
  }

  /** After the last run: a dead letter, if there is room for one, and the end. */
  #bury(reason: 'failed' | 'rejected'): void {
    const { completion } = this.#message;
    const facts = {
      message: this.#message,
      reason,
      attempts: this.#runs,
      errors: this.#failures.errors,
      firstAt: this.#firstFailedAt,
      lastAt: this.#subscription.context.host.env.wall(),
      subscription: this.#subscription,
    };
    if (completion instanceof Replay && completion.home) {
      completion.letter.failedAgain(facts);
      this.#buried();
      return;
    }
    const { letters } = this.#subscription.context;
    this.#letter = new Letter(facts);
    letters.add(
      this.#letter,
      () => this.#buried(),
      () =>
        this.#end(new Verdict('failed', letters.full(facts.message.topic, this.#failures.last))),
    );
  }

  #buried(): void {
    const { topic, sequence } = this.#message;
    this.#window?.add(sequence);
    const error = listenerFailed(topic, this.#subscription.label, this.#runs, this.#failures.last);
    this.#end(new Verdict('dead-lettered', error));
  }

  #end(verdict: Verdict): void {
    this.#finish();
    this.#reject(verdict);
  }

  #finish(): void {
    this.#over = true;
    this.#clearTimer();
    this.#window?.running.delete(this.#message.sequence);
    this.#subscription.ended(this, this.#deliveries);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#subscription.context.host.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #refusal(decision: Exclude<Decision, { readonly word: 'ack' }>): BusError {
    const { word, reason } = decision;
    return refusedByListener(this.#message.topic, this.#subscription.label, word, reason);
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}
