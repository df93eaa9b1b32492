import type {
  CheckedPattern,
  EventTopic,
  MatchedTopic,
  Message,
  MessageOf,
  PatternOf,
  PayloadOf,
  SendOptions,
  Subscription,
} from '@bus/core';
import type { SubscribeOptions } from '@bus/pubsub';
import type { DeadLetters } from './dead-letters.ts';

/**
 * How long is waited after a failed run: after run n a random part of `baseMs × factor^(n-1)`, at most
 * `maxMs`. Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", 2015).
 */
export interface BackoffOptions {
  /** The longest wait after the first failed run, in milliseconds, at least 0; default 100. */
  readonly baseMs?: number | undefined;
  /** By how much each wait may be longer than the one before, at least 1; default 2. */
  readonly factor?: number | undefined;
  /** No wait is longer, in milliseconds, at least 0; default 30,000. */
  readonly maxMs?: number | undefined;
  /** `none` waits the whole time, for tests and for rates agreed upon; default `full`. */
  readonly jitter?: 'full' | 'none' | undefined;
}

/** How a subscription tries again; each field may be given by the plugin and by the subscription. */
export interface RetryOptions {
  /**
   * Without a result for so many milliseconds a run counts as failed; default 5,000, `Infinity` for no
   * limit. `message.working()` starts it anew.
   */
  readonly ackTimeoutMs?: number | undefined;
  /** Runs of the listener before the message becomes a dead letter, at least 1; default 3. */
  readonly attempts?: number | undefined;
  /** The wait between one run and the next. */
  readonly backoff?: BackoffOptions | undefined;
}

/** What becomes of a message that has to go among full dead letters. */
export type DeadLetterOverflow =
  /** It is lost, and its sender told, by `RELIABLE_DEAD_LETTERS_FULL`. */
  | 'error'
  /** The oldest letter is dropped, and counted. */
  | 'drop-oldest'
  /** Its subscription waits with it until there is room. */
  | 'block';

/**
 * What `reliable` takes. Its retry options hold for subscriptions that give none of their own, and
 * `backoff` also for messages that are published again.
 */
export interface ReliableOptions extends RetryOptions {
  /** How many messages that were given up are kept, and what becomes of one more. */
  readonly deadLetters?:
    | {
        /** At least 1; default 1,000. */
        readonly capacity?: number | undefined;
        /** Default `error`. */
        readonly overflow?: DeadLetterOverflow | undefined;
      }
    | undefined;
  /**
   * `window`: how many messages of one publisher a subscription remembers to have had, by a bit each, at
   * least 1; default 4,096. It remembers 256 publishers.
   */
  readonly dedupe?: { readonly window?: number | undefined } | undefined;
  /**
   * For how many milliseconds a message is sent again that a lost peer has not acknowledged, and a lost
   * subscriber is waited for; at least 0, default 10,000. After that it is a dead letter, here.
   */
  readonly redeliverMs?: number | undefined;
  /** How many published messages may be unacknowledged, at least 1; default 10,000. More are refused. */
  readonly pending?: number | undefined;
}

/** What every other subscription says of `delivery`, so that types tell the two apart. */
export interface NotReliable {
  /** `'reliable'` makes it another kind of subscription: {@link ReliableSubscribeOptions}. */
  readonly delivery?: undefined;
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/pubsub' {
  interface SubscribeOptions<M extends Message = Message> extends NotReliable {}
}

/**
 * How a subscription with `delivery: 'reliable'` receives. What would lose messages, or end a run in
 * another way, is not among it: `ackTimeoutMs` is what `timeoutMs` is elsewhere.
 */
export interface ReliableSubscribeOptions<M extends Message = Message>
  extends Omit<SubscribeOptions<M>, 'delivery' | 'mode' | 'once' | 'timeoutMs'>,
    RetryOptions {
  /** What makes the subscription reliable. */
  readonly delivery: 'reliable';
  /**
   * While a message is tried again, those behind it wait (`kept`: all where one is handled at a time,
   * else those of its key), or go on (`released`). Default `kept`.
   */
  readonly order?: 'kept' | 'released' | undefined;
}

/**
 * What a listener with `delivery: 'reliable'` gets. Returning acknowledges, throwing tries again.
 * The first word counts; all of a run that is over are of no effect.
 */
export interface Acknowledgeable {
  /** Which run this is: 1 for the first. */
  readonly attempt: number;
  /** The message is done, whatever the listener does from here on. */
  ack(): void;
  /**
   * This run failed: the message is tried again, after `delayMs` or else the backoff, or becomes a dead
   * letter if it was the last of its `attempts`. `reason` is kept with its errors.
   */
  nack(options?: {
    readonly delayMs?: number | undefined;
    readonly reason?: string | undefined;
  }): void;
  /** The message is not tried again: it becomes a dead letter. `reason` is kept with its errors. */
  reject(reason?: string): void;
  /** Work goes on: `ackTimeoutMs` starts anew. */
  working(): void;
}

/** What `reliable` adds to the bus. */
export interface ReliableApi<C, S> {
  /**
   * Resolves when every subscriber with `delivery: 'reliable'` has acknowledged the message, or it is
   * a dead letter: to how many acknowledged, which is 0 where there are none. Messages of one key
   * keep their order, each is sent when the one before is acknowledged; others may overtake each other
   * where some are sent again.
   * @throws RELIABLE_UNACKNOWLEDGED where `signal`, `timeoutMs` or the end of the bus came first
   * @throws RELIABLE_DEAD_LETTERS_FULL where it was given up and found no room among the dead letters
   * @throws BUS_MAILBOX_FULL where `pending` messages are unacknowledged; and what `publish` throws
   */
  publish<K extends EventTopic<C>>(
    topic: K,
    payload: PayloadOf<C, K>,
    options: SendOptions & { readonly delivery: 'reliable' },
  ): Promise<number>;
  /**
   * Calls `listener` for every event and notification that matches, until it has succeeded or has
   * failed `attempts` times, when the message becomes a dead letter.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_CLOSED
   * @throws BUS_OPTION_INVALID where an option makes no sense, or not for a reliable subscription
   */
  subscribe<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    listener: (message: MessageOf<C, MatchedTopic<S, C, I>> & Acknowledgeable) => unknown,
    options: ReliableSubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>>,
  ): Subscription;
  /** What this bus has given up, of what it subscribed to and of what it published. */
  readonly deadLetters: DeadLetters;
}

/** What `bus.inspect().plugins['@bus/reliable']` says; counts are since the bus was made. */
export interface ReliableReport {
  /** Published, and not acknowledged by all. */
  readonly pending: number;
  /** Published, and acknowledged by all there were. */
  readonly acknowledged: number;
  /** Times a message was sent again. */
  readonly resent: number;
  /** Times a listener was called again. */
  readonly retries: number;
  /** Messages that a subscription had had, acknowledged without running its listener. */
  readonly duplicates: number;
  /** Letters that are kept. */
  readonly deadLetters: number;
  /** Letters that had to go for newer ones. */
  readonly droppedLetters: number;
  /** Lost subscribers that are waited for. */
  readonly standIns: number;
}
