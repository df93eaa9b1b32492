import type { Envelope } from '@bus/core';

/**
 * Why a message was given up. `failed`: every run of its listener did. `rejected`: its listener said
 * so, or a link cannot carry it. `unacknowledged`: nobody said what became of it, for `redeliverMs`.
 */
export type DeadLetterReason = 'failed' | 'rejected' | 'unacknowledged';

/** What one run, or one sending, failed with. Texts are cut at 500 characters. */
export interface DeadLetterError {
  /** The `code` of what was thrown, where it has one that is a string. */
  readonly code: string | undefined;
  /** Its `message`, or the text of what is no error. */
  readonly message: string;
  /** What it was caused by, the nearest first; at most five. */
  readonly causes: readonly { readonly code: string | undefined; readonly message: string }[];
}

/** One message that was given up, as {@link DeadLetters.list} shows it; plain JSON if its payload is. */
export interface DeadLetter {
  /** The message's id. */
  readonly id: string;
  /** Where it was published to. */
  readonly topic: string;
  /** Why it was given up; after a replay, why it was given up again. */
  readonly reason: DeadLetterReason;
  /** Runs of the listener, or times it was sent; those of replays included. */
  readonly attempts: number;
  /** What each failed with, the last one last; the last ten. */
  readonly errors: readonly DeadLetterError[];
  /** When it failed first, in milliseconds since the Unix epoch. */
  readonly firstAt: number;
  /** When it was given up, or a replay of it last came to nothing, in milliseconds since the Unix epoch. */
  readonly lastAt: number;
  /** How often a replay of it came to the same end. */
  readonly replays: number;
  /** The subscription that gave it up; none where no subscriber acknowledged it. */
  readonly subscription:
    | { readonly name: string | undefined; readonly pattern: string }
    | undefined;
  /** The message as it was sent, without its payload where that cannot be decoded. */
  readonly message: Envelope;
}

/** Which dead letters; all given parts must hold. */
export interface DeadLetterFilter {
  /** A topic; `*` stands for one segment of it, and `**` at its end for all that follow. */
  readonly topic?: string | undefined;
  /** Those given up for this reason. */
  readonly reason?: DeadLetterReason | undefined;
}

/** How letters are sent again. */
export interface ReplayOptions {
  /** Another topic, instead of the subscription that gave them up. */
  readonly to?: string | undefined;
  /** At most so many a second, more than 0; default as fast as they are handled. */
  readonly rate?: number | undefined;
  /** Aborting it ends the replay: what was not handled stays. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What this bus has given up, kept in memory up to `deadLetters.capacity`. Each letter is announced by
 * the event `$bus.dead-letter`: `{ id, topic, reason, attempts }`; those of the bus's own events are not.
 * @example
 * ```ts
 * for (const { id, errors } of bus.deadLetters.list({ topic: 'mail.**' })) console.log(id, errors);
 * await bus.deadLetters.replay({ reason: 'failed' }, { rate: 10 });
 * ```
 */
export interface DeadLetters {
  /** How many letters are kept. */
  readonly count: number;
  /**
   * The letters as they are now, oldest first.
   * @throws BUS_OPTION_INVALID where the filter is none
   */
  list(filter?: DeadLetterFilter): readonly DeadLetter[];
  /**
   * Hands letters, one after the other, to the subscription that gave them up, or publishes them to
   * another topic. One that fails again stays, with `replays` one higher, and so does one whose
   * subscription is gone; this call tries no letter twice, and none that came after it was made.
   * @param which - the id of a message, or which letters; default all
   * @returns how many were handled, which are no letters any more
   * @throws BUS_OPTION_INVALID where an option makes no sense
   */
  replay(which?: string | DeadLetterFilter, options?: ReplayOptions): Promise<number>;
  /**
   * Forgets letters; those that wait for room take their places.
   * @param which - the id of a message, or which letters; default all
   * @returns how many were forgotten
   * @throws BUS_OPTION_INVALID where the filter is none
   */
  drop(which?: string | DeadLetterFilter): number;
}
