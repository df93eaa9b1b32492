import type { BusError, Message, Pattern } from '@bus/core';
import { Verdict } from '@bus/core';
import type { Batch } from './api.ts';
import { batchExpired, messageUnknown, replyCount } from './errors.ts';
import type { Item } from './item.ts';

/** What all batches of an endpoint have in common. */
export interface BatchSettings {
  readonly name: string;
  readonly pattern: Pattern;
  /** Milliseconds one batch may take; of no account where it is {@link retried}. */
  readonly timeoutMs: number;
  /** The handler returns a reply for each message. */
  readonly replies: boolean;
  /**
   * A plugin between bus and handler tries failed messages again. It limits each run itself, and the
   * `signal` of what it hands over aborts when it gives a run up.
   */
  readonly retried: boolean;
}

/** A batch from the call of its handler until that has settled: who is in it, and how each ends. */
export class HandledBatch implements Batch<Message> {
  readonly messages: readonly Message[];
  readonly #items: readonly Item[];
  readonly #settings: BatchSettings;
  /** Messages that neither it has failed nor the bus has given up. */
  #open: number;
  #over = false;
  #controller: AbortController | undefined;
  #byMessage: ReadonlyMap<Message, Item> | undefined;

  constructor(settings: BatchSettings, items: readonly Item[]) {
    this.#settings = settings;
    this.#items = items;
    this.#open = items.length;
    this.messages = items.map((item) => item.message);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  // A property, so that a handler may take it out of the batch.
  readonly fail = (message: Message, error: unknown): void => {
    this.#byMessage ??= new Map(this.#items.map((item) => [item.message, item]));
    const item = this.#byMessage.get(message);
    if (item === undefined || this.#over) throw messageUnknown(this.#settings.pattern);
    if (item.over) return;
    this.#close(item);
    item.reject(error);
  };

  /** The message that has most time left, where all have a deadline. */
  get longestLived(): Message | undefined {
    let longest: Message | undefined;
    for (const message of this.messages) {
      const { deadline } = message;
      if (deadline === undefined) return undefined;
      if (deadline > (longest?.deadline ?? Number.NEGATIVE_INFINITY)) longest = message;
    }
    return longest;
  }

  /** The handler is done. */
  succeed(result: unknown): void {
    const { pattern, replies } = this.#settings;
    if (!replies || result === undefined) {
      this.#over = true;
      for (const item of this.#items) item.resolve(undefined);
    } else if (Array.isArray(result) && result.length === this.#items.length) {
      this.#over = true;
      for (const [at, item] of this.#items.entries()) item.resolve(result[at]);
    } else this.failAll(replyCount(pattern, this.#items.length, result));
  }

  failAll(error: unknown): void {
    this.#over = true;
    for (const item of this.#items) item.reject(error);
  }

  find(isIt: (item: Item) => boolean): Item | undefined {
    return this.#items.find(isIt);
  }

  /**
   * Nobody waits for one of the messages any more.
   * @returns whether it was the last that somebody waited for; {@link signal} aborts then.
   */
  giveUp(item: Item, reason: unknown): boolean {
    if (item.over || !this.#items.includes(item)) return false;
    this.#close(item);
    if (this.#open > 0) return false;
    this.#abort(reason);
    return true;
  }

  /** Its handler takes too long: what is open ends, whatever the handler does from here on. */
  expire(): void {
    const { name, timeoutMs } = this.#settings;
    let reason: BusError | undefined;
    for (const item of this.#items) {
      reason = batchExpired(item.message.topic, name, timeoutMs);
      item.reject(new Verdict('expired', reason));
    }
    this.#over = true;
    this.#abort(reason);
  }

  #abort(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  #close(item: Item): void {
    item.over = true;
    this.#open--;
  }
}
