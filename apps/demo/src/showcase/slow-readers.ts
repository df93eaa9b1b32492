import { setTimeout as sleep } from 'node:timers/promises';
import type { Priority } from '@bus/core';
import type { WorkspaceBus } from '../assembly.ts';
import type { Exhibit } from './finding.ts';
import { count } from './finding.ts';

/** A reader that cannot keep up: what is urgent overtakes, and the least urgent is given up first. */
export function priorities(bus: WorkspaceBus): Exhibit {
  const sent: Record<Priority, number> = { high: 0, normal: 0, low: 0 };
  const read: Record<Priority, number> = { high: 0, normal: 0, low: 0 };
  let newest = 0;
  let overtaken = 0;
  bus.subscribe('raw.*.sample', ({ priority }) => void sent[priority]++, { name: 'tour.readings' });
  bus.subscribe(
    'raw.*.sample',
    async ({ priority, payload }) => {
      read[priority]++;
      if (payload.at < newest) overtaken++;
      else newest = payload.at;
      await sleep(1);
    },
    { name: 'tour.slow-reader', capacity: 64, overflow: 'drop-oldest' },
  );
  const share = (priority: Priority): string => {
    const percent = sent[priority] === 0 ? 0 : (100 * read[priority]) / sent[priority];
    return `${percent.toFixed(percent < 10 ? 1 : 0)} % of ${priority}`;
  };
  return {
    feature: 'priorities',
    finding: () =>
      `a reader too slow for all got ${share('high')}, ${share('normal')} and ${share('low')} ` +
      `priority; ${count(overtaken)} messages were overtaken`,
  };
}

/** A gauge that is repainted at its own pace, always with the newest reading of each topic. */
export function latestOnly(bus: WorkspaceBus): Exhibit {
  let painted = 0;
  let superseded = 0;
  bus.subscribe(
    'raw.*.sample',
    async (message) => {
      painted++;
      superseded += message.missed;
      await sleep(50);
    },
    { name: 'tour.gauge', mode: 'latest', key: (message) => message.topic },
  );
  return {
    feature: 'latest-only',
    finding: () =>
      `a gauge painted ${count(painted)} readings, ${count(superseded)} were superseded by newer ones`,
  };
}

/** `for await` over the same delivery path; leaving the loop unsubscribes. */
export function iteration(bus: WorkspaceBus): Exhibit {
  let windows = 0;
  let events = 0;
  const stream = bus.subscribe('window.*', { name: 'tour.iterator', capacity: 16 });
  void (async () => {
    for await (const { payload } of stream) {
      windows++;
      events += payload.events;
    }
  })();
  return {
    feature: 'for await',
    finding: () => `${count(windows)} windows iterated over, of ${count(events)} raw events`,
    finish: () => stream[Symbol.asyncDispose](),
  };
}
