import type { WorkspaceBus } from '../assembly.ts';
import type { Exhibit } from './finding.ts';
import { count, counted } from './finding.ts';

/** An exact topic, a glob and a RegExp, each counting what it is given. */
export function patterns(bus: WorkspaceBus): Exhibit {
  const seen = { exact: 0, glob: 0, regex: 0 };
  bus.subscribe('raw.cpu.sample', () => void seen.exact++, { name: 'tour.exact' });
  bus.subscribe('raw.{cpu,loop,memory}.sample', () => void seen.glob++, { name: 'tour.glob' });
  bus.subscribe(/^raw\.(cpu|loop)\./, () => void seen.regex++, { name: 'tour.regex' });
  return {
    feature: 'topic, glob, regex',
    finding: () =>
      `raw.cpu.sample ${count(seen.exact)}, raw.{cpu,loop,memory}.sample ${count(seen.glob)}, ` +
      `/^raw\\.(cpu|loop)\\./ ${count(seen.regex)}`,
  };
}

/** The two analysis modules are one group: each window goes to one of them. */
export function groups(bus: WorkspaceBus): Exhibit {
  const share = new Map<string, number>();
  let stored = 0;
  bus.subscribe('batch.stored', () => void stored++, { name: 'tour.batches' });
  bus.subscribe('window.*', ({ payload: { by } }) => void share.set(by, (share.get(by) ?? 0) + 1));
  return {
    feature: 'groups',
    finding: () => {
      const shares = [...share].map(([by, windows]) => `${by} took ${windows}`);
      return `of ${count(stored)} batches ${shares.join(', ')}`;
    },
  };
}

/** Only late readings of the event loop pass. */
export function filters(bus: WorkspaceBus): Exhibit {
  const lateMs = 10;
  let all = 0;
  let late = 0;
  bus.subscribe('raw.loop.sample', () => void all++, { name: 'tour.loop' });
  bus.subscribe('raw.loop.sample', () => void late++, {
    name: 'tour.late-loop',
    filter: { where: ({ payload }) => payload.delayMs >= lateMs },
  });
  return {
    feature: 'filter',
    finding: () =>
      `let through the ${count(late)} of ${count(all)} loop readings ≥ ${lateMs} ms late`,
  };
}

/** A subscription that stops itself, and one that is for one message only. */
export function unsubscribing(bus: WorkspaceBus): Exhibit {
  const enough = 500;
  let received = 0;
  let published = 0;
  let heard = 0;
  bus.subscribe('raw.memory.sample', () => void published++, { name: 'tour.memory' });
  const subscription = bus.subscribe(
    'raw.memory.sample',
    () => {
      if (++received === enough) subscription.stop();
    },
    { name: 'tour.leaves-early' },
  );
  bus.subscribe('system.health', () => void heard++, { name: 'tour.once', once: true });
  return {
    feature: 'unsubscribe',
    finding: () =>
      `left after ${count(received)} readings, got none of the ${count(published - received)} that ` +
      `followed; 'once' heard ${counted(heard, 'health round')}`,
  };
}
