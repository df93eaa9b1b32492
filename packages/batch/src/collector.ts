import type { Env, Message, Timer } from '@bus/core';
import { BusError, onAbort } from '@bus/core';
import type { BatchHandler, BatchReport } from './api.ts';
import { Arrivals } from './arrivals.ts';
import type { BatchSettings } from './handled-batch.ts';
import { HandledBatch } from './handled-batch.ts';
import { Item } from './item.ts';
import type { Limits } from './limits.ts';
import { longestTimerMs } from './limits.ts';
import { WaitingItems } from './waiting-items.ts';

/** What an endpoint with batches is. */
export interface CollectorSettings extends BatchSettings {
  readonly limits: Limits;
  /** Batches handled at once. */
  readonly concurrency: number;
  readonly handler: BatchHandler<Message, unknown>;
}

/** The collectors of a bus. */
export interface Collectors {
  readonly env: Env;
  /** Those that have had a message and are not removed. */
  readonly present: Set<Collector>;
  /** The bus is about to stop: nothing waits for other messages. */
  leaving: boolean;
}

/** Gathers the messages of one endpoint into batches, and hands them to its handler. */
export class Collector {
  readonly #settings: CollectorSettings;
  readonly #collectors: Collectors;
  readonly #arrivals: Arrivals;
  readonly #waiting: WaitingItems;
  /** When the oldest that waits came, or one before it. */
  #since = 0;
  #timer: Timer | undefined;
  /** How many waited when the timer was set. */
  #before = 0;
  /** What waits is handed over as soon as what runs now has run. */
  #soon = false;
  /** Batches being handled, with what ends those that take too long. */
  readonly #running = new Map<HandledBatch, Timer | undefined>();
  /** The handler is on the stack: what it sends to itself waits. */
  #calling = false;
  #removed = false;
  #batches = 0;
  #messages = 0;

  constructor(settings: CollectorSettings, collectors: Collectors) {
    this.#settings = settings;
    this.#collectors = collectors;
    this.#arrivals = new Arrivals(settings.limits.waitMs);
    this.#waiting = new WaitingItems(settings.limits);
  }

