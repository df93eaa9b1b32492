import type { Endpoint, Message } from '@bus/core';
import type { MessageStream } from './api.ts';

/**
 * Messages as an async iterator. While nobody asks, the endpoint is paused and messages stay in its
 * mailbox, so the mailbox's bound and overflow policy are the iterator's, and nothing is kept twice.
 */
class SubscribedMessages implements MessageStream<Message> {
  readonly #endpoint: Endpoint;
  readonly #once: boolean;
  readonly #asked: ((result: IteratorResult<Message>) => void)[] = [];
  /** Handed over unasked when the subscription drained. */
  readonly #left: Message[] = [];
  #ended = false;

  constructor(
    once: boolean,
    open: (receive: (message: Message) => void, removed: () => void) => Endpoint,
  ) {
    this.#once = once;
    this.#endpoint = open(
      (message) => this.#receive(message),
      () => this.#end(),
    );
    this.#endpoint.pause();
  }

  get active(): boolean {
    return this.#endpoint.active;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Message>> {
    const left = this.#left.shift();
    if (left !== undefined) return Promise.resolve({ done: false, value: left });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#asked.push(resolve);
      this.#endpoint.resume();
    });
  }

  return(): Promise<IteratorResult<Message>> {
    this.stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  stop(): void {
    this.#left.length = 0;
    this.#endpoint.stop();
    this.#end();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint[Symbol.asyncDispose]();
  }

  #receive(message: Message): void {
    const asked = this.#asked.shift();
    if (asked === undefined) this.#left.push(message);
    else asked({ done: false, value: message });
    if (this.#asked.length === 0) this.#endpoint.pause();
    if (this.#once) this.#endpoint.stop();
  }

  #end(): void {
    this.#ended = true;
    for (const asked of this.#asked.splice(0)) asked({ done: true, value: undefined });
  }
}

/** Opens a subscription whose messages are iterated over. */
export function messageStream(
  once: boolean,
  open: (receive: (message: Message) => void, removed: () => void) => Endpoint,
): MessageStream<Message> {
  return new SubscribedMessages(once, open);
}
