import type { BusError, Verdict } from '@bus/core';

/**
 * What the peer will say of one message. It is what the kernel waits for, and calls it back at once: a
 * promise would cost more than all the rest of a message.
 */
export class Answer implements PromiseLike<unknown> {
  #settle: (() => void) | undefined;
  #fulfilled: ((value: unknown) => unknown) | undefined | null;
  #rejected: ((error: unknown) => unknown) | undefined | null;

  resolve(value: unknown): void {
    if (this.#fulfilled == null) this.#settle = () => this.#fulfilled?.(value);
    else this.#fulfilled(value);
  }

  reject(error: BusError | Verdict): void {
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
