import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '@bus/metrics';
import type { WorkspaceBus } from '../assembly.ts';
import type { Exhibit } from './finding.ts';
import { count } from './finding.ts';

const alertsTold = 4;
const throws = 'tour.throws';

/** A subscriber that throws at every message, between two that do not. */
export function throwing(bus: WorkspaceBus): Exhibit {
  let threw = 0;
  let opened = 0;
  const others = { before: 0, after: 0 };
  bus.subscribe('batch.stored', () => void others.before++, { name: 'tour.before' });
  bus.subscribe(
    'batch.stored',
    () => {
      threw++;
      throw new Error('thrown on purpose');
    },
    { name: throws },
  );
  bus.subscribe('batch.stored', () => void others.after++, { name: 'tour.after' });
  // It has no equal that could stand in, so it still gets what there is.
  bus.subscribe('health.changed', ({ payload: { name, to } }) => {
    if (name === throws && to === 'down') opened++;
  });
  return {
    feature: 'throwing handler',
    finding: () =>
      `failed ${count(threw)} times, its breaker opened ${count(opened)} times; its neighbours ` +
      `before and after it handled ${count(others.before)} and ${count(others.after)}`,
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

/** What the hub's figures gave the alarm for. */
export function alerts(bus: WorkspaceBus): Exhibit {
  const raised = new Map<string, number>();
  bus.subscribe('$bus.alert', ({ payload }) => {
    const { rule, subject } = payload as Alert;
    const about = `${rule} at ${subject}`;
    raised.set(about, (raised.get(about) ?? 0) + 1);
  });
  return {
    feature: 'alerts',
    finding: () =>
      [...raised]
        .sort(([, a], [, b]) => b - a)
        .slice(0, alertsTold)
        .map(([about, times]) => `${about} (${times})`)
        .join(', ') || 'none raised',
  };
}
