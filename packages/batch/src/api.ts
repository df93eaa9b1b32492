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

/** The option `batch`: when a batch is full, and how long its messages wait for it to be. */
export interface BatchLimits {
  /**
   * Messages in a batch, at least 1; default 100. At most the bus's `limits.inFlight`, since each of
   * them is in flight while it waits.
   */
  readonly size?: number | undefined;
  /**
   * What the payloads of a batch weigh together: strings by their length, binary by its bytes, others
   * as `sizeOf` says, or nothing. A message heavier than that is a batch of its own. At least 1;
   * default no limit.
   */
  readonly bytes?: number | undefined;
  /** What a payload weighs, in the unit of `bytes`, which it needs. One that throws fails its message. */
  readonly sizeOf?: ((payload: unknown) => number) | undefined;
  /**
   * Milliseconds the first message waits at most for others, from 0 to 2,147,483,647; default 5. It
   * waits only where they come so fast that another one is to be expected in that time.
   */
  readonly waitMs?: number | undefined;
}

/** The batch being handled, as its handler gets it beside the messages. */
export interface Batch<M> {
  /**
   * Fails one message alone: at once, and whatever becomes of the others.
   * @throws BATCH_MESSAGE_UNKNOWN where the message is not of this batch, or the batch is over
   */
  fail(message: M, error: unknown): void;
  /** Aborts when every message of the batch has been given up: nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/**
 * Handles a batch: at least one message, in the order accepted. If it throws, or what it returns
 * rejects, all messages fail that it has not failed itself.
 */
export type BatchHandler<M, R> = (messages: readonly M[], batch: Batch<M>) => R;

/** What a handler of requests returns: one reply for each message, in order; none where nobody asks. */
export type BatchReplies<C, K extends Topic<C>> = [Extract<K, RequestTopic<C>>] extends [never]
  ? void | Promise<void>
  :
      | readonly ReplyIn<C, K>[]
      | Promise<readonly ReplyIn<C, K>[]>
      | (void extends ReplyIn<C, K> ? void | Promise<void> : never);

type ReplyIn<C, K extends Topic<C>> = K extends RequestTopic<C> ? ReplyOf<C, K> : undefined;

/** Options of @bus/reliable, which go with `batch` where it is installed. */
export interface ReliableBatchOptions {
  /** What makes the subscription reliable. */
  readonly delivery: 'reliable';
  /**
   * Without a result for so many milliseconds, a wait for the batch included, a run of a message counts
   * as failed; default that of `reliable`.
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

/** Options of `subscribe` that @bus/reliable does not take, or not as others do. */
type NotReliable = keyof ReliableBatchOptions | 'mode' | 'once' | 'timeoutMs';

/** What @bus/reliable adds to each message of a batch. */
export interface ReliableBatchMessage {
  /** This message is done, whatever becomes of its batch. */
  ack(): void;
  /** This message is tried again, after `delayMs` or else the backoff, as long as it has attempts left. */
  nack(options?: {
    readonly delayMs?: number | undefined;
    readonly reason?: string | undefined;
  }): void;
  /** This message is not tried again: it becomes a dead letter. */
  reject(reason?: string): void;
  /** Work on this message goes on: its `ackTimeoutMs` starts anew. */
  working(): void;
}

/** Has `subscribe`: a bus with @bus/pubsub. */
interface Subscribing {
  subscribe: unknown;
  publish: unknown;
}

/** A bus with @bus/reliable. */
interface Reliable extends Subscribing {
  readonly deadLetters: unknown;
}

/** `once` would mean one message, which is no batch. */
interface BatchedOptions {
  readonly batch: BatchLimits;
  readonly once?: undefined;
}

/** What `batch` adds to `handle`, and to `subscribe` where @bus/pubsub is installed. */
export interface BatchApi<C, S> {
  /**
   * Calls `listener` with several messages, in the order accepted; with one batch at a time, or
   * `concurrency` of them. A promise it returns is waited for. If it throws, all messages fail that it
   * has not failed already.
   * @throws BUS_OPTION_INVALID where a limit makes no sense; and what `subscribe` throws
   */
  subscribe<const I extends PatternOf<S, C>>(
    this: Subscribing,
    pattern: CheckedPattern<S, C, I>,
    options: SubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>> & BatchedOptions,
    listener: BatchHandler<MessageOf<C, MatchedTopic<S, C, I>>, unknown>,
  ): Subscription;
  /**
   * The same with acknowledgements: each message is tried again, or becomes a dead letter, alone.
   * @throws BUS_OPTION_INVALID where a limit or another option makes no sense; and what `subscribe`
   * throws
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
   * Adds an endpoint for requests and notifications that handles several at once; its handler returns
   * one reply for each, in order. `concurrency` counts batches; its default is 100 here, as requests
   * are independent.
   * @throws BUS_OPTION_INVALID where a limit makes no sense; and what `handle` throws
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

/** What `bus.inspect().plugins['@bus/batch']` lists of each endpoint, as `collecting`. */
export interface BatchReport {
  /** Its name, else that of its handler, else its pattern. */
  readonly endpoint: string;
  /** Messages that wait for their batch to be full. */
  readonly waiting: number;
  /** Batches being handled. */
  readonly running: number;
  /** Batches handed over so far. */
  readonly batches: number;
  /** Messages that were in them. */
  readonly messages: number;
}
