import { transportWs } from '@bus/transport-ws';
import { single, spread } from './assembly.ts';
import { answerOrchestrator } from './modules/module.ts';
import type { Options } from './options.ts';
import { servePage } from './page-server.ts';
import { countingLog } from './parts/ending.ts';
import { Program } from './parts/program.ts';
import { Board } from './report/board.ts';
import { jsonReporter } from './report/json.ts';
import { linesReporter } from './report/lines.ts';
import { painter } from './report/paint.ts';
import type { Reporter } from './report/reporter.ts';
import { resultOf } from './report/result.ts';
import { tableReporter } from './report/table.ts';
import { tour } from './showcase/tour.ts';

/** The workload goes through its phases once a run, and again in long ones. */
const longestCycleMs = 30_000;

/** All that the page may ask, and be told. */
const forPage = {
  export: ['analysis.report', 'state.current'],
  import: [
    'meter.figures',
    'window.*',
    'state.changed',
    'advice.given',
    'system.health',
    'system.processes',
    'process.lost',
  ],
};

/** Runs the program to its end and returns the exit code. */
export async function run(options: Options): Promise<number> {
  const { dir, runMs, port } = options;
  const ending = new Ending();
  const write = safeWriter((reason) => ending.end(reason));
  const page = await servePage(port);
  const program = new Program(options.single ? single : spread, {
    settings: { dir, cycleMs: Math.min(runMs, longestCycleMs) },
    log: countingLog(),
    links: [transportWs({ listen: { server: page.server, path: '/bus' } }, forPage)],
  });
  const { bus } = program;
  const board = new Board(bus);
  answerOrchestrator(bus, 'board', { note: () => `state ${board.state}` });
  const findings = tour(bus);
  const reporter = reporterFor({ ...options, page: page.url }, program, board, write);
  ending.onForce(() => {
    reporter.abandon();
    program.abandon();
  });

  try {
    await program.start();
    const began = performance.now();
    board.begin();
    reporter.start();
    const endedBy = await ending.after(runMs);
    const ranMs = performance.now() - began;
    reporter.stopping(endedBy);
    const stopped = await program.stop(endedBy);
    const features = findings();
    const result = resultOf({
      program,
      board,
      features,
      page: page.url,
      stopped,
      ranMs,
      endedBy,
    });
    reporter.finish(result);
    return result.balanced ? 0 : 1;
  } finally {
    page.close();
    ending.release();
  }
}

function reporterFor(
  options: Options & { readonly page: string },
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

/** The run's time, Ctrl-C or a kill, whichever comes first; a second Ctrl-C ends it on the spot. */
class Ending {
  end: (reason: string) => void = () => undefined;
  readonly #ended = new Promise<string>((resolve) => {
    this.end = resolve;
  });
  #force: () => void = () => undefined;
  #interrupted = false;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    process.on('SIGINT', this.#interrupt).on('SIGTERM', this.#interrupt);
  }

  onForce(action: () => void): void {
    this.#force = action;
  }

  after(runMs: number): Promise<string> {
    // Without a timer of its own the program lives on by what the modules do.
    if (Number.isFinite(runMs)) this.#timer = setTimeout(() => this.end('time'), runMs);
    return this.#ended;
  }

  release(): void {
    clearTimeout(this.#timer);
    process.off('SIGINT', this.#interrupt).off('SIGTERM', this.#interrupt);
  }

  readonly #interrupt = (signal: NodeJS.Signals): void => {
    if (this.#interrupted) {
      this.#force();
      process.exit(130);
    }
    this.#interrupted = true;
    this.end(signal);
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