  /** Takes a message; what is returned says what became of it. */
  take(message: Message): Item {
    const { limits, retried } = this.#settings;
    const { weigh } = limits;
    const item = new Item(message, weigh === undefined ? 0 : weigh(message.payload));
    this.#waiting.push(item);
    if (retried) {
      const { signal } = message;
      onAbort(signal, () => this.#giveUp(item, signal.reason));
    }
    if (this.#waiting.size === 1) {
      this.#since = this.#collectors.env.now();
      if (!this.#removed) this.#collectors.present.add(this);
    }
    this.#next();
    return item;
  }

  /** The bus has ended a message. */
  cancelled(message: Message, reason: BusError): void {
    const isIt = (item: Item): boolean =>
      item.message === message || item.message.id === message.id;
    let item = this.#waiting.find(isIt);
    for (const batch of this.#running.keys()) item ??= batch.find(isIt);
    if (item !== undefined) this.#giveUp(item, reason);
  }

  /** Nobody waits for a message any more; one that has not been handed over is left out. */
  #giveUp(item: Item, reason: unknown): void {
    if (this.#waiting.remove(item)) {
      if (this.#waiting.size === 0) this.#stopTimer();
      // Its outcome has been counted; this gives its slot back.
      item.reject(reason);
      return;
    }
    for (const [batch, timer] of this.#running) {
      if (!batch.giveUp(item, reason)) continue;
      // Of a bus that has stopped no timer may stay.
      if (isClosed(reason)) this.#collectors.env.clearTimer(timer);
      else if (this.#settings.retried) this.#free(batch);
    }
  }

  /** The endpoint is out of the routes: what is here yet is handled without delay. */
  removed(): void {
    this.#removed = true;
    this.#collectors.present.delete(this);
    this.hurry();
  }

  /** Ends a wait that the bus or the endpoint has no time for. */
  hurry(): void {
    if (this.#timer === undefined) return;
    this.#stopTimer();
    this.#next();
  }

  report(): BatchReport {
    return {
      endpoint: this.#settings.name,
      waiting: this.#waiting.size,
      running: this.#running.size,
      batches: this.#batches,
      messages: this.#messages,
    };
  }

  get #isFree(): boolean {
    return !this.#calling && this.#running.size < this.#settings.concurrency;
  }

  /** Hands over what is full, as far as slots are free, and sees to it that the rest is in time. */
  #next(): void {
    while (this.#isFree && this.#waiting.isFull) this.#handOver();
    if (this.#timer !== undefined || this.#soon) return;
    if (this.#waiting.size === 0 || !this.#isFree) return;
    const { env, leaving } = this.#collectors;
    const now = env.now();
    const leftMs = leaving || this.#removed ? 0 : this.#since + this.#settings.limits.waitMs - now;
    if (leftMs > 0 && this.#arrivals.isWorthWaiting(now)) {
      this.#before = this.#waiting.size;
      this.#timer = env.setTimer(this.#onTimer, leftMs);
    } else {
      this.#soon = true;
      void Promise.resolve().then(this.#onSoon);
    }
  }

  readonly #onTimer = (): void => {
    this.#handOver();
    this.#next();
  };

  readonly #onSoon = (): void => {
    this.#soon = false;
    if (this.#isFree && this.#waiting.size > 0) this.#handOver();
    this.#next();
  };

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#collectors.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #handOver(): void {
    const now = this.#collectors.env.now();
    if (this.#timer !== undefined) {
      this.#arrivals.waited(this.#waiting.size - this.#before, now);
      this.#stopTimer();
    }
    const items = this.#waiting.take(now, this.#settings.name);
    if (items.length === 0) return;
    this.#arrivals.came(items.length, now);
    this.#batches++;
    this.#messages += items.length;
    this.#handle(new HandledBatch(this.#settings, items));
  }

  #handle(batch: HandledBatch): void {
    let result: unknown;
    this.#running.set(batch, undefined);
    this.#calling = true;
    try {
      result = this.#call(batch);
    } catch (error) {
      batch.failAll(error);
      this.#running.delete(batch);
      return;
    } finally {
      this.#calling = false;
    }
    if (typeof result !== 'object' || result === null || Array.isArray(result)) {
      batch.succeed(result);
      this.#running.delete(batch);
      return;
    }
    this.#running.set(batch, this.#expireInTime(batch));
    Promise.resolve(result)
      .then(
        (value) => batch.succeed(value),
        (error) => batch.failAll(error),
      )
      .then(() => this.#free(batch));
  }

  /** What it sends inherits the deadline of the message with most time, not of whichever came last. */
  #call(batch: HandledBatch): unknown {
    const { context } = this.#collectors.env;
    const parent = context === undefined ? undefined : batch.longestLived;
    if (context === undefined || context.get() === parent) return this.#toHandler(batch);
    return context.run(parent, this.#toHandler, batch);
  }

  readonly #toHandler = (batch: HandledBatch): unknown => {
    const { handler } = this.#settings;
    return handler(batch.messages, batch);
  };

  #expireInTime(batch: HandledBatch): Timer | undefined {
    const { timeoutMs, retried } = this.#settings;
    if (retried || timeoutMs > longestTimerMs) return undefined;
    return this.#collectors.env.setTimer(() => {
      batch.expire();
      this.#free(batch);
    }, timeoutMs);
  }

  /** Gives the slot of a batch to the next. */
  #free(batch: HandledBatch): void {
    const timer = this.#running.get(batch);
    if (timer !== undefined) this.#collectors.env.clearTimer(timer);
    if (this.#running.delete(batch)) this.#next();
  }
}

function isClosed(reason: unknown): boolean {
  return BusError.is(reason) && reason.code === 'BUS_CLOSED';
}
