type Callback = ((value: unknown) => unknown) | null | undefined;

const brand = Symbol.for('@bus/pending-result');

/**
 * What becomes of a message, where a plugin's handler says so later. The kernel waits for it as for a
 * promise, and is called back at once when it settles: a promise for each message, and a turn of the
 * microtasks, would cost more than all the rest of it. It settles once; others may wait for it too.
 */
export class PendingResult implements PromiseLike<unknown> {
  #fulfilled: Callback;
  #rejected: Callback;
  #waits = false;
  /** Those that wait beside the first. */
  #others: [fulfilled: Callback, rejected: Callback][] | undefined;
  #state: 'pending' | 'fulfilled' | 'rejected' = 'pending';
  #value: unknown;

  /**
   * Settles it as handled; `value` is the reply of a request. Without effect once it has settled.
   */
  resolve(value: unknown): void {
    this.#settle('fulfilled', value);
  }

  /**
   * Settles it as failed, or as a verdict says. Without effect once it has settled.
   * @param error - what the handler threw, or a {@link Verdict}.
   */
  reject(error: unknown): void {
    this.#settle('rejected', error);
  }

  /** Calls back as soon as it settles; what the callbacks return is of no account. */
  // biome-ignore lint/suspicious/noThenProperty: the kernel is to wait for it as for a promise
  then<A, B>(
    fulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    rejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    if (this.#state !== 'pending') {
      (this.#state === 'fulfilled' ? fulfilled : rejected)?.(this.#value);
    } else if (this.#waits) {
      this.#others ??= [];
      this.#others.push([fulfilled, rejected]);
    } else {
      this.#waits = true;
      this.#fulfilled = fulfilled;
      this.#rejected = rejected;
    }
    return this as unknown as PromiseLike<A | B>;
  }

  /** Holds for those of every copy of this package in the process, unlike `instanceof`. */
  static is(value: object): value is PendingResult {
    try {
      return brand in value;
    } catch {
      return false;
    }
  }

  #settle(state: 'fulfilled' | 'rejected', value: unknown): void {
    if (this.#state !== 'pending') return;
    this.#state = state;
    this.#value = value;
    const isFulfilled = state === 'fulfilled';
    (isFulfilled ? this.#fulfilled : this.#rejected)?.(value);
    for (const [fulfilled, rejected] of this.#others ?? []) {
      (isFulfilled ? fulfilled : rejected)?.(value);
    }
  }
}

Object.defineProperty(PendingResult.prototype, brand, { value: true });
