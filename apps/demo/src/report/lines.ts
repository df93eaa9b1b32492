import type { WorkspaceBus } from '../assembly.ts';
import type { Board } from './board.ts';
import { duration, integer, seconds, sumOf } from './format.ts';
import { painter } from './paint.ts';
import type { Reporter } from './reporter.ts';
import { summary } from './summary.ts';

const everyMs = 1000;

/** A line each second, for pipes and logs. */
export function linesReporter(
  bus: WorkspaceBus,
  board: Board,
  write: (text: string) => void,
): Reporter {
  let timer: NodeJS.Timeout | undefined;
  const line = (): void => {
    const { outcomes } = bus.inspect();
    const { rawPerSecond = 0, latencyMs } = board.figures ?? {};
    const failed = sumOf(outcomes.ended) - outcomes.ended.handled;
    write(
      `${seconds(board.elapsedMs).padStart(8)}  ${board.state.padEnd(10)}  ` +
        `${integer(rawPerSecond).padStart(5)} raw/s  p50 ${duration(latencyMs?.p50 ?? 0)}  ` +
        `p99 ${duration(latencyMs?.p99 ?? 0)}  handled ${integer(outcomes.ended.handled)}  ` +
        `otherwise ${integer(failed)}  in flight ${integer(outcomes.inFlight)}\n`,
    );
  };
  return {
    start: () => {
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
