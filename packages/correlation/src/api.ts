import type { Balance, PayloadOf, ReplyOf, RequestTopic, SendOptions } from '@bus/core';

/** How one request is sent. */
export interface RequestOptions extends SendOptions {
  /** Milliseconds until `CORRELATION_TIMEOUT`; default the plugin's. What caused it may leave less. */
  readonly timeoutMs?: number | undefined;
  /** Must not be one that is still waiting for its reply; default a fresh one. */
  readonly correlationId?: string | undefined;
}

/** How a request to many is sent, and when it has heard enough. */
export interface RequestManyOptions extends RequestOptions {
  /** Ends after this many replies. */
  readonly max?: number | undefined;
  /** Ends when no reply came for this long, as the normal end: no error. */
  readonly stallMs?: number | undefined;
}

/** What the plugin adds to the bus. */
export interface CorrelationApi<C> {
  /**
   * Asks one handler and resolves to its reply. Of a handler that streams, the first item.
   * @throws CORRELATION_TIMEOUT, CORRELATION_PEER_GONE, CORRELATION_DUPLICATE_ID, BUS_NO_ROUTE,
   * BUS_CANCELLED, BUS_MAILBOX_FULL, BUS_CLOSED; what the handler threw, with its own code
   */
  request<K extends RequestTopic<C>>(
    topic: K,
    payload: PayloadOf<C, K>,
    options?: RequestOptions,
  ): Promise<ReplyOf<C, K>>;
  /**
   * Asks every handler and yields replies as they come, each handler's items in its order. It ends
   * when all have answered, at `max`, when replies stall, or at the timeout; leaving the loop cancels
   * what still runs.
   * @throws BUS_NO_ROUTE where nobody handles the topic; the error of a handler, when none replied.
   */
  requestMany<K extends RequestTopic<C>>(
    topic: K,
    payload: PayloadOf<C, K>,
    options?: RequestManyOptions,
  ): AsyncIterableIterator<ReplyOf<C, K>>;
}

/** What `correlation` takes. */
export interface CorrelationOptions {
  /** The timeout of requests that give none; default the bus's `defaultTimeoutMs`. */
  readonly timeoutMs?: number;
  /** How one of several equal handlers is chosen; default as the handlers say. */
  readonly balance?: Balance;
}
