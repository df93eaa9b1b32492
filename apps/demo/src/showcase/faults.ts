import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkspaceBus } from '../assembly.ts';
import type { Exhibit } from './finding.ts';
import { count } from './finding.ts';

/** A subscriber that throws at every message, between two that do not. */
export function throwing(bus: WorkspaceBus): Exhibit {
  let threw = 0;
  const others = { before: 0, after: 0 };
  bus.subscribe('batch.stored', () => void others.before++, { name: 'tour.before' });
  bus.subscribe(
    'batch.stored',
    () => {
      threw++;
      throw new Error('thrown on purpose');
    },
    { name: 'tour.throws' },
  );
  bus.subscribe('batch.stored', () => void others.after++, { name: 'tour.after' });
  return {
    feature: 'throwing handler',
    finding: () =>
      `failed ${count(threw)} times; its neighbours before and after it handled ` +
      `${count(others.before)} and ${count(others.after)}`,
  };
}

/** A subscriber that takes longer than it may: each run ends as expired, and its signal says so. */
export function hanging(bus: WorkspaceBus): Exhibit {
  const timeoutMs = 100;
  let begun = 0;
  let told = 0;
  bus.subscribe(
    'system.health',
    async ({ signal }) => {
      begun++;
      await sleep(10_000, undefined, { signal }).catch(() => void told++);
    },
    { name: 'tour.hangs', timeoutMs },
  );
  return {
    feature: 'hanging handler',
    finding: () =>
      `begun ${begun} times, given up after ${timeoutMs} ms, told by its signal ${told} times`,
  };
}
