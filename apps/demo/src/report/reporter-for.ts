import type { PlannedFault } from '../chaos/schedule.ts';
import type { Options } from '../options.ts';
import type { Program } from '../parts/program.ts';
import type { Board } from './board.ts';
import { jsonReporter } from './json.ts';
import { linesReporter } from './lines.ts';
import { painter } from './paint.ts';
import type { Reporter } from './reporter.ts';
import { tableReporter } from './table.ts';

/** JSON if that is asked for; else a table in a terminal, and lines everywhere else. */
export function reporterFor(
  options: Options & { readonly page: string; readonly planned: readonly PlannedFault[] },
  { bus, parts }: Program,
  board: Board,
  write: (text: string) => void,
): Reporter {
  if (options.json) return jsonReporter(write);
  const { stdout, env } = process;
  if (!stdout.isTTY || env.TERM === 'dumb') {
    return linesReporter(bus, board, { ...options, parts, write });
  }
  return tableReporter(bus, board, {
    ...options,
    write,
    paint: painter(!env.NO_COLOR),
    columns: () => stdout.columns || 80,
    rows: () => stdout.rows || 24,
  });
}

/** Writes to stdout; when nobody reads it any more, as under `| head`, the run ends in good order. */
export function safeWriter(gone: (reason: string) => void): (text: string) => void {
  let open = true;
  process.stdout.on('error', () => {
    open = false;
    gone('closed output');
  });
  return (text) => {
    if (open) process.stdout.write(text);
  };
}
