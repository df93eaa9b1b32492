/** What stops a handler or a subscription. */
export interface Subscription extends Disposable, AsyncDisposable {
  /** Whether it still gets messages; a paused one does. */
  readonly active: boolean;
  /** Takes it out at once: what waits is dropped, what runs goes on. */
  stop(): void;
  /** The same as {@link stop}, at the end of a `using` block. */
  [Symbol.dispose](): void;
  /** Takes it out of the routes, handles what already waits, then resolves. */
  [Symbol.asyncDispose](): Promise<void>;
}
