/** Called with what a message has come to. */
type Callback = ((value: unknown) => unknown) | null | undefined;

/**
 * What the peer will say of a message. The kernel waits for it as for a promise and is called back at
 * once when it settles: a promise for each message, and a turn of the microtasks, would cost more than
 * the rest of it together.
 */
export class PendingResult implements PromiseLike<unknown> {
  #fulfilled: Callback;
  #rejected: Callback;
  #state: 'pending' | 'fulfilled' | 'rejected' = 'pending';
  #value: unknown;

  /** Settles it as handled; `value` is the reply of a request. Has no effect once it has settled. */
  resolve(value: unknown): void {
    this.#settle('fulfilled', value);
  }

  /** Settles it as failed, or as a verdict says. Has no effect once it has settled. */
  reject(error: unknown): void {
    this.#settle('rejected', error);
  }

  /**
   * Calls back as soon as it settles, at once where it has. What the callbacks return is ignored.
   * Those that wait together are called in the order they came.
   */
  // biome-ignore lint/suspicious/noThenProperty: the kernel waits for it as for a promise
  then<A, B>(
    fulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    rejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    const isFirst = this.#fulfilled === undefined && this.#rejected === undefined;
    if (this.#state !== 'pending') {
      (this.#state === 'fulfilled' ? fulfilled : rejected)?.(this.#value);
    } else if (isFirst) {
      this.#fulfilled = fulfilled;
      this.#rejected = rejected;
    } else {
      // A `deliver` tap waits beside the kernel: few do.
      this.#fulfilled = both(this.#fulfilled, fulfilled);
      this.#rejected = both(this.#rejected, rejected);
    }
    return this as unknown as PromiseLike<A | B>;
  }

  #settle(state: 'fulfilled' | 'rejected', value: unknown): void {
    if (this.#state !== 'pending') return;
    this.#state = state;
    this.#value = value;
    (state === 'fulfilled' ? this.#fulfilled : this.#rejected)?.(value);
  }
}

function both(first: Callback, second: Callback): Callback {
  return (value) => {
    first?.(value);
    second?.(value);
  };
}
