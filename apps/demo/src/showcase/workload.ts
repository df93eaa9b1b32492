import type { WorkspaceBus } from '../assembly.ts';
import type { Work } from '../contract/figures.ts';
import type { Exhibit } from './finding.ts';
import { count } from './finding.ts';

/** What kept the workspace busy, wherever it ran. */
export function workload(bus: WorkspaceBus): Exhibit {
  let work: Work = { files: 0, bytes: 0, workedMs: 0 };
  bus.subscribe('workload.figures', ({ payload }) => {
    work = payload;
  });
  return {
    feature: 'workload',
    finding: () =>
      `hashed ${count(work.files)} files (${count(work.bytes / (1 << 20))} MiB) in ` +
      `${count(work.workedMs)} ms, to have states to show`,
  };
}
