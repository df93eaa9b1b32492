import type { WorkspaceBus } from '../assembly.ts';
import type { PlannedFault } from '../chaos/schedule.ts';
import { plannedText } from '../chaos/schedule.ts';
import type { Part } from '../parts/part.ts';
import type { Board } from './board.ts';
import { duration, integer, seconds, sumOf } from './format.ts';
import { painter } from './paint.ts';
import type { Reporter } from './reporter.ts';
import { summary } from './summary.ts';
import { summed } from './sums.ts';

const everyMs = 1000;

interface Shown {
  readonly dir: string;
  readonly planned: readonly PlannedFault[];
  readonly page: string;
  readonly parts: readonly Part[];
  write(text: string): void;
}

/** A line each second, for pipes and logs. */
export function linesReporter(
  bus: WorkspaceBus,
  board: Board,
  { dir, page, parts, planned, write }: Shown,
): Reporter {
  let timer: NodeJS.Timeout | undefined;
  const line = (): void => {
    const outcomes = summed(board.processes.map((process) => process.outcomes));
    const { rawPerSecond = 0, latencyMs } = board.figures ?? {};
    const { handled, forwarded } = outcomes.ended;
    const otherwise = sumOf(outcomes.ended) - handled - forwarded;
    write(
      `${seconds(board.elapsedMs).padStart(8)}  ${board.state.padEnd(10)}  ` +
        `${integer(rawPerSecond).padStart(5)} raw/s  p50 ${duration(latencyMs?.p50 ?? 0)}  ` +
        `p99 ${duration(latencyMs?.p99 ?? 0)}  handled ${integer(handled)}  ` +
        `sent on ${integer(forwarded)}  otherwise ${integer(otherwise)}  in flight ${integer(outcomes.inFlight)}\n`,
    );
  };
  const tell = (text: string): void => {
    write(`${seconds(board.elapsedMs).padStart(8)}  ${text}\n`);
  };
  bus.subscribe('process.lost', ({ payload: { id, reason } }) => {
    tell(`${id} is lost, the others go on: ${reason}`);
  });
  bus.subscribe('process.restarted', ({ payload: { id, pid, tookMs } }) => {
    tell(`${id} is back: process ${pid}, after ${duration(tookMs)}`);
  });
  bus.subscribe('health.changed', ({ payload: { kind, name, from, to, reason } }) => {
    // A busy machine makes any peer suspect now and then: how often, the summary says.
    const isHarmed = board.faults.some(
      ({ target, causedMs, recoveredMs }) =>
        target === name && causedMs !== undefined && recoveredMs === undefined,
    );
    if (kind === 'endpoint' || isHarmed) tell(`${kind} ${name}: ${from} → ${to} (${reason})`);
  });
  bus.subscribe('dead-letter.kept', ({ payload: { by, topic, attempts } }) => {
    tell(`${by} gave up a message of ${topic} after ${attempts} attempts: a dead letter`);
  });
  bus.subscribe('dead-letter.replayed', ({ payload: { by, replayed } }) => {
    tell(`${by} replayed ${replayed} of its dead letters`);
  });
  return {
    start: () => {
      write(`workspace monitor: modules that know only the bus, watching ${dir}; Ctrl-C to end\n`);
      write(`    page  ${page}\n`);
      for (const { place, pid } of parts) write(`          ${place.id}: ${place.runs} ${pid}\n`);
      for (const fault of planned) write(`   chaos  ${plannedText(fault)}\n`);
      timer = setInterval(line, everyMs);
    },
    stopping: (reason) => {
      clearInterval(timer);
      tell(`stopping: ${reason}`);
    },
    finish: (result) => write(summary(result, painter(false))),
    abandon: () => undefined,
  };
}
