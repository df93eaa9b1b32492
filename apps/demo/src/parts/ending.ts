import type { Logger } from '@bus/core';
import type { WorkspaceBus } from '../assembly.ts';
import { reliabilityOf } from '../modules/presence.ts';
import type { PartEnd } from './control.ts';

const drainMs = 5000;

/** Stops a bus and says what there is left to know of it. */
export async function endOf(bus: WorkspaceBus, log: CountingLog): Promise<PartEnd> {
  const { inFlight } = bus.inspect().outcomes;
  await bus.stop({ drainMs });
  const { warnings } = log;
  const { outcomes } = bus.inspect();
  return { outcomes, sent: bus.sent(), inFlight, warnings, reliability: reliabilityOf(bus) };
}

/** A log that only counts. */
export interface CountingLog extends Logger {
  readonly warnings: number;
}

/** Handlers fail on purpose here, and the summary says how often: nothing is written meanwhile. */
export function countingLog(): CountingLog {
  let warnings = 0;
  const ignore = (): void => undefined;
  const warn = (): void => void warnings++;
  return {
    debug: ignore,
    info: ignore,
    warn,
    error: warn,
    get warnings() {
      return warnings;
    },
  };
}
