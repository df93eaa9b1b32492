import type { Bus } from '@bus/core';
import type { ProcessReport, Workspace } from '../contract.ts';

/** Answers for a whole process: what it is, and that its modules begin. */
export function presence(
  bus: Bus<Workspace>,
  { runs, modules, start }: Pick<ProcessReport, 'runs' | 'modules'> & { start(): void },
): void {
  const { pid } = process;
  bus.handle(
    'process.report',
    () => ({ id: bus.id, pid, runs, modules, outcomes: bus.inspect().outcomes }),
    { name: 'process.report' },
  );
  let started = false;
  bus.handle(
    'system.start',
    () => {
      if (started) return;
      started = true;
      start();
    },
    { name: 'system.start' },
  );
}
