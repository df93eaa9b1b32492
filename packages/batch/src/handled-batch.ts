import type { BusError, Message, Pattern } from '@bus/core';
import { Verdict } from '@bus/core';
import type { Batch } from './api.ts';
import { batchExpired, messageUnknown, replyCount } from './errors.ts';
import type { Item } from './item.ts';

/** The same for all batches of an endpoint. */
export interface BatchSettings {
  readonly name: string;
  readonly pattern: Pattern;
  /** The handler returns a reply for each message. */
  readonly replies: boolean;
}

/** A batch from the call of its handler until that has settled. */
export class HandledBatch implements Batch<Message> {
  readonly messages: readonly Message[];
  readonly #items: readonly Item[];
  readonly #settings: BatchSettings;
  /** Messages that it has not failed and that the bus has not given up. */
  #open: number;
  #isOver = false;
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
    if (item === undefined || this.#isOver) throw messageUnknown(this.#settings.pattern);
    if (item.isOver) return;
    this.#close(item);
    item.reject(error);
  };

  /** The message that has most time left; undefined where one has no deadline. */
  get longestLived(): Message | undefined {
    let longest: Message | undefined;
    for (const message of this.messages) {
      const { deadline } = message;
      if (deadline === undefined) return undefined;
      if (deadline > (longest?.deadline ?? Number.NEGATIVE_INFINITY)) longest = message;
    }
    return longest;
  }

  /** The handler has returned. */
  succeed(result: unknown): void {
    const { pattern, replies } = this.#settings;
    if (!replies || result === undefined) {
      this.#isOver = true;
      for (const item of this.#items) item.resolve(undefined);
    } else if (Array.isArray(result) && result.length === this.#items.length) {
      this.#isOver = true;
      for (const [at, item] of this.#items.entries()) item.resolve(result[at]);
    } else this.failAll(replyCount(pattern, this.#items.length, result));
  }

  failAll(error: unknown): void {
    this.#isOver = true;
    for (const item of this.#items) item.reject(error);
  }

  find(isIt: (item: Item) => boolean): Item | undefined {
    return this.#items.find(isIt);
  }

  /**
   * One of the messages has ended early.
   * @returns whether it was the last that was open; {@link signal} aborts then.
   */
  giveUp(item: Item, reason: unknown): boolean {
    if (item.isOver || !this.#items.includes(item)) return false;
    this.#close(item);
    if (this.#open > 0) return false;
    this.#abort(reason);
    return true;
  }

  /** Its handler takes too long: all open messages end. */
  expire(timeoutMs: number): void {
    const { name } = this.#settings;
    let reason: BusError | undefined;
    for (const item of this.#items) {
      reason = batchExpired(item.message.topic, name, timeoutMs);
      item.reject(new Verdict('expired', reason));
    }
    this.#isOver = true;
    this.#abort(reason);
  }

  #abort(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  #close(item: Item): void {
    item.isOver = true;
    this.#open--;
  }
}
