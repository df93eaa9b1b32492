import type { Outcome } from '@bus/core';

/** How many messages ended which way. */
export class Tally implements Record<Outcome, number> {
  handled = 0;
  forwarded = 0;
  failed = 0;
  rejected = 0;
  unroutable = 0;
  expired = 0;
  cancelled = 0;
  dropped = 0;
  superseded = 0;
  'dead-lettered' = 0;

  count(outcome: Outcome): void {
    // A field that is named costs less than one that is looked up, and links are quick.
    if (outcome === 'forwarded') this.forwarded++;
    else this[outcome]++;
  }

  add(other: Tally): void {
    for (const outcome of outcomes) this[outcome] += other[outcome];
  }

  /** Those that have happened. */
  counted(): [Outcome, number][] {
    return outcomes
      .filter((outcome) => this[outcome] > 0)
      .map((outcome) => [outcome, this[outcome]]);
  }
}

/** Every way a message can end. */
export const outcomes: readonly Outcome[] = [
  'handled',
  'forwarded',
  'failed',
  'rejected',
  'unroutable',
  'expired',
  'cancelled',
  'dropped',
  'superseded',
  'dead-lettered',
];
