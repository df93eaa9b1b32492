import type { BusError, Completion, Endpoint, Env, Message, Outcome } from '@bus/core';
import { busError } from '@bus/core';
import type { LateReplies } from './pending.ts';
import { failureOf } from './pending.ts';

interface Item {
  readonly value: unknown;
  /** Lets a streaming handler go on; false tells it to stop. */
  readonly taken: ((more: boolean) => void) | undefined;
}

/** When a stream of replies has heard enough. */
export interface ReplyLimits {
  readonly max: number;
  readonly timeoutMs: number;
  readonly stallMs: number | undefined;
}

/**
 * The replies of many handlers as one async iterator. It buffers one item of each handler that
 * streams, which goes on when that is taken, and one reply of each that does not.
 */
export class ReplyStream implements Completion, AsyncIterableIterator<unknown> {
  readonly #topic: string;
  readonly #limits: ReplyLimits;
  readonly #env: Env;
  readonly #late: LateReplies;
  readonly #items: Item[] = [];
  readonly #asked: {
    resolve(result: IteratorResult<unknown>): void;
    reject(error: BusError): void;
  }[] = [];
  readonly #streaming = new Set<Endpoint>();
  readonly #cancel = new AbortController();
  #open = 1;
  #given = 0;
  #received = 0;
  #failure: BusError | undefined;
  /** Cut short by the asker, which must not look like a full answer. */
  #cut = false;
  #ended = false;
  #stall: unknown;
  onEnd: (() => void) | undefined;

  constructor(topic: string, limits: ReplyLimits, env: Env, late: LateReplies) {
    this.#topic = topic;
    this.#limits = limits;
    this.#env = env;
    this.#late = late;
    this.#watchStall();
  }

  /** Aborts when no more replies are wanted. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  get ended(): boolean {
    return this.#ended;
  }

  targeted(count: number): void {
    this.#open = count;
  }

  settled(
    _message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    if (this.#ended) return;
    const streamed = endpoint !== undefined && this.#streaming.delete(endpoint);
    if (outcome !== 'handled' && outcome !== 'forwarded') {
      this.#failure ??= failureOf(this.#topic, this.#limits.timeoutMs, outcome, error);
      this.#cut ||= outcome === 'cancelled';
    } else if (!streamed) this.#push({ value, taken: undefined });
    if (--this.#open === 0) this.#end();
  }

  item(value: unknown, endpoint: Endpoint): boolean | Promise<boolean> {
    if (this.#ended) {
      this.#late.lateReplies++;
      return false;
    }
    this.#streaming.add(endpoint);
    return new Promise((taken) => this.#push({ value, taken }));
  }

  late(): void {
    this.#late.lateReplies++;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(this.#give(item));
    if (!this.#ended)
      return new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
    const failure = this.#toThrow();
    if (failure === undefined) return Promise.resolve({ done: true, value: undefined });
    this.#failure = undefined;
    return Promise.reject(failure);
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#failure = undefined;
    this.#end();
    for (const item of this.#items.splice(0)) item.taken?.(false);
    return Promise.resolve({ done: true, value: undefined });
  }

  #push(item: Item): void {
    this.#received++;
    const asked = this.#asked.shift();
    if (asked === undefined) this.#items.push(item);
    else asked.resolve(this.#give(item));
    if (!this.#ended) this.#watchStall();
  }

  #give(item: Item): IteratorResult<unknown> {
    const more = ++this.#given < this.#limits.max;
    if (!more) {
      this.#end();
      for (const unwanted of this.#items.splice(0)) unwanted.taken?.(false);
    }
    item.taken?.(more);
    return { done: false, value: item.value };
  }

  /** The failure of one matters where no other replied. */
  #toThrow(): BusError | undefined {
    return this.#received === 0 || this.#cut ? this.#failure : undefined;
  }

  #watchStall(): void {
    const { stallMs } = this.#limits;
    if (stallMs === undefined) return;
    if (this.#stall !== undefined) this.#env.clearTimer(this.#stall);
    this.#stall = this.#env.setTimer(() => this.#end(), stallMs);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#stall !== undefined) this.#env.clearTimer(this.#stall);
    this.onEnd?.();
    if (this.#open > 0) {
      this.#cancel.abort(
        busError('BUS_CANCELLED', `enough replies on '${this.#topic}'`, { topic: this.#topic }),
      );
    }
    const failure = this.#toThrow();
    const first = failure === undefined ? undefined : this.#asked.shift();
    if (failure !== undefined && first !== undefined) {
      this.#failure = undefined;
      first.reject(failure);
    }
    for (const asked of this.#asked.splice(0)) asked.resolve({ done: true, value: undefined });
  }
}
