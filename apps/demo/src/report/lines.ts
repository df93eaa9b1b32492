import type { WorkspaceBus } from '../assembly.ts';
import type { Part } from '../parts/part.ts';
import type { Board } from './board.ts';
import { duration, integer, seconds, sumOf } from './format.ts';
import { painter } from './paint.ts';
import type { Reporter } from './reporter.ts';
import { summary } from './summary.ts';
import { summed } from './sums.ts';

const everyMs = 1000;

interface Shown {
  readonly page: string;
  readonly parts: readonly Part[];
  write(text: string): void;
}

/** A line each second, for pipes and logs. */
export function linesReporter(
  bus: WorkspaceBus,
  board: Board,
  { page, parts, write }: Shown,
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
  bus.subscribe('process.lost', ({ payload: { id, reason } }) => {
    write(`${seconds(board.elapsedMs).padStart(8)}  ${id} is lost, the others go on: ${reason}\n`);
  });
  return {
    start: () => {
      write(`    page  ${page}\n`);
      for (const { place, pid } of parts) write(`          ${place.id}: ${place.runs} ${pid}\n`);
      timer = setInterval(line, everyMs);
    },
    stopping: (reason) => {
      clearInterval(timer);
      write(`${seconds(board.elapsedMs).padStart(8)}  stopping: ${reason}\n`);
    },
    finish: (result) => write(summary(result, painter(false))),
    abandon: () => undefined,
  };
}
