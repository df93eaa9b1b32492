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
  /** Their handler returned. */
  readonly handled: number;
  /** Their handler, or a filter before it, threw or rejected. */
  readonly failed: number;
  /** Refused: bad input, a full mailbox, a tap, a closed bus. */
  readonly rejected: number;
  /** There was nobody to go to, or every filter said no. */
  readonly unroutable: number;
  /** Not done by their deadline, or by the limit of one handler run. */
  readonly expired: number;
  /** Given up by their sender, or because the bus stopped while they ran. */
  readonly cancelled: number;
  /**
   * Given up by a rule. The reason is an overflow policy, `unsubscribed`, `closed`, `filtered`, the
   * hook that dropped them, or what a plugin or a link says.
   */
  readonly dropped: Readonly<Record<string, number>>;
  /** Replaced by a newer one of their key, by the policy `latest`. */
  readonly superseded: number;
  /** Taken by the far end of a link. */
  readonly forwarded: number;
  /** Put aside by a plugin, to be looked at later. */
  readonly 'dead-lettered': number;
}

/** Per target, `accepted` is the sum of what `ended` counts and `inFlight`. */
export interface OutcomeCounts {
  /** Messages offered to a target, and those that ended without one. */
  readonly accepted: number;
  /** Counted where the messages are, not computed from the other two. */
  readonly inFlight: number;
  /** How many ended, each in one way. */
  readonly ended: EndedCounts;
}

/** The counters behind `inspect().outcomes`. Those of the hot path are plain fields. */
export class Ledger {
  accepted = 0;
  handled = 0;
  forwarded = 0;
  readonly #ended = {
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
    else if (outcome === 'forwarded') this.forwarded++;
    else if (outcome !== 'dropped') this.#ended[outcome]++;
    else {
      const why = reason ?? 'unknown';
      this.#dropped.set(why, (this.#dropped.get(why) ?? 0) + 1);
    }
  }

  counts(inFlight: number): OutcomeCounts {
    return {
      accepted: this.accepted,
      inFlight,
      ended: {
        handled: this.handled,
        forwarded: this.forwarded,
        ...this.#ended,
        dropped: Object.fromEntries(this.#dropped),
      },
    };
  }
}
