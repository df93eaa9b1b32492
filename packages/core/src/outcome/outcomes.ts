import type { Endpoint } from '../endpoint/endpoint.ts';
import { BusError } from '../errors.ts';
import type { Message } from '../message/envelope.ts';

/** The one way a message ended at one target; each is counted, see {@link EndedCounts}. */
export type Outcome =
  | 'handled'
  | 'failed'
  | 'rejected'
  | 'unroutable'
  | 'expired'
  | 'cancelled'
  | 'dropped'
  | 'superseded'
  | 'forwarded'
  | 'dead-lettered';

/** How many messages ended which way; `dropped` by reason. */
export interface EndedCounts {
  /** The handler returned. */
  readonly handled: number;
  /** The handler threw or rejected. */
  readonly failed: number;
  /** Refused: bad input, a full mailbox, a tap, a closed bus. */
  readonly rejected: number;
  /** Nothing matched, or every filter said no. */
  readonly unroutable: number;
  /** Not finished by the deadline, or within the time limit of one handler run. */
  readonly expired: number;
  /** Given up by the sender, or because the bus stopped while they ran. */
  readonly cancelled: number;
  /**
   * Given up by a rule. The reason is an overflow policy, `unsubscribed`, `closed`, the hook that
   * dropped the message, or the word of a plugin or a link.
   */
  readonly dropped: Readonly<Record<string, number>>;
  /** Replaced by a newer message of the same key, by the policy `latest`. */
  readonly superseded: number;
  /** Taken by the far end of a link. */
  readonly forwarded: number;
  /** Put aside by a plugin, to be looked at later. */
  readonly 'dead-lettered': number;
}

/** Per target, `accepted` is the sum of everything in `ended` and `inFlight`. */
export interface OutcomeCounts {
  /** Messages offered to a target, and those that ended without one. */
  readonly accepted: number;
  /** Counted at the endpoints, not computed from the other two. */
  readonly inFlight: number;
  /** How many ended, each in one way. */
  readonly ended: EndedCounts;
}

/**
 * Learns what became of a message, once per target. A request learns its reply here, an acknowledged
 * publish its acknowledgements. Every outcome passes here, so nothing can hang.
 */
export interface Completion {
  /** Announces the number of targets; not called where the message reaches none. */
  targeted?(count: number, message: Message): void;
  /** `value` is the handler's result when the outcome is `handled` or `forwarded`. */
  settled(
    message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void;
  /** A handler settled after its outcome had been recorded. */
  late?(message: Message, endpoint: Endpoint): void;
  /**
   * A target streams its reply; the stream may turn out to be empty.
   * @param several - the target stands for several that reply with an item each; a missing one is not
   * waited for.
   */
  streams?(endpoint: Endpoint, several?: boolean): void;
  /** Takes one item of a streamed reply: a promise holds the producer back, `false` ends it. */
  readonly item?: ((value: unknown, endpoint: Endpoint) => boolean | Promise<boolean>) | undefined;
}

const brand = Symbol.for('@bus/verdict');

/**
 * Ends a message at an endpoint in another way than `handled` or `failed`. A plugin that wraps a
 * handler throws it, or rejects with it.
 */
export class Verdict {
  /** The outcome that is counted. */
  readonly outcome: Outcome;
  /** Goes to the sender and to observers; undefined where nothing went wrong. */
  readonly error: BusError | undefined;
  /** Why a message was dropped. */
  readonly reason: string | undefined;

  constructor(outcome: Outcome, error?: BusError, reason?: string) {
    this.outcome = outcome;
    this.error = error;
    this.reason = reason;
  }

  /** Recognises verdicts of every copy of this package in the process, unlike `instanceof`. */
  static is(value: unknown): value is Verdict {
    return verdictIn(value) !== undefined;
  }
}

/** What a verdict says, read once: whatever a handler throws may answer otherwise, or throw, the next time. */
export function verdictIn(
  value: unknown,
): Pick<Verdict, 'outcome' | 'error' | 'reason'> | undefined {
  try {
    if (typeof value !== 'object' || value === null || !(brand in value)) return undefined;
    const { outcome, error, reason } = value as Partial<Verdict>;
    const isSound = typeof outcome === 'string' && typeof (reason ?? '') === 'string';
    if (!isSound || (error !== undefined && !BusError.is(error))) return undefined;
    return { outcome: outcome as Outcome, error, reason };
  } catch {
    return undefined;
  }
}

Object.defineProperty(Verdict.prototype, brand, { value: true });

/** The counters behind `inspect().outcomes`. Those of the hot path are plain fields. */
export class Ledger {
  accepted = 0;
  handled = 0;
  readonly #ended = {
    forwarded: 0,
    failed: 0,
    rejected: 0,
    unroutable: 0,
    expired: 0,
    cancelled: 0,
    superseded: 0,
    'dead-lettered': 0,
  };
  readonly #dropped = new Map<string, number>();

  count(outcome: Outcome, reason: string | undefined): void {
    if (outcome === 'handled') this.handled++;
    else if (Object.hasOwn(this.#ended, outcome)) this.#ended[outcome as 'failed']++;
    else if (outcome !== 'dropped') this.#ended.failed++;
    else {
      const why = reason ?? 'unknown';
      this.#dropped.set(why, (this.#dropped.get(why) ?? 0) + 1);
    }
  }

  counts(inFlight: number): OutcomeCounts {
    const { accepted, handled } = this;
    const dropped = Object.fromEntries(this.#dropped);
    return { accepted, inFlight, ended: { handled, ...this.#ended, dropped } };
  }
}
