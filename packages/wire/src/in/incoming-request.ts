import type { BusError, Completion, Endpoint, Message, Outcome } from '@bus/core';
import type { Failure } from '../failure.ts';
import { failureOf } from '../failure.ts';
import { ReceivedPayload } from './received-payload.ts';

/** What the answering side sends about the requests it got. */
export interface AnsweringLink {
  reply(id: number, value: unknown): void;
  fail(id: number, failure: Failure): void;
  /** @param several - they are replies of several, and no stream that could break off. */
  streams(id: number, several: boolean): void;
  item(id: number, value: unknown): void;
  /** Ends a handler that nobody waits for any more. */
  cancel(message: Message, reason: BusError): void;
  /** The request has been answered, and its id is free. */
  answered(id: number): void;
}

interface WaitingItem {
  readonly value: unknown;
  go?(more: boolean): void;
}

/** Never added to. */
const none: WaitingItem[] = [];

/**
 * One request that came over a link. The kernel tells it how the message ended at each target, and it
 * answers the peer exactly once. Items of streams go one by one, each when the asker wants it.
 */
export class IncomingRequest implements Completion {
  readonly #id: number;
  readonly #link: AnsweringLink;
  /** Whether the asker takes many replies. */
  readonly #many: boolean;
  #message: Message | undefined;
  #open = 1;
  #targets = 1;
  #streaming = false;
  #replied = false;
  #failure: Failure | undefined;
  #done = false;
  /** The asker wants no more items, or nothing at all. */
  #enough = false;
  /** Items that wait for the asker; the first of them is under way. Few requests have any. */
  #items: WaitingItem[] = none;
  #streamers: Set<Endpoint> | undefined;
  /** Present only where the asker takes many: the kernel gives one that does not the first item. */
  readonly item: ((value: unknown, endpoint: Endpoint) => boolean | Promise<boolean>) | undefined;

  constructor(link: AnsweringLink, id: number, many: boolean) {
    this.#link = link;
    this.#id = id;
    this.#many = many;
    this.item = many ? (value) => this.#item(value) : undefined;
  }

  /** Whether the asker has its answer, or none is wanted. */
  get isAnswered(): boolean {
    return this.#done;
  }

  targeted(count: number, message: Message): void {
    this.#open = count;
    this.#targets = count;
    this.#message = message;
  }

  settled(
    _message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    if (this.#done) return;
    this.#open = endpoint === undefined ? 0 : this.#open - 1;
    if (outcome !== 'handled' && outcome !== 'forwarded') {
      this.#failure ??= failureOf(outcome, error);
    } else if (!this.#many || (this.#targets === 1 && !this.#streaming)) {
      this.#finish(() => this.#link.reply(this.#id, value));
      return;
    } else if (!this.#streamed(endpoint)) {
      this.#push({ value });
      this.#replied = true;
    }
    this.#endIfAll();
  }

  streams(endpoint: Endpoint, several = false): void {
    this.#streamers ??= new Set();
    this.#streamers.add(endpoint);
    this.#begin(several || this.#targets > 1);
  }

  /** The asker took an item and wants another, or has enough. */
  took(more: boolean): void {
    const item = this.#items.shift();
    item?.go?.(more);
    if (!more) this.#endItems();
    this.#sendFirst();
    this.#endIfAll();
  }

  /** The asker gave it up, or is gone. */
  cancel(reason: BusError): void {
    this.#endItems();
    if (this.#message !== undefined) this.#link.cancel(this.#message, reason);
    else {
      // It waits for room yet, and nobody is to be called for it any more.
      this.#failure ??= failureOf('cancelled', reason);
      this.#open = 0;
    }
    // All its targets may have answered, with items that waited for the asker.
    this.#endIfAll();
  }

  #streamed(endpoint: Endpoint | undefined): boolean {
    return endpoint !== undefined && this.#streamers?.has(endpoint) === true;
  }

  #begin(several: boolean): void {
    // A handler may begin, or be heard of over another link, when its asker has been answered.
    if (this.#streaming || this.#done) return;
    this.#streaming = true;
    this.#link.streams(this.#id, several);
  }

  #item(value: unknown): Promise<boolean> {
    this.#replied = true;
    return new Promise((go) => this.#push({ value, go }));
  }

  #endItems(): void {
    this.#enough = true;
    for (const waiting of this.#items.splice(0)) waiting.go?.(false);
  }

  #push(item: WaitingItem): void {
    if (this.#enough) {
      item.go?.(false);
      return;
    }
    this.#begin(this.#targets > 1);
    // It waits until the asker has taken it, and those before it.
    if (item.value instanceof ReceivedPayload) item.value.leaveFrame();
    if (this.#items === none) this.#items = [];
    this.#items.push(item);
    if (this.#items.length === 1) this.#sendFirst();
  }

  #sendFirst(): void {
    const [first] = this.#items;
    if (first === undefined || this.#done) return;
    try {
      this.#link.item(this.#id, first.value);
    } catch (error) {
      // An item that cannot be encoded ends the stream: its asker would wait for it.
      const failure = failureOf('failed', error as BusError);
      this.#finish(() => this.#link.fail(this.#id, failure));
    }
  }

  #endIfAll(): void {
    if (this.#open > 0 || this.#items.length > 0 || this.#done) return;
    const failure = this.#failure;
    if (failure !== undefined && !(this.#replied && this.#targets > 1)) {
      this.#finish(() => this.#link.fail(this.#id, failure));
    } else this.#finish(() => this.#link.reply(this.#id, undefined));
  }

  #finish(answer: () => void): void {
    if (this.#done) return;
    this.#done = true;
    // Whoever has more items would wait for the asker for ever.
    this.#endItems();
    try {
      answer();
    } catch (error) {
      // A reply that cannot be encoded fails at its asker, who would wait for it.
      this.#link.fail(this.#id, failureOf('failed', error as BusError));
    }
    this.#link.answered(this.#id);
  }
}
