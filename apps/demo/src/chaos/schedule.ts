import type { FaultKind } from '../contract/faults.ts';

/** A fault that will be caused, at this time of the run or when the one before it is over. */
export interface PlannedFault {
  readonly fault: FaultKind;
  /** The place, or for a poisoned message the topic. */
  readonly target: string;
  readonly atMs: number;
  /** How long it lasts, where it is taken back. */
  readonly forMs?: number;
}

/** Of longer runs, this much of the beginning counts as the run. */
const longestRunMs = 30_000;
/** Below the time after which health closes a silent link, so that this one stays. */
const longestStallMs = 700;

/** Windows has no signals to stop a process and have it go on. */
export function canStall(platform: NodeJS.Platform): boolean {
  return platform !== 'win32';
}

/** What happens in the middle third of a run: always the same for a run of the same length. */
export function chaosSchedule(
  runMs: number,
  can: {
    /** The places may be killed. */
    readonly kill: readonly string[];
    /** The platform can stop a process and have it go on. */
    readonly stall: boolean;
  },
): readonly PlannedFault[] {
  const middleMs = Math.min(runMs, longestRunMs) / 3;
  const at = (share: number): number => Math.round(middleMs * (1 + share));
  const [first, second] = can.kill;
  const plan: PlannedFault[] = [];
  if (first !== undefined) plan.push({ fault: 'kill', target: first, atMs: at(0) });
  if (second !== undefined && can.stall) {
    const forMs = Math.round(Math.min(longestStallMs, middleMs / 4));
    plan.push({ fault: 'stall', target: second, atMs: at(0.4), forMs });
  }
  return [...plan, { fault: 'poison', target: 'batch.stored', atMs: at(0.7) }];
}

/** `6.7 s: kill analysis-1`. */
export function plannedText({ fault, target, atMs, forMs }: PlannedFault): string {
  const what = {
    kill: `kill ${target}`,
    stall: `stop ${target} for ${forMs} ms`,
    poison: `poison a message of ${target}`,
  }[fault];
  return `${(atMs / 1000).toFixed(1)} s: ${what}`;
}
