import type {
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
  readonly sources?: readonly string[];
  /** Headers it must have, with these values. */
  readonly headers?: Headers;
  readonly where?: (message: M) => boolean;
}

/** A predicate, or rules that a transport could also apply at the source. */
export type Filter<M extends Message = Message> = ((message: M) => boolean) | FilterRules<M>;

/** How `subscribe` receives; every field may be left out. */
export interface SubscribeOptions<M extends Message = Message> {
  /** Shown in errors, `endpoints()` and `inspect()`; default the listener's name. */
  readonly name?: string;
  /** Of the subscriptions in one group, each message goes to one. */
  readonly group?: string;
  readonly filter?: Filter<M>;
  /** `latest` keeps one waiting message per key, the newest; default `all`. */
  readonly mode?: 'all' | 'latest';
  /** The key by which messages are ordered and superseded; default the one they were sent with. */
  readonly key?: (message: M) => string | undefined;
  /** How many messages wait; default the bus's `mailbox.capacity`. */
  readonly capacity?: number;
  readonly overflow?: Overflow;
  /** How many messages are handled at once; default 1. Messages of one key never are. */
  readonly concurrency?: number;
  /** Milliseconds one run may take; default the bus's `defaultTimeoutMs`. */
  readonly timeoutMs?: number;
  /** In a group, only members of the highest priority get messages; default 0. */
  readonly priority?: number;
  /** Stops after the first message. */
  readonly once?: boolean;
  /** Aborting it stops the subscription. */
  readonly signal?: AbortSignal;
}

/** Messages one by one, for `for await`; leaving the loop ends the subscription. */
export interface MessageStream<M> extends AsyncIterableIterator<M>, Subscription {
  [Symbol.asyncIterator](): MessageStream<M>;
  return(): Promise<IteratorResult<M>>;
}

/** What the plugin adds to the bus. */
export interface PubSubApi<C, S> {
  /**
   * Sends an event to every subscriber; resolves to how many accepted it, and 0 is fine.
   * @throws BUS_TOPIC_INVALID, BUS_PAYLOAD_TOO_LARGE, BUS_MAILBOX_FULL, BUS_CANCELLED, BUS_CLOSED …
   */
  publish<K extends EventTopic<C>>(
    topic: K,
    payload: PayloadOf<C, K>,
    options?: SendOptions,
  ): Promise<number>;
  /**
   * A direct channel to one topic, for high rates: options are checked and the route found once.
   * @throws BUS_TOPIC_INVALID
   */
  publisher<K extends EventTopic<C>>(
    topic: K,
    options?: SendOptions,
  ): (payload: PayloadOf<C, K>) => Promise<number>;
  /**
   * Calls `listener` for every event and notification that matches, in the order accepted.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_OPTION_INVALID, BUS_CLOSED
   */
  subscribe<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    listener: (message: MessageOf<C, MatchedTopic<S, C, I>>) => void | Promise<void>,
    options?: SubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>>,
  ): Subscription;
  /** The same as messages to iterate over; publishers wait, or lose, as `overflow` says. */
  subscribe<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    options?: SubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>>,
  ): MessageStream<MessageOf<C, MatchedTopic<S, C, I>>>;
}
