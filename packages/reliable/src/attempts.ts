import type { BusError, BusMessage, Env, Message, Timer } from '@bus/core';
import { isThenable, Verdict } from '@bus/core';
import type { AckDeadlines } from './ack-deadlines.ts';
import { backoffMs } from './backoff.ts';
import type { ReliableContext } from './context.ts';
import { listenerFailed, notAcknowledgedInTime, refusedByListener } from './errors.ts';
import { Failures } from './failures.ts';
import type { Gate, Runnable } from './gate.ts';
import type { Letter, LetterSource } from './letter.ts';
import type { RetrySettings } from './options.ts';
import type { PublisherWindow, Underway } from './publisher-window.ts';
import { letterComingHome } from './replay.ts';
import type { RunOwner } from './run.ts';
import { Run } from './run.ts';

/** The subscription that a message came to. */
export interface AttemptsOwner extends LetterSource {
  readonly context: ReliableContext;
  readonly retry: RetrySettings;
  readonly deadlines: AckDeadlines;
  /** Undefined where as many run at once as there are. */
  readonly gate: Gate | undefined;
  /** What errors call it. */
  readonly label: string;
  /** It has been stopped, and nothing is to be tried again. */
  readonly stopped: boolean;
  /** Calls the listener again. */
  call(run: Run, message: BusMessage): unknown;
  /** A delivery has begun to wait for what becomes of its message. */
  waits(delivery: Message, attempts: Attempts): void;
  /** The message has ended, and nothing waits for it any more. */
  ended(attempts: Attempts, deliveries: Iterable<Message>): void;
}

/**
 * The runs of one message at one subscription, until it is acknowledged or a dead letter. Made when
 * its first run has not ended well at once, which most do.
 */
export class Attempts implements RunOwner, Runnable, Underway {
  /** Settles when the message has ended: it rejects with the verdict, or with what the listener threw. */
  readonly result: Promise<void>;
  readonly #subscription: AttemptsOwner;
  readonly #message: BusMessage;
  readonly #window: PublisherWindow | undefined;
  /** The context that the message was sent in: later runs are begun in those of others. */
  readonly #sentIn: object | undefined;
  /** Deliveries of the kernel that wait for the result: with none left, nothing is tried again. */
  readonly #deliveries = new Set<Message>();
  #resolve: () => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #run: Run | undefined;
  #runs = 0;
  #failures: Failures | undefined;
  #timer: Timer | undefined;
  /** It has been given up, and may wait for room among the dead letters. */
  #letter: Letter | undefined;
  #over = false;

  constructor(
    subscription: AttemptsOwner,
    message: BusMessage,
    window: PublisherWindow | undefined,
  ) {
    this.#subscription = subscription;
    this.#message = message;
    this.#window = window;
    this.#sentIn = this.#env.context?.capture();
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    window?.running.set(message.sequence, this);
    this.join(message);
  }

  get #env(): Env {
    return this.#subscription.context.host.env;
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
    const { context } = this.#env;
    if (context === undefined || this.#sentIn === undefined) this.#runOnce();
    else context.enter(this.#sentIn, Attempts.#runOnceOf, this);
  }

  static #runOnceOf(this: void, attempts: Attempts): void {
    attempts.#runOnce();
  }

  #runOnce(): void {
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
    const { word, reason } = decision;
    const error = refusedByListener(this.#message.topic, this.#subscription.label, word, reason);
    if (decision.word === 'nack') this.#failed(run, error, decision.delayMs);
    else {
      const failures = this.#keep(run, error);
      if (!this.#isLeft()) this.#bury('rejected', failures);
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
    this.#fail(this.#failures?.last);
  }

  /** Makes no more runs. Where the bus stops, it ends what is left by itself. */
  stop(): void {
    this.#over = true;
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
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
    const failures = this.#keep(run, error);
    if (this.#isLeft()) return;
    const { retry } = this.#subscription;
    if (this.#runs >= retry.attempts) this.#bury('failed', failures);
    else this.#runAfter(delayMs ?? backoffMs(retry.backoff, this.#runs, this.#env.random));
  }

  #runAfter(ms: number): void {
    const { context, gate } = this.#subscription;
    context.counts.retries++;
    this.#timer = this.#env.setTimer(() => {
      this.#timer = undefined;
      if (gate === undefined) this.start();
      else gate.enter(this);
    }, ms);
  }

  /** Whether nobody waits for it any more; it has been ended then. */
  #isLeft(): boolean {
    if (this.#over) return true;
    if (this.#deliveries.size > 0 && !this.#subscription.stopped) return false;
    this.giveUp();
    return true;
  }

  /** A run is over, and not well. */
  #keep(run: Run, error: unknown): Failures {
    this.#leave(run);
    this.#failures ??= new Failures(this.#env);
    this.#failures.add(error);
    return this.#failures;
  }

  #leave(run: Run): void {
    this.#run = undefined;
    this.#subscription.deadlines.remove(run);
    this.#subscription.gate?.leave();
  }

  /** After the last run: a dead letter, if there is room for one, and the end. */
  #bury(reason: 'failed' | 'rejected', failures: Failures): void {
    const message = this.#message;
    this.#letter = this.#subscription.context.letters.bury(
      { message, reason, attempts: this.#runs, failures, subscription: this.#subscription },
      letterComingHome(message),
      () => this.#buried(failures),
      (full) => this.#fail(new Verdict('failed', full)),
    );
  }

  #buried({ last }: Failures): void {
    const { topic, sequence } = this.#message;
    this.#window?.add(sequence);
    const error = listenerFailed(topic, this.#subscription.label, this.#runs, last);
    this.#fail(new Verdict('dead-lettered', error));
  }

  #fail(reason: unknown): void {
    this.#finish();
    this.#reject(reason);
  }

  #finish(): void {
    this.stop();
    this.#window?.running.delete(this.#message.sequence);
    this.#subscription.ended(this, this.#deliveries);
  }
}
