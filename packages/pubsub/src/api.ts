import type {
  Balance,
  CheckedPattern,
  EventTopic,
  Headers,
  MatchedTopic,
  Message,
  MessageOf,
  Overflow,
  PatternOf,
  PayloadOf,
  SendOptions,
  Subscription,
} from '@bus/core';

/** Which messages a subscription wants; all given parts must hold. */
export interface FilterRules<M extends Message = Message> {
  /** Ids of the buses the message may come from. */
  readonly sources?: readonly string[] | undefined;
  /** Headers it must have, with these values. */
  readonly headers?: Headers | undefined;
  /** What it must say yes to, beyond the other parts; asked last, and under the same rules as a filter. */
  readonly where?: ((message: M) => boolean) | undefined;
}

/** Which messages a subscription wants: a function of the message, or rules. */
export type Filter<M extends Message = Message> = ((message: M) => boolean) | FilterRules<M>;

/** How `subscribe` receives; every field may be left out. */
export interface SubscribeOptions<M extends Message = Message> {
  /** Shown in errors, `endpoints()` and `inspect()`; default the listener's name. */
  readonly name?: string | undefined;
  /** Of the subscriptions in one group, whatever their patterns, each message goes to one. */
  readonly group?: string | undefined;
  /** Who of a group gets a message; default `round-robin`. */
  readonly balance?: Balance | undefined;
  /** In a group, only members of the highest priority get messages; default 0. */
  readonly priority?: number | undefined;
  /** Must not change anything: it may be asked more than once. One that throws refuses the message. */
  readonly filter?: Filter<M> | undefined;
  /** `latest` keeps one waiting message per key, the newest; default `all`. */
  readonly mode?: 'all' | 'latest' | undefined;
  /** The key by which messages are ordered and superseded; default the one they were sent with. */
  readonly key?: ((message: M) => string | undefined) | undefined;
  /** How many messages wait; default the bus's `mailbox.capacity`. */
  readonly capacity?: number | undefined;
  /** What happens when no more can wait; default the bus's `mailbox.overflow`. */
  readonly overflow?: Overflow | undefined;
  /** How many messages are handled at once; default 1. Messages of one key never are. */
  readonly concurrency?: number | undefined;
  /** Milliseconds one run may take; default the bus's `defaultTimeoutMs`, `Infinity` for no limit. */
  readonly timeoutMs?: number | undefined;
  /** Stops after the first message. */
  readonly once?: boolean | undefined;
  /** Aborting it stops the subscription. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Messages one by one, for `for await`. Leaving the loop in any way ends the subscription, and so
 * does the end of an `await using` block: what still waits then is dropped, and counted.
 */
export interface MessageStream<M> extends AsyncIterator<M, undefined, undefined>, Subscription {
  /** Itself: a subscription has one reader. */
  [Symbol.asyncIterator](): MessageStream<M>;
  /** The next message; calls before it came are answered in order. */
  next(): Promise<IteratorResult<M, undefined>>;
  /** Ends the subscription, as leaving the loop does; what waits is dropped. */
  return(): Promise<IteratorResult<M, undefined>>;
  /** Ends the subscription, then rejects with `error`. */
  throw(error?: unknown): Promise<IteratorResult<M, undefined>>;
}

/** What the plugin adds to the bus. */
export interface PubSubApi<C, S> {
  /**
   * Sends an event to every subscriber; resolves to how many accepted it, and 0 is fine. A rejection
   * that nobody awaits is counted and reported, and never ends the process.
   * @throws BUS_TOPIC_INVALID, BUS_PAYLOAD_TOO_LARGE, BUS_MAILBOX_FULL, BUS_CANCELLED, BUS_CLOSED …
   */
  publish<K extends EventTopic<C>>(
    topic: K,
    payload: PayloadOf<C, K>,
    options?: SendOptions,
  ): Promise<number>;
  /**
   * A direct channel to one topic, for high rates: options are checked and the route found once. What
   * it returns sends a payload, and resolves and rejects as {@link publish} does.
   * @throws BUS_TOPIC_INVALID, BUS_OPTION_INVALID
   */
  publisher<K extends EventTopic<C>>(
    topic: K,
    options?: SendOptions,
  ): (payload: PayloadOf<C, K>) => Promise<number>;
  /**
   * Calls `listener` for every event and notification that matches, in the order accepted. A promise
   * it returns is waited for; what it resolves to is of no account.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_OPTION_INVALID, BUS_CLOSED
   */
  subscribe<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    listener: (message: MessageOf<C, MatchedTopic<S, C, I>>) => unknown,
    options?: SubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>>,
  ): Subscription;
  /**
   * The same as messages to iterate over: while nobody asks for the next, they wait in the mailbox, and
   * publishers wait, or lose, as `overflow` says.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_OPTION_INVALID, BUS_CLOSED
   */
  subscribe<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    options?: SubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>>,
  ): MessageStream<MessageOf<C, MatchedTopic<S, C, I>>>;
}
