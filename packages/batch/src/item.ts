import type { Message } from '@bus/core';

/** One message of a batch, and the promise of what becomes of it. */
export class Item {
  readonly message: Message;
  readonly weight: number;
  /** What the endpoint's handler returns for the message. */
  readonly outcome: Promise<unknown>;
  /** It has been failed alone, or given up: what becomes of its batch does not matter to it. */
  over = false;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(message: Message, weight: number) {
    this.message = message;
    this.weight = weight;
    this.outcome = new Promise(capture);
    this.#resolve = resolveLast;
    this.#reject = rejectLast;
  }

  resolve(value: unknown): void {
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#reject(error);
  }
}

// One executor for all promises: a closure for each would cost every message.
let resolveLast: (value: unknown) => void;
let rejectLast: (error: unknown) => void;
const capture = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  resolveLast = resolve;
  rejectLast = reject;
};
