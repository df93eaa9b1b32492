import type { FaultReport } from '../contract/faults.ts';
import type { SubjectState } from '../contract/health.ts';
import { duration } from './format.ts';

/** What was done. */
export function faultTitle({ fault, target }: Pick<FaultReport, 'fault' | 'target'>): string {
  const verbs = { kill: 'SIGKILL to', stall: 'SIGSTOP to', poison: 'poison in' };
  return `${verbs[fault]} ${target}`;
}

/** How the program took a fault so far, step by step. */
export function faultText(report: FaultReport): string {
  const { fault, causedMs, noticedMs, noticed, failoverMs, resumedMs, recoveredMs } = report;
  if (causedMs === undefined) return 'did not come to it';
  const steps: string[] = [];
  const step = (what: string, ms: number | undefined): void => {
    if (ms !== undefined) steps.push(`${what} after ${duration(ms)}`);
  };
  step(`noticed (${noticed})`, noticedMs);
  step('another answered', failoverMs);
  step('SIGCONT', resumedMs);
  step(fault === 'poison' ? 'replayed' : 'answers again', recoveredMs);
  return [...steps, requestsText(report)].join(', ');
}

function requestsText({ requests: { answered, slowestMs, failed, codes } }: FaultReport): string {
  const slowest = answered === 0 ? '' : `, the slowest in ${duration(slowestMs)}`;
  const why = failed === 0 ? '' : ` (${Object.keys(codes).join(', ')})`;
  return `requests meanwhile: ${answered} answered${slowest}, ${failed} failed${why}`;
}

/** Peers and endpoints that are not well, as a process sees them. */
export function ailing(health: readonly SubjectState[]): readonly SubjectState[] {
  return health.filter(({ state }) => state !== 'healthy');
}
