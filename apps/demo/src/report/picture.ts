import type { EndpointView } from '@bus/core';
import type { WorkspaceBus } from '../assembly.ts';
import type { PlannedFault } from '../chaos/schedule.ts';
import { plannedText } from '../chaos/schedule.ts';
import type { Latency } from '../contract/figures.ts';
import type { ProcessState } from '../contract/processes.ts';
import type { State } from '../contract/windows.ts';
import type { Board } from './board.ts';
import { ailing, faultText, faultTitle } from './faults.ts';
import { duration, integer, outcomesOf, seconds } from './format.ts';
import type { Paint } from './paint.ts';
import { summed } from './sums.ts';

const labelWidth = 14;
const ailmentsShown = 4;

/** What is the same in all pictures of a run. */
export interface Subject {
  readonly dir: string;
  readonly runMs: number;
  readonly page: string;
  readonly planned: readonly PlannedFault[];
  readonly paint: Paint;
}

/** The lines of the table, as things are now. */
export function picture(bus: WorkspaceBus, board: Board, subject: Subject, hint: string): string[] {
  const { paint, dir, runMs, page, planned } = subject;
  const { processes } = board;
  const outcomes = summed(processes.map((process) => process.outcomes));
  const { rawPerSecond = 0, perTopic, latencyMs, rawEvents = 0 } = board.figures ?? {};
  const rows = (label: string, texts: readonly string[]): string[] =>
    texts.map((text, at) => paint.dim((at === 0 ? label : '').padEnd(labelWidth)) + text);
  const until = runMs === Number.POSITIVE_INFINITY ? '' : ` of ${seconds(runMs)}`;
  const files = perTopic?.['raw.fs.changed'] ?? 0;
  return [
    `${paint.bold('workspace monitor')}  ${dir}`,
    paint.dim(`${seconds(board.elapsedMs)}${until} · ${hint}`),
    `${paint.dim('in a browser: ')}${page}`,
    '',
    ...rows('state', [painted(board.state, paint)]),
    ...rows('raw events', [
      `${integer(rawPerSecond)} a second, ${integer(rawEvents)} in all, ${integer(files)} of files`,
    ]),
    ...rows('latency', [latencyMs === undefined ? '' : percentiles(latencyMs)]),
    ...rows('in flight', [
      `${integer(outcomes.inFlight).padEnd(6)}${longestQueues(bus.endpoints())}`,
    ]),
    ...rows('outcomes', inPairs(outcomesOf(outcomes.ended))),
    '',
    ...rows(
      'news',
      board.news.map(({ atMs, text }) => `${seconds(atMs).padStart(7)}  ${text}`),
    ),
    '',
    ...rows(
      'processes',
      processes.map((process) => processLine(process, paint)),
    ),
    ...rows('not well', ailments(board, paint)),
    ...rows('reliable', [reliableLine(board, paint)]),
    ...rows('faults', faultLines(board, planned)),
    '',
    ...rows(
      'modules',
      board.health.map(({ module, note }) => `${module.padEnd(12)}${note}`),
    ),
  ];
}

function ailments({ processes }: Board, paint: Paint): string[] {
  const lines = processes.flatMap(({ id, health }) =>
    ailing(health).map(
      ({ name, state, reason }) => `${id.padEnd(12)}${paint.warn(state)} ${name}: ${reason}`,
    ),
  );
  return lines.length === 0 ? ['nobody'] : lines.slice(0, ailmentsShown);
}

function reliableLine({ deliveries, processes }: Board, paint: Paint): string {
  if (deliveries === undefined) return '';
  const { published, handled, deadLetters, replayed } = deliveries;
  const retries = processes.reduce((sum, { reliability }) => sum + reliability.retries, 0);
  const letters = `dead letters ${deadLetters}, replayed ${replayed}`;
  return (
    `${integer(published)} published, ${integer(handled)} handled, ${integer(retries)} retries, ` +
    (deadLetters > replayed ? paint.warn(letters) : letters)
  );
}

function faultLines({ faults }: Board, planned: readonly PlannedFault[]): string[] {
  return planned.map((plan, at) => {
    const report = faults[at];
    return report?.causedMs === undefined
      ? plannedText(plan)
      : `${faultTitle(report)}: ${faultText(report)}`;
  });
}

function processLine({ id, pid, runs, state, outcomes }: ProcessState, paint: Paint): string {
  const { handled, forwarded } = outcomes.ended;
  const is = state === 'up' ? paint.good(state.padEnd(8)) : paint.bad(state.padEnd(8));
  return (
    `${id.padEnd(12)}${is}${runs.padEnd(9)}pid ${String(pid).padEnd(9)}` +
    `handled ${integer(handled).padStart(9)}   sent on ${integer(forwarded).padStart(9)}`
  );
}

function percentiles(latency: Latency): string {
  return (['p50', 'p95', 'p99', 'max'] as const)
    .map((name) => `${name} ${duration(latency[name]).padEnd(11)}`)
    .join('');
}

function longestQueues(endpoints: readonly EndpointView[]): string {
  return endpoints
    .filter(({ pending }) => pending > 1)
    .sort((a, b) => b.pending - a.pending)
    .slice(0, 3)
    .map(({ name, pattern, pending }) => `${pending} at ${name ?? pattern}`)
    .join(', ');
}

function inPairs(outcomes: readonly (readonly [string, number])[]): string[] {
  const cells = outcomes.map(
    ([outcome, times]) => `${outcome.padEnd(21)}${integer(times).padStart(10)}`,
  );
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += 2) lines.push(cells.slice(at, at + 2).join('   '));
  return lines;
}

function painted(state: State, paint: Paint): string {
  if (state === 'overloaded') return paint.bad(state);
  return state === 'active' ? paint.warn(state) : paint.good(state);
}
