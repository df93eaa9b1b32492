import type {
  CheckedPattern,
  HandleOptions,
  MatchedTopic,
  MessageOf,
  PatternOf,
  ReplyOf,
  RequestTopic,
  Subscription,
  Topic,
} from '@bus/core';
import type { SubscribeOptions } from '@bus/pubsub';

/** The option `batch`: when a batch is full, and how long its messages wait for that. */
export interface BatchLimits {
  /**
   * Messages in a batch, at least 1; default 100. At most the bus's `limits.inFlight`, since all of
   * them are in flight while they wait.
   */
  readonly size?: number | undefined;
  /**
   * The weight of a batch's payloads: the length of strings, the bytes of binary, and of others what
   * `sizeOf` returns, or nothing. A heavier message is a batch of its own. At least 1; default no limit.
   */
  readonly bytes?: number | undefined;
  /** Weighs a payload in the unit of `bytes`, which it requires. If it throws, its message fails. */
  readonly sizeOf?: ((payload: unknown) => number) | undefined;
  /**
   * Milliseconds the first message waits at most for others, at least 0; default 5. It waits only while
   * messages come fast enough that another is likely in that time. `Infinity` waits for full batches.
   */
  readonly waitMs?: number | undefined;
}

/** The batch being handled; its handler gets it after the messages. */
export interface Batch<M> {
  /**
   * Fails one message alone, at once, however the others end.
   * @throws BATCH_MESSAGE_UNKNOWN where the message is not in this batch, or the batch is over
   */
  fail(message: M, error: unknown): void;
  /** Aborts when every message of the batch has been given up. */
  readonly signal: AbortSignal;
}

/**
 * Handles a batch: at least one message, in the order accepted. If it throws or rejects, all messages
 * fail that it has not failed itself.
 */
export type BatchHandler<M, R> = (messages: readonly M[], batch: Batch<M>) => R;

/** The result of a handler of requests: one reply for each message, in order. */
export type BatchReplies<C, K extends Topic<C>> = [Extract<K, RequestTopic<C>>] extends [never]
  ? void | Promise<void>
  :
      | readonly ReplyIn<C, K>[]
      | Promise<readonly ReplyIn<C, K>[]>
      | (void extends ReplyIn<C, K> ? void | Promise<void> : never);

type ReplyIn<C, K extends Topic<C>> = K extends RequestTopic<C> ? ReplyOf<C, K> : undefined;

/** Options of @bus/reliable that go with `batch`. */
export interface ReliableBatchOptions {
  /** Makes the subscription reliable. */
  readonly delivery: 'reliable';
  /**
   * A run of a message that takes this many milliseconds, its wait for the batch included, counts as
   * failed; default that of `reliable`.
   */
  readonly ackTimeoutMs?: number | undefined;
  /** Runs of a message before it becomes a dead letter; default that of `reliable`. */
  readonly attempts?: number | undefined;
  /** The wait between one run of a message and the next; default that of `reliable`. */
  readonly backoff?:
    | {
        readonly baseMs?: number | undefined;
        readonly factor?: number | undefined;
        readonly maxMs?: number | undefined;
        readonly jitter?: 'full' | 'none' | undefined;
      }
    | undefined;
  /** `kept`, the default, allows a batch one message of each key. */
  readonly order?: 'kept' | 'released' | undefined;
}

/** Options of `subscribe` that @bus/reliable refuses or types differently. */
type NotReliable = keyof ReliableBatchOptions | 'mode' | 'once' | 'timeoutMs';

/** The methods that @bus/reliable adds to each message of a batch. */
export interface ReliableBatchMessage {
  /** This message is done, however its batch ends. */
  ack(): void;
  /** This message is tried again after `delayMs`, or after the backoff, while it has attempts left. */
  nack(options?: {
    readonly delayMs?: number | undefined;
    readonly reason?: string | undefined;
  }): void;
  /** This message is not tried again: it becomes a dead letter. */
  reject(reason?: string): void;
  /** Work on this message goes on: its `ackTimeoutMs` starts anew. */
  working(): void;
}

/** A bus with @bus/pubsub. */
interface Subscribing {
  subscribe: unknown;
  publish: unknown;
}

/** A bus with @bus/reliable. */
interface Reliable extends Subscribing {
  readonly deadLetters: unknown;
}

/** `once` means one message, so it does not go with batches. */
interface BatchedOptions {
  readonly batch: BatchLimits;
  readonly once?: undefined;
}

/** The forms that `batch` adds to `handle`, and to `subscribe` where @bus/pubsub is installed. */
export interface BatchApi<C, S> {
  /**
   * Calls `listener` with several messages, in the order accepted: one batch at a time, or
   * `concurrency` of them. If it returns a promise, its batch runs until that settles. If it throws,
   * all messages fail that it has not failed already.
   * @throws BUS_OPTION_INVALID where a limit is unknown or has a bad value; and all that `subscribe`
   * throws
   */
  subscribe<const I extends PatternOf<S, C>>(
    this: Subscribing,
    pattern: CheckedPattern<S, C, I>,
    options: SubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>> & BatchedOptions,
    listener: BatchHandler<MessageOf<C, MatchedTopic<S, C, I>>, unknown>,
  ): Subscription;
  /**
   * The same with acknowledgements: each message is tried again, or becomes a dead letter, alone.
   * @throws BUS_OPTION_INVALID where a limit or another option is unknown or has a bad value; and all
   * that `subscribe` throws
   */
  subscribe<const I extends PatternOf<S, C>>(
    this: Reliable,
    pattern: CheckedPattern<S, C, I>,
    options: Omit<SubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>>, NotReliable> &
      BatchedOptions &
      ReliableBatchOptions,
    listener: BatchHandler<MessageOf<C, MatchedTopic<S, C, I>> & ReliableBatchMessage, unknown>,
  ): Subscription;
  /**
   * Adds an endpoint that handles several requests and notifications at once; its handler returns one
   * reply for each, in order. `concurrency` counts batches; its default here is 100, since requests are
   * independent.
   * @throws BUS_OPTION_INVALID where a limit is unknown or has a bad value; and all that `handle` throws
   */
  handle<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    options: HandleOptions & { readonly batch: BatchLimits },
    handler: BatchHandler<
      MessageOf<C, MatchedTopic<S, C, I>>,
      BatchReplies<C, MatchedTopic<S, C, I>>
    >,
  ): Subscription;
}

/** One endpoint in the list `collecting` of `bus.inspect().plugins['@bus/batch']`. */
export interface BatchReport {
  /** Its name, or that of its handler, or its pattern. */
  readonly endpoint: string;
  /** Messages that wait for their batch. */
  readonly waiting: number;
  /** Batches being handled. */
  readonly running: number;
  /** Batches handed over so far. */
  readonly batches: number;
  /** Messages in those batches. */
  readonly messages: number;
}
