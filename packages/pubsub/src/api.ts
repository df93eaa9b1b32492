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

/** Conditions for the messages of a subscription. All parts given must hold. */
export interface FilterRules<M extends Message = Message> {
  /** Ids of the buses the message may come from. */
  readonly sources?: readonly string[] | undefined;
  /** Headers it must have, with these values. */
  readonly headers?: Headers | undefined;
  /** A further condition, asked last, under the same rules as a filter. */
  readonly where?: ((message: M) => boolean) | undefined;
}

/** Selects the messages of a subscription: a function of the message, or rules. */
export type Filter<M extends Message = Message> = ((message: M) => boolean) | FilterRules<M>;

/** Options of `subscribe`; every field may be left out. */
export interface SubscribeOptions<M extends Message = Message> {
  /** Shown in errors, `endpoints()` and `inspect()`; default the listener's name. */
  readonly name?: string | undefined;
  /** Of the subscriptions in one group, whatever their patterns, each message goes to one. */
  readonly group?: string | undefined;
  /** How the member of a group is chosen that gets a message; default `round-robin`. */
  readonly balance?: Balance | undefined;
  /** In a group, only members of the highest priority get messages; default 0. */
  readonly priority?: number | undefined;
  /** Must not change anything. One that throws is reported, and refuses the message. */
  readonly filter?: Filter<M> | undefined;
  /** `latest` keeps one waiting message per key, the newest; default `all`. */
  readonly mode?: 'all' | 'latest' | undefined;
  /** The key by which messages are ordered and superseded; default the key they were sent with. */
  readonly key?: ((message: M) => string | undefined) | undefined;
  /** How many messages wait; default the bus's `mailbox.capacity`. */
  readonly capacity?: number | undefined;
  /** The policy for one message more than may wait; default the bus's `mailbox.overflow`. */
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
 * does the end of an `await using` block. Messages that still wait then are dropped and counted.
 */
export interface MessageStream<M> extends AsyncIterator<M, undefined, undefined>, Subscription {
  /** Itself: a subscription has one reader. */
  [Symbol.asyncIterator](): MessageStream<M>;
  /** The next message; calls before it came are answered in order. */
  next(): Promise<IteratorResult<M, undefined>>;
  /** Ends the subscription, as leaving the loop does. Messages that wait are dropped. */
  return(): Promise<IteratorResult<M, undefined>>;
  /** Ends the subscription, then rejects with `error`. */
  throw(error?: unknown): Promise<IteratorResult<M, undefined>>;
}

/** The methods that the plugin adds to the bus. */
export interface PubSubApi<C, S> {
  /**
   * Sends an event to every subscriber; resolves to how many accepted it, which may be 0. A rejection
   * that nothing awaits is counted and reported, and never ends the process.
   * @throws BUS_TOPIC_INVALID, BUS_PAYLOAD_TOO_LARGE, BUS_MAILBOX_FULL, BUS_CANCELLED, BUS_CLOSED …
   */
  publish<K extends EventTopic<C>>(
    topic: K,
    payload: PayloadOf<C, K>,
    options?: SendOptions,
  ): Promise<number>;
  /**
   * Makes a direct channel to one topic, for high rates: its options are checked once. The function
   * returned sends a payload, and resolves and rejects as {@link publish} does.
   * @throws BUS_TOPIC_INVALID, BUS_OPTION_INVALID
   */
  publisher<K extends EventTopic<C>>(
    topic: K,
    options?: SendOptions,
  ): (payload: PayloadOf<C, K>) => Promise<number>;
  /**
   * Calls `listener` for every event and notification that matches, in the order accepted. If it
   * returns a promise, the next message waits for that; its value is ignored.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_OPTION_INVALID, BUS_CLOSED
   */
  subscribe<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    listener: (message: MessageOf<C, MatchedTopic<S, C, I>>) => unknown,
    options?: SubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>>,
  ): Subscription;
  /**
   * Returns the messages to iterate over. Until the next one is asked for, messages wait in the
   * mailbox, where `overflow` applies.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_OPTION_INVALID, BUS_CLOSED
   */
  subscribe<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    options?: SubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>>,
  ): MessageStream<MessageOf<C, MatchedTopic<S, C, I>>>;
}
