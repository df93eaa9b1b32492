/** The one way a message ended at one target; each is counted. */
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
  readonly handled: number;
  readonly failed: number;
  readonly rejected: number;
  readonly unroutable: number;
  readonly expired: number;
  readonly cancelled: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly superseded: number;
  readonly forwarded: number;
  readonly 'dead-lettered': number;
}

/** Per target, `accepted` is the sum of what `ended` counts and `inFlight`. */
export interface OutcomeCounts {
  readonly accepted: number;
  /** Counted where the messages are, not computed from the other two. */
  readonly inFlight: number;
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
