import type { BusError, BusMessage } from '@bus/core';
import type { Served } from './remote-endpoints.ts';

/**
 * One request that the peer has and has not answered. It is what the kernel waits for, and calls it
 * back at once: a promise would cost an asker more than all the rest of a request.
 */
export class AskedRequest implements PromiseLike<unknown> {
  readonly message: BusMessage;
  readonly served: Served;
  /** The peer's answer, where the asker's own deadline is about to say the same. */
  spent: BusError | undefined;
  streams = false;
  /** An item has come, and the peer has not been told yet whether another is wanted. */
  offered = false;
  /** No more items are wanted, or nobody is there who could want them. */
  enough = false;
  /** The asker does not want it any more; the peer has been told. */
  givenUp = false;
  #settle: (() => void) | undefined;
  #fulfilled: ((value: unknown) => unknown) | undefined | null;
  #rejected: ((error: unknown) => unknown) | undefined | null;

  constructor(message: BusMessage, served: Served) {
    this.message = message;
    this.served = served;
  }

  resolve(value: unknown): void {
    if (this.#fulfilled == null) this.#settle = () => this.#fulfilled?.(value);
    else this.#fulfilled(value);
  }

  reject(error: BusError): void {
    if (this.#rejected == null) this.#settle = () => this.#rejected?.(error);
    else this.#rejected(error);
  }

  // biome-ignore lint/suspicious/noThenProperty: the kernel is to wait for it as for a promise
  then<A, B>(
    fulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    rejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    this.#fulfilled = fulfilled;
    this.#rejected = rejected;
    this.#settle?.();
    return this as unknown as PromiseLike<A | B>;
  }
}
