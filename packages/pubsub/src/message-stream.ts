import type { Endpoint, Message } from '@bus/core';
import type { MessageStream } from './api.ts';

type Result = IteratorResult<Message, undefined>;

/**
 * Messages as an async iterator. Until the next one is asked for, the endpoint is paused and messages
 * stay in its mailbox, with its bound and its overflow policy.
 */
export class SubscribedMessages implements MessageStream<Message> {
  readonly #endpoint: Endpoint | undefined;
  readonly #once: boolean;
  readonly #asked: ((result: Result) => void)[] = [];
  /** Messages that came while the endpoint was added; only `$bus.endpoint.added` comes so early. */
  readonly #early: Message[] = [];
  #ended = false;

  /** @param open - adds the endpoint, which calls `removed` when it is taken out. */
  constructor(
    once: boolean,
    open: (receive: (message: Message) => void, removed: () => void) => Endpoint,
  ) {
    this.#once = once;
    const endpoint = open(
      (message) => this.#receive(message),
      () => this.#end(),
    );
    this.#endpoint = endpoint;
    endpoint.pause();
    if (once && this.#early.length > 0) endpoint.stop();
  }

  get active(): boolean {
    return this.#endpoint?.active === true;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const early = this.#early.shift();
    if (early !== undefined) return Promise.resolve({ done: false, value: early });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#asked.push(resolve);
      this.#endpoint?.resume();
    });
  }

  return(): Promise<Result> {
    this.stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error?: unknown): Promise<Result> {
    this.stop();
    return Promise.reject(error);
  }

  stop(): void {
    this.#early.length = 0;
    this.#endpoint?.stop();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** The loop is over after the block, so there is nothing to wait for. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }

  #receive(message: Message): void {
    const asked = this.#asked.shift();
    if (asked !== undefined) asked({ done: false, value: message });
    else if (!this.#once || this.#early.length === 0) this.#early.push(message);
    if (this.#once) this.#endpoint?.stop();
    else if (this.#asked.length === 0) this.#endpoint?.pause();
  }

  #end(): void {
    this.#ended = true;
    for (const asked of this.#asked.splice(0)) asked({ done: true, value: undefined });
  }
}
