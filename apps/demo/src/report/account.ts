import type { Deliveries } from '../contract/deliveries.ts';
import type { LostPart } from '../parts/lost-part.ts';
import { duration, integer } from './format.ts';
import type { Result } from './result.ts';

/** The reliable deliveries, in one sentence. */
export function deliveriesText(deliveries: Omit<Deliveries, 'missing'>): string {
  const { published, acknowledged, handled, again, deadLetters, replayed } = deliveries;
  return (
    `${integer(published)} published, ${integer(acknowledged)} acknowledged at once or after retries, ` +
    `${integer(handled)} handled (${integer(again)} of them twice), ` +
    `dead letters: ${integer(deadLetters)}, replayed: ${integer(replayed)}`
  );
}

/** What is known of a process that was lost, and what is not. */
export function lostText({ pid, how, toldMsBefore, underWay, untold }: LostPart): string {
  const told =
    toldMsBefore === undefined
      ? 'it had told nothing of what it had counted'
      : `it told what it had counted ${duration(toldMsBefore)} before, ` +
        `${integer(underWay)} in flight then died with it`;
  return (
    `process ${pid}, lost: ${how}; ${told}; ` +
    `of ${integer(untold)} messages sent to it since nobody can tell`
  );
}

/** How often the hub's view of somebody changed. */
export function healthText({ health: { peers, endpoints } }: Result): string {
  return (
    `peers were suspect ${peers.suspect} times, down ${peers.down}, healthy again ${peers.healthy}; ` +
    `breakers opened ${endpoints.down} times, tried ${endpoints.recovering}, closed ${endpoints.healthy}`
  );
}
