import type { OutcomeCounts } from '@bus/core';
import { sumOf } from './format.ts';

const none: OutcomeCounts = {
  accepted: 0,
  inFlight: 0,
  ended: {
    handled: 0,
    failed: 0,
    rejected: 0,
    unroutable: 0,
    expired: 0,
    cancelled: 0,
    dropped: {},
    superseded: 0,
    forwarded: 0,
    'dead-lettered': 0,
  },
};

/** The outcomes of several buses as those of one. */
export function summed(all: readonly OutcomeCounts[]): OutcomeCounts {
  return all.reduce((sum, next) => {
    const dropped: Record<string, number> = { ...sum.ended.dropped };
    for (const [why, times] of Object.entries(next.ended.dropped)) {
      dropped[why] = (dropped[why] ?? 0) + times;
    }
    const ended = { ...sum.ended, dropped };
    for (const name of Object.keys(ended) as (keyof typeof ended)[]) {
      if (name !== 'dropped') ended[name] += next.ended[name];
    }
    return {
      accepted: sum.accepted + next.accepted,
      inFlight: sum.inFlight + next.inFlight,
      ended,
    };
  }, none);
}

/** The reason of what a lost process had accepted and not finished. */
const lostReason = 'process-lost';

/** The last that a lost process has told: what was in flight then has died with it. */
export function diedWithProcess({ accepted, inFlight, ended }: OutcomeCounts): OutcomeCounts {
  if (inFlight === 0) return { accepted, inFlight, ended };
  const dropped = { ...ended.dropped, [lostReason]: inFlight };
  return { accepted, inFlight: 0, ended: { ...ended, dropped } };
}

/** Whether everything accepted has ended in one outcome or is still in flight. */
export function isBalanced({ accepted, ended, inFlight }: OutcomeCounts): boolean {
  return accepted === sumOf(ended) + inFlight;
}
