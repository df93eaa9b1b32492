import type { OutcomeCounts } from '@bus/core';
import type { LinkCount } from './control.ts';
import type { Part } from './part.ts';

/** What is known of a process that went before it was told to. */
export interface LostPart {
  readonly id: string;
  readonly pid: number;
  /** How it went. */
  readonly how: string;
  /** How long before its end it last told what it had counted; undefined where it never did. */
  readonly toldMsBefore: number | undefined;
  /** What it had counted by then. */
  readonly outcomes: OutcomeCounts | undefined;
  /** Of these, what it had accepted and not finished: it died with the process. */
  readonly underWay: number;
  /** Sent to it after that, as the hub counted: nobody knows how far it came with these. */
  readonly untold: number;
  /** Whether the hub had sent it at least what it had received by then. */
  readonly plausible: boolean;
}

/**
 * The account of a process that was lost.
 * @param hub - what the hub counted on its link to it.
 */
export function lostPart(part: Part, hub: LinkCount | undefined): LostPart {
  const { place, pid, lost = 'unknown', last, lostAt = 0 } = part;
  const received = last?.counts.links[0]?.received ?? 0;
  const sent = hub?.sent ?? 0;
  return {
    id: place.id,
    pid,
    how: lost,
    toldMsBefore: last === undefined ? undefined : lostAt - last.at,
    outcomes: last?.counts.outcomes,
    underWay: last?.counts.outcomes.inFlight ?? 0,
    untold: Math.max(0, sent - received),
    plausible: received <= sent,
  };
}
