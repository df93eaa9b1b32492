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

/** When a batch is full, and how long its messages wait for it to be. */
export interface BatchLimits {
  /**
   * Messages in a batch; default 100. At most the bus's `limits.inFlight`, since each of them is in
   * flight while it waits.
   */
  readonly size?: number | undefined;
  /**
   * What the payloads of a batch weigh together: strings by their length, binary by its bytes, others
   * as `sizeOf` says, or nothing. A message heavier than that is a batch of its own. Default no limit.
   */
  readonly bytes?: number | undefined;
  /** What a payload weighs, where `bytes` is given. One that throws fails its message. */
  readonly sizeOf?: ((payload: unknown) => number) | undefined;
  /**
   * Milliseconds the first message waits at most for others; default 5. It waits only where they come
   * so fast that another one is to be expected in that time.
   */
  readonly waitMs?: number | undefined;
}

/** The batch being handled. */
export interface Batch<M> {
  /**
   * Fails one message alone: at once, and whatever becomes of the others.
   * @throws BATCH_MESSAGE_UNKNOWN where the message is not of this batch, or the batch is over
   */
  fail(message: M, error: unknown): void;
  /** Aborts when every message of the batch has been given up: nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/** Handles a batch. */
export type BatchHandler<M, R> = (messages: readonly M[], batch: Batch<M>) => R;

/** One reply for each message, in order; where nobody asks for any, none. */
export type BatchReplies<C, K extends Topic<C>> = [Extract<K, RequestTopic<C>>] extends [never]
  ? void | Promise<void>
  :
      | readonly ReplyIn<C, K>[]
      | Promise<readonly ReplyIn<C, K>[]>
      | (void extends ReplyIn<C, K> ? void | Promise<void> : never);

type ReplyIn<C, K extends Topic<C>> = K extends RequestTopic<C> ? ReplyOf<C, K> : undefined;

/** Options of @bus/reliable, which go with `batch` where it is installed. */
export interface ReliableBatchOptions {
  readonly delivery: 'reliable';
  readonly ackTimeoutMs?: number | undefined;
  readonly attempts?: number | undefined;
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
  ack(): void;
  nack(options?: {
    readonly delayMs?: number | undefined;
    readonly reason?: string | undefined;
  }): void;
  reject(reason?: string): void;
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

/** What the plugin adds to `handle`, and to `subscribe` where @bus/pubsub is installed. */
export interface BatchApi<C, S> {
  /**
   * Calls `listener` with several messages, in the order accepted; with one batch at a time, or
   * `concurrency` of them. A promise it returns is waited for. If it throws, all messages fail that it
   * has not failed already.
   * @throws what `subscribe` throws
   */
  subscribe<const I extends PatternOf<S, C>>(
    this: Subscribing,
    pattern: CheckedPattern<S, C, I>,
    options: SubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>> & BatchedOptions,
    listener: BatchHandler<MessageOf<C, MatchedTopic<S, C, I>>, unknown>,
  ): Subscription;
  /** The same with acknowledgements: each message is tried again, or becomes a dead letter, alone. */
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
   * @throws what `handle` throws
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

/** What `bus.inspect().plugins['@bus/batch']` says of one endpoint. */
export interface BatchReport {
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
