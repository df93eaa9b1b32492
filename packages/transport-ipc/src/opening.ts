/** Ends an `open` under way, whether its caller gives up or the transport is closed meanwhile. */
export class Opening {
  readonly signal: AbortSignal;
  readonly #closing = new AbortController();

  constructor(callers: AbortSignal) {
    this.signal = AbortSignal.any([callers, this.#closing.signal]);
  }

  /** Makes the signal abort. */
  close(): void {
    this.#closing.abort(new Error('the transport was closed while it was being opened'));
  }
}
