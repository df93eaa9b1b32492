import { expect, test } from 'vitest';
import { lostPart } from '../src/parts/lost-part.ts';
import type { Part } from '../src/parts/part.ts';
import { summed } from '../src/report/sums.ts';

/** A part that was lost at 1000, having told at 950 that it had received so many messages. */
function part(received: number | undefined): Part {
  const link = { peer: 'hub', sent: 5, received: received ?? 0, broken: 0 };
  const outcomes = { ...summed([]), accepted: 3, inFlight: 3 };
  const place = { id: 'analysis-1', runs: 'process', modules: [] } as const;
  const last =
    received === undefined ? undefined : { at: 950, counts: { outcomes, links: [link] } };
  return { place, pid: 7, lost: 'SIGKILL', lostAt: 1000, last } as unknown as Part;
}

test('what it had not told is what the hub had sent it since', () => {
  const hub = { peer: 'analysis-1', sent: 12, received: 6, broken: 1 };
  expect(lostPart(part(10), hub)).toMatchObject({
    id: 'analysis-1',
    how: 'SIGKILL',
    toldMsBefore: 50,
    underWay: 3,
    untold: 2,
    plausible: true,
  });
});

test('one that never told anything may have died with all it was sent', () => {
  const hub = { peer: 'analysis-1', sent: 12, received: 6, broken: 1 };
  const lost = lostPart(part(undefined), hub);
  expect(lost).toMatchObject({ toldMsBefore: undefined, outcomes: undefined, untold: 12 });
});

test('it cannot have received more than the hub has sent', () => {
  const hub = { peer: 'analysis-1', sent: 12, received: 6, broken: 1 };
  expect(lostPart(part(13), hub).plausible).toBe(false);
});
