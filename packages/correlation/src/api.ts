import type { Balance, PayloadOf, ReplyOf, RequestTopic, SendOptions } from '@bus/core';

/** How one request is sent. */
export interface RequestOptions extends SendOptions {
  /**
   * Milliseconds until `CORRELATION_TIMEOUT`; default the plugin's. A request made while handling
   * another gets no more time than that one has left.
   */
  readonly timeoutMs?: number | undefined;
  /** Must not be one that is still waiting for its reply; default none: messages have ids. */
  readonly correlationId?: string | undefined;
}

/** How a request to many is sent, and when it has heard enough. */
export interface RequestManyOptions extends RequestOptions {
  /** Ends after this many replies, at least 1, and cancels the rest; default all. */
  readonly max?: number | undefined;
  /**
   * Ends when the loop has waited this many milliseconds for a reply, as a normal end, and cancels the
   * rest; default never.
   */
  readonly stallMs?: number | undefined;
}

/** Replies one by one, for `for await`. Leaving the loop in any way cancels what still runs. */
export interface ReplyStream<R> extends AsyncIterator<R, undefined, undefined>, AsyncDisposable {
  /** Itself: a request has one reader. */
  [Symbol.asyncIterator](): ReplyStream<R>;
  /** The next reply; calls before it came are answered in order. */
  next(): Promise<IteratorResult<R, undefined>>;
  /** Wants no more: cancels what still runs, as leaving the loop does. */
  return(): Promise<IteratorResult<R, undefined>>;
  /** Wants no more, then rejects with `error`. */
  throw(error?: unknown): Promise<IteratorResult<R, undefined>>;
}

/** What the plugin adds to the bus. */
export interface CorrelationApi<C> {
  /**
   * Asks one handler and resolves to its reply; of a handler that streams, the first item. Rejects
   * with a `BusError`: what the handler threw comes with its own name, message, code and details.
   * @throws CORRELATION_TIMEOUT, CORRELATION_PEER_GONE, CORRELATION_DUPLICATE_ID, BUS_NO_ROUTE,
   * BUS_HANDLER_FAILED, BUS_EXPIRED, BUS_CANCELLED, BUS_MAILBOX_FULL, BUS_CLOSED
   */
  request<K extends RequestTopic<C>>(
    topic: K,
    payload: PayloadOf<C, K>,
    options?: RequestOptions,
  ): Promise<ReplyOf<C, K>>;
  /**
   * Asks every handler, at once, and yields replies as they come, each handler's items in its order.
   * A handler that streams is at most one item ahead of the loop. It ends when all have answered, at
   * `max`, when replies stall, or at the timeout.
   *
   * The loop throws what `request` rejects with: where nobody replied; and, after the last reply,
   * where a stream broke off, the request was cancelled, or the bus stopped: such replies are not all.
   */
  requestMany<K extends RequestTopic<C>>(
    topic: K,
    payload: PayloadOf<C, K>,
    options?: RequestManyOptions,
  ): ReplyStream<ReplyOf<C, K>>;
}

/** What `correlation` takes. */
export interface CorrelationOptions {
  /** Milliseconds, for requests that give no timeout; default the bus's `defaultTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** How one of several equal handlers is chosen; default as the handlers say. */
  readonly balance?: Balance | undefined;
}

/** What `bus.inspect()` says of the plugin. */
export interface CorrelationReport {
  /** Requests that wait for replies. */
  readonly pending: number;
  /** Replies that nobody waited for any more. */
  readonly lateReplies: number;
}
