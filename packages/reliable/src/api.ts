import type {
  CheckedPattern,
  Envelope,
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

/** Exponential backoff with full jitter: attempt n waits a random part of `baseMs × factor^(n-1)`, at most `maxMs`. */
export interface BackoffOptions {
  /** Default 100. */
  readonly baseMs?: number | undefined;
  /** Default 2. */
  readonly factor?: number | undefined;
  /** Default 30,000. */
  readonly maxMs?: number | undefined;
  /** `none` waits the whole time, for tests and for rates agreed upon; default `full`. */
  readonly jitter?: 'full' | 'none' | undefined;
}

/** How a subscription tries again; each field may be given by the plugin and by the subscription. */
export interface RetryOptions {
  /** Without a result for this long a run counts as failed; default 5,000. `message.working()` starts it anew. */
  readonly ackTimeoutMs?: number | undefined;
  /** Runs of the handler before the message becomes a dead letter; default 3. */
  readonly attempts?: number | undefined;
  readonly backoff?: BackoffOptions | undefined;
}

/** What becomes of a message that has to go among full dead letters. */
export type DeadLetterOverflow =
  /** Its sender is told, by `RELIABLE_DEAD_LETTERS_FULL`. */
  | 'error'
  /** The oldest letter is dropped, and counted. */
  | 'drop-oldest'
  /** Its subscription waits with it until there is room. */
  | 'block';

/** What `reliable` takes. */
export interface ReliableOptions extends RetryOptions {
  readonly deadLetters?:
    | {
        /** Default 1,000. */
        readonly capacity?: number | undefined;
        /** Default `error`. */
        readonly overflow?: DeadLetterOverflow | undefined;
      }
    | undefined;
  /** How many messages of one publisher a subscription remembers to have had; default 4,096. */
  readonly dedupe?: { readonly window?: number | undefined } | undefined;
  /**
   * How long a message is sent again that a lost peer has not acknowledged, and how long a lost
   * subscriber is waited for; default 10,000 ms. After that it is a dead letter, here.
   */
  readonly redeliverMs?: number | undefined;
  /** How many published messages may be unacknowledged; default 10,000. More are refused. */
  readonly pending?: number | undefined;
}

/** What every other subscription says of `delivery`, so that types tell the two apart. */
export interface NotReliable {
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
  /** It is done, whatever the listener does from here on. */
  ack(): void;
  /** This run failed: it is tried again, after `delayMs` where that is given. */
  nack(options?: {
    readonly delayMs?: number | undefined;
    readonly reason?: string | undefined;
  }): void;
  /** It is not tried again: it becomes a dead letter. */
  reject(reason?: string): void;
  /** Work goes on: `ackTimeoutMs` starts anew. */
  working(): void;
}

/** Why a message was given up. */
export type DeadLetterReason = 'failed' | 'rejected' | 'unacknowledged';

/** What one run, or one sending, failed with. */
export interface DeadLetterError {
  readonly code: string | undefined;
  readonly message: string;
  /** What it was caused by, the nearest first. */
  readonly causes: readonly { readonly code: string | undefined; readonly message: string }[];
}

/** One message that was given up, as `list` shows it; plain JSON if its payload is. */
export interface DeadLetter {
  /** The message's id. */
  readonly id: string;
  readonly topic: string;
  /**
   * `failed`: every run did. `rejected`: by the listener, or by a link that cannot carry it.
   * `unacknowledged`: nobody said what became of it, for `redeliverMs`.
   */
  readonly reason: DeadLetterReason;
  /** Runs of the handler, or times it was sent. */
  readonly attempts: number;
  /** What each failed with, the last one last; the last ten. */
  readonly errors: readonly DeadLetterError[];
  /** Milliseconds since the Unix epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** How often it had been replayed before it came here. */
  readonly replays: number;
  /** The subscription that gave it up; none where no subscriber acknowledged it. */
  readonly subscription:
    | { readonly name: string | undefined; readonly pattern: string }
    | undefined;
  readonly message: Envelope;
}

/** Which dead letters; all given parts must hold. */
export interface DeadLetterFilter {
  /** A topic; `*` stands for one segment of it, and `**` at its end for all that follow. */
  readonly topic?: string | undefined;
  readonly reason?: DeadLetterReason | undefined;
}

/** How letters are sent again. */
export interface ReplayOptions {
  /** Another topic, instead of the subscription that gave them up. */
  readonly to?: string | undefined;
  /** At most so many a second; default as fast as they are handled. */
  readonly rate?: number | undefined;
  /** Aborting it ends the replay: what was not handled stays. */
  readonly signal?: AbortSignal | undefined;
}

/** What was given up, and what may still become of it. */
export interface DeadLetters {
  readonly count: number;
  /** Oldest first. */
  list(filter?: DeadLetterFilter): readonly DeadLetter[];
  /**
   * Hands letters, one after the other, to the subscription that gave them up, or publishes them to
   * another topic. One that fails again stays, with `replays` one higher, and so does one whose
   * subscription is gone; this call tries no letter twice, and none that came after it was made.
   * @param which - the id of a message, or which letters; default all.
   * @returns how many were handled, which are no letters any more.
   * @throws BUS_OPTION_INVALID
   */
  replay(which?: string | DeadLetterFilter, options?: ReplayOptions): Promise<number>;
  /** Forgets letters; returns how many. */
  drop(which?: string | DeadLetterFilter): number;
}

/** What the plugin adds to the bus. */
export interface ReliableApi<C, S> {
  /**
   * Resolves when every subscriber with `delivery: 'reliable'` has acknowledged the message, or it is
   * a dead letter: to how many acknowledged, which is 0 where there are none. Messages of one key
   * keep their order, each is sent when the one before is acknowledged; others may overtake each other
   * where some are sent again.
   * @throws RELIABLE_UNACKNOWLEDGED where `signal`, `timeoutMs` or the end of the bus came first,
   * RELIABLE_DEAD_LETTERS_FULL, BUS_MAILBOX_FULL where too many are unacknowledged, and what
   * `publish` throws
   */
  publish<K extends EventTopic<C>>(
    topic: K,
    payload: PayloadOf<C, K>,
    options: SendOptions & { readonly delivery: 'reliable' },
  ): Promise<number>;
  /**
   * Calls `listener` for every event and notification that matches, until it has succeeded or has
   * failed `attempts` times, when the message becomes a dead letter.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_OPTION_INVALID, BUS_CLOSED
   */
  subscribe<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    listener: (message: MessageOf<C, MatchedTopic<S, C, I>> & Acknowledgeable) => unknown,
    options: ReliableSubscribeOptions<MessageOf<C, MatchedTopic<S, C, I>>>,
  ): Subscription;
  readonly deadLetters: DeadLetters;
}

/** What `bus.inspect()` says of the plugin. */
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
  readonly deadLetters: number;
  /** Letters that had to go for newer ones. */
  readonly droppedLetters: number;
  /** Lost subscribers that are waited for. */
  readonly standIns: number;
}
