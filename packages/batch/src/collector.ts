import type { Env, Message, Timer } from '@bus/core';
import { BusError, onAbort } from '@bus/core';
import type { BatchHandler, BatchReport } from './api.ts';
import { Arrivals } from './arrivals.ts';
import type { BatchSettings } from './handled-batch.ts';
import { HandledBatch } from './handled-batch.ts';
import { Item } from './item.ts';
import type { Limits } from './limits.ts';
import { WaitingItems } from './waiting-items.ts';

/** Everything a collector knows of its endpoint. */
export interface CollectorSettings extends BatchSettings {
  readonly limits: Limits;
  /** Batches handled at once. */
  readonly concurrency: number;
  readonly handler: BatchHandler<Message, unknown>;
}

/** The collectors of a bus. */
export interface Collectors {
  readonly env: Env;
  /** The async context of none of the messages, in which batches are handled, if the platform has contexts. */
  readonly outside: object | undefined;
  /** The collectors that have had a message, less those whose endpoint was removed before the bus stops. */
  readonly present: Set<Collector>;
  /** The bus is about to stop: messages no longer wait for others. */
  isLeaving: boolean;
}

/** Gathers the messages of one endpoint into batches, and hands them to its handler. */
export class Collector {
  /** Milliseconds one batch may take. */
  timeoutMs: number = Number.POSITIVE_INFINITY;
  /**
   * Another plugin wrapped the handler, and may end a run that the kernel still counts: the `signal` of
   * the message it hands over says so.
   */
  isWrapped = false;
  readonly #settings: CollectorSettings;
  readonly #collectors: Collectors;
  readonly #arrivals: Arrivals;
  readonly #waiting: WaitingItems;
  /** The arrival of the oldest waiting message, or of one before it. */
  #since = 0;
  #timer: Timer | undefined;
  /** How many waited when the timer was set. */
  #before = 0;
  /** The waiting messages are handed over after the current turn of the microtasks. */
  #isSoon = false;
  /** Batches being handled, each with the timer that ends it. */
  readonly #running = new Map<HandledBatch, Timer | undefined>();
  /** The handler is on the stack: messages it sends to itself wait. */
  #isCalling = false;
  #isRemoved = false;
  #batches = 0;
  #messages = 0;

  constructor(settings: CollectorSettings, collectors: Collectors) {
    this.#settings = settings;
    this.#collectors = collectors;
    this.#arrivals = new Arrivals(settings.limits.waitMs);
    this.#waiting = new WaitingItems(settings.limits);
  }

  /** The endpoint's handler: takes a message, and promises how it ends. */
  readonly take = (message: Message): Promise<unknown> => {
    const { weigh } = this.#settings.limits;
    const item = new Item(message, weigh === undefined ? 0 : weigh(message.payload));
    this.#waiting.push(item);
    if (this.isWrapped) {
      const { signal } = message;
      onAbort(signal, () => this.#giveUp(item, signal.reason));
    }
    if (this.#waiting.size === 1) {
      this.#since = this.#collectors.env.now();
      if (!this.#isRemoved) this.#collectors.present.add(this);
    }
    this.#next();
    return item.result;
  };

  /** The kernel has given a message up. */
  cancelled(message: Message, reason: BusError): void {
    const isIt = (item: Item): boolean =>
      item.message === message || item.message.id === message.id;
    let item = this.#waiting.find(isIt);
    for (const batch of this.#running.keys()) item ??= batch.find(isIt);
    if (item !== undefined) this.#giveUp(item, reason);
  }

  /** A message has ended early. If it has not been handed over, its batch goes without it. */
  #giveUp(item: Item, reason: unknown): void {
    if (this.#waiting.remove(item)) {
      if (this.#waiting.size === 0) this.#stopTimer();
      // Its outcome has been counted; this frees its place at the endpoint.
      item.reject(reason);
      return;
    }
    for (const [batch, timer] of this.#running) {
      if (!batch.giveUp(item, reason)) continue;
      // A stopped bus leaves no timer behind.
      if (isClosed(reason)) this.#collectors.env.clearTimer(timer);
      else if (this.isWrapped) this.#free(batch);
    }
  }

  /** The endpoint is out of the routes: the messages left here are handled without delay. */
  removed(): void {
    this.#isRemoved = true;
    // The last figures of a bus are read when its endpoints are gone.
    if (!this.#collectors.isLeaving) this.#collectors.present.delete(this);
    this.hurry();
  }

  /** Hands over the messages that wait for more. */
  hurry(): void {
    if (this.#timer === undefined) return;
    this.#stopTimer();
    this.#next();
  }

  get concurrency(): number {
    return this.#settings.concurrency;
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
    return !this.#isCalling && this.#running.size < this.#settings.concurrency;
  }

  /** Hands over full batches while fewer than `concurrency` run, and sets the time for the rest. */
  #next(): void {
    while (this.#isFree && this.#waiting.isFull) this.#handOver();
    if (this.#timer !== undefined || this.#isSoon) return;
    if (this.#waiting.size === 0 || !this.#isFree) return;
    const { env, isLeaving } = this.#collectors;
    const now = env.now();
    const leftMs =
      isLeaving || this.#isRemoved ? 0 : this.#since + this.#settings.limits.waitMs - now;
    if (leftMs > 0 && this.#arrivals.isWorthWaiting(now)) {
      this.#before = this.#waiting.size;
      this.#timer = env.setTimer(this.#onTimer, leftMs);
    } else {
      this.#isSoon = true;
      void Promise.resolve().then(this.#onSoon);
    }
  }

  readonly #onTimer = (): void => {
    this.#handOver();
    this.#next();
  };

  readonly #onSoon = (): void => {
    this.#isSoon = false;
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
    this.#isCalling = true;
    try {
      result = this.#call(batch);
    } catch (error) {
      batch.failAll(error);
      this.#running.delete(batch);
      return;
    } finally {
      this.#isCalling = false;
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

  /** A batch is handed over in the context of a message, of a batch before it, or of a timer. */
  #call(batch: HandledBatch): unknown {
    const { env, outside } = this.#collectors;
    if (env.context === undefined || outside === undefined) return this.#toHandler(batch);
    return env.context.enter(outside, this.#toParent, batch);
  }

  /** Requests of the handler inherit the deadline of the message that has most time left. */
  readonly #toParent = (batch: HandledBatch): unknown => {
    const { context } = this.#collectors.env;
    const parent = batch.longestLived;
    if (context === undefined || context.get() === parent) return this.#toHandler(batch);
    return context.run(parent, this.#toHandler, batch);
  };

  readonly #toHandler = (batch: HandledBatch): unknown => {
    const { handler } = this.#settings;
    return handler(batch.messages, batch);
  };

  #expireInTime(batch: HandledBatch): Timer | undefined {
    const { timeoutMs } = this;
    if (timeoutMs === Number.POSITIVE_INFINITY) return undefined;
    return this.#collectors.env.setTimer(() => {
      batch.expire(timeoutMs);
      this.#free(batch);
    }, timeoutMs);
  }

  /** Gives the place of a batch to the next. */
  #free(batch: HandledBatch): void {
    const timer = this.#running.get(batch);
    if (timer !== undefined) this.#collectors.env.clearTimer(timer);
    if (this.#running.delete(batch)) this.#next();
  }
}

function isClosed(reason: unknown): boolean {
  return BusError.is(reason) && reason.code === 'BUS_CLOSED';
}
