import type { Logger } from '@bus/core';
import type { WorkspaceBus } from './assembly.ts';
import { assemble } from './assembly.ts';
import type { Options } from './options.ts';
import { Board } from './report/board.ts';
import { jsonReporter } from './report/json.ts';
import { linesReporter } from './report/lines.ts';
import { painter } from './report/paint.ts';
import type { Reporter } from './report/reporter.ts';
import { resultOf } from './report/result.ts';
import { tableReporter } from './report/table.ts';
import { tour } from './showcase/tour.ts';

/** Runs the program to its end and returns the exit code. */
export async function run(options: Options): Promise<number> {
  const log = countingLog();
  const ending = endOf(options.runMs);
  const write = safeWriter((reason) => ending.end(reason));
  const program = assemble({ dir: options.dir, log });
  const { bus } = program;
  const board = new Board(bus);
  const findings = tour(bus, options);
  const reporter = reporterFor(options, bus, board, write);
  ending.onForce(() => reporter.abandon());

  const began = performance.now();
  await program.start();
  reporter.start();
  const endedBy = await ending.ended;
  const ranMs = performance.now() - began;
  reporter.stopping(endedBy);
  const stopped = await program.stop(endedBy);
  const { warnings } = log;
  const features = findings();
  const result = resultOf({ bus, board, features, stopped, ranMs, endedBy, warnings });
  reporter.finish(result);
  ending.release();
  return result.balanced ? 0 : 1;
}

function reporterFor(
  options: Options,
  bus: WorkspaceBus,
  board: Board,
  write: (text: string) => void,
): Reporter {
  if (options.json) return jsonReporter(write);
  const { stdout, env } = process;
  if (!stdout.isTTY || env.TERM === 'dumb') return linesReporter(bus, board, write);
  return tableReporter(bus, board, {
    ...options,
    write,
    paint: painter(!env.NO_COLOR),
    columns: () => stdout.columns || 80,
    rows: () => stdout.rows || 24,
  });
}

/** The run's time, Ctrl-C or a kill, whichever comes first; a second Ctrl-C ends it on the spot. */
function endOf(runMs: number) {
  let end: (reason: string) => void = () => undefined;
  let force: () => void = () => undefined;
  let interrupted = false;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const interrupt = (signal: NodeJS.Signals): void => {
    if (interrupted) {
      force();
      process.exit(130);
    }
    interrupted = true;
    end(signal);
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  // Without a timer of its own the program lives on by what the modules do.
  const timer = Number.isFinite(runMs) ? setTimeout(() => end('time'), runMs) : undefined;
  return {
    ended,
    end,
    onForce: (action: () => void) => {
      force = action;
    },
    release: () => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    },
  };
}

/** Writes to stdout; when nobody reads it any more, as under `| head`, the run ends in good order. */
function safeWriter(gone: (reason: string) => void): (text: string) => void {
  let open = true;
  process.stdout.on('error', () => {
    open = false;
    gone('closed output');
  });
  return (text) => {
    if (open) process.stdout.write(text);
  };
}

/** Handlers fail on purpose here, and the summary says how often: nothing is written meanwhile. */
function countingLog(): Logger & { readonly warnings: number } {
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
