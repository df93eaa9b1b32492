import type { BusError, BusMessage, Endpoint, EndpointDefinition, Message } from '@bus/core';
import { isThenable } from '@bus/core';
import { AckDeadlines } from './ack-deadlines.ts';
import type { AttemptsOwner } from './attempts.ts';
import { Attempts } from './attempts.ts';
import type { ReliableContext } from './context.ts';
import { Gate } from './gate.ts';
import type { RetrySettings } from './options.ts';
import type { PublisherWindow } from './publisher-window.ts';
import { isNumbered, PublisherWindows } from './publisher-window.ts';
import { Run } from './run.ts';

/** What all subscriptions of a bus share. */
export interface SubscriptionContext extends ReliableContext {
  /** Numbers of one publisher that a subscription remembers. */
  readonly window: number;
  /** Those that are there, and those that have something left to do. */
  readonly subscriptions: Set<ReliableSubscription>;
}

/** How one subscription tries again. */
export interface SubscriptionSettings extends RetrySettings {
  /** Undefined where those behind a message that is tried again wait; else how many run at once. */
  readonly released: number | undefined;
}

/** A subscription's listener between the kernel and its user: dedupes, runs, tries again, gives up. */
export class ReliableSubscription implements AttemptsOwner {
  readonly context: SubscriptionContext;
  readonly retry: RetrySettings;
  readonly deadlines: AckDeadlines;
  readonly gate: Gate | undefined;
  readonly name: string | undefined;
  readonly pattern: string;
  endpoint: Endpoint | undefined;
  readonly #listener: (message: Message) => unknown;
  readonly #windows: PublisherWindows;
  /** By delivery, what has not ended at once. */
  readonly #attempts = new Map<Message, Attempts>();

  constructor(
    context: SubscriptionContext,
    settings: SubscriptionSettings,
    { name, pattern, handler }: EndpointDefinition,
  ) {
    this.context = context;
    this.retry = settings;
    this.name = name ?? (handler.name || undefined);
    this.pattern = String(pattern);
    this.#listener = handler;
    this.#windows = new PublisherWindows(context.window);
    this.gate = settings.released === undefined ? undefined : new Gate(settings.released);
    const { ackTimeoutMs } = settings;
    this.deadlines = new AckDeadlines(context.host.env, ackTimeoutMs, (run) =>
      run.owner?.expired(run),
    );
  }

  /** What errors call it. */
  get label(): string {
    return this.name ?? `the subscription to '${this.pattern}'`;
  }

  /** It has been stopped, and nothing is to be tried again. */
  get stopped(): boolean {
    return this.endpoint?.state === 'stopped';
  }

  /** The endpoint's handler. What is handled at once returns undefined, and is acknowledged by that. */
  readonly handle = (delivery: Message): unknown => {
    const message = delivery as BusMessage;
    let window: PublisherWindow | undefined;
    if (isNumbered(message)) {
      window = this.#windows.of(message);
      if (window.has(message.sequence)) {
        this.context.counts.duplicates++;
        return undefined;
      }
      const running = window.running.get(message.sequence);
      if (running !== undefined) {
        this.context.counts.duplicates++;
        return running.join(message);
      }
    }
    return this.#handleNew(message, window);
  };

  /** Calls the listener again, so that what it asks for inherits the deadline of the message. */
  call(run: Run, message: BusMessage): unknown {
    const { context } = this.context.host.env;
    if (context === undefined) return this.#listener(run);
    return context.run(message.deadline === undefined ? undefined : message, this.#listener, run);
  }

  /** A delivery has begun to wait for what becomes of its message. */
  waits(delivery: Message, attempts: Attempts): void {
    this.#attempts.set(delivery, attempts);
  }

  ended(attempts: Attempts, deliveries: Iterable<Message>): void {
    for (const delivery of deliveries) {
      if (this.#attempts.get(delivery) === attempts) this.#attempts.delete(delivery);
    }
    this.#forgetIfDone();
  }

  /** The kernel has given a delivery up. */
  readonly cancelled = (delivery: Message, reason: BusError): void => {
    const attempts = this.#attempts.get(delivery);
    if (attempts === undefined) return;
    this.#attempts.delete(delivery);
    attempts.cancelled(delivery, reason);
  };

  added(endpoint: Endpoint): void {
    this.endpoint = endpoint;
    this.context.subscriptions.add(this);
  }

  /** The endpoint was taken out: one that drains tries on, one that was stopped does not. */
  removed(): void {
    if (this.stopped) for (const attempts of new Set(this.#attempts.values())) attempts.giveUp();
    this.#forgetIfDone();
  }

  /** Leaves no timer behind; what has not ended is the kernel's to end. */
  stop(): void {
    this.deadlines.stop();
    for (const attempts of this.#attempts.values()) attempts.stop();
    this.#attempts.clear();
  }

  #forgetIfDone(): void {
    if (this.endpoint?.active || this.#attempts.size > 0) return;
    this.context.subscriptions.delete(this);
    this.deadlines.stop();
  }

  #handleNew(message: BusMessage, window: PublisherWindow | undefined): unknown {
    const { gate } = this;
    if (gate !== undefined && !gate.tryEnter()) {
      const attempts = new Attempts(this, message, window);
      gate.enter(attempts);
      return attempts.result;
    }
    const run = new Run(message, 1, undefined);
    let value: unknown;
    try {
      value = this.#listener(run);
    } catch (error) {
      return new Attempts(this, message, window).adoptFailed(run, error);
    }
    const said = run.decision;
    if ((said !== undefined && said.word !== 'ack') || isThenable(value)) {
      return new Attempts(this, message, window).adopt(run, value);
    }
    window?.add(message.sequence);
    gate?.leave();
    return undefined;
  }
}
