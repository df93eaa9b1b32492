import { setTimeout as sleep } from 'node:timers/promises';
import { transportWs } from '@bus/transport-ws';
import type { Place, WorkspaceBus } from './assembly.ts';
import { single, spread } from './assembly.ts';
import { Chaos } from './chaos/chaos.ts';
import type { PlannedFault } from './chaos/schedule.ts';
import { chaosSchedule } from './chaos/schedule.ts';
import { answerOrchestrator } from './modules/module.ts';
import type { Options } from './options.ts';
import { servePage } from './page-server.ts';
import { countingLog } from './parts/ending.ts';
import { Program } from './parts/program.ts';
import { Board } from './report/board.ts';
import { DeliveryCheck } from './report/deliveries.ts';
import { jsonReporter } from './report/json.ts';
import { linesReporter } from './report/lines.ts';
import { painter } from './report/paint.ts';
import type { Reporter } from './report/reporter.ts';
import { resultOf } from './report/result.ts';
import { tableReporter } from './report/table.ts';
import { tour } from './showcase/tour.ts';

/** What ends a run that nobody has interrupted. */
const byTime = 'time';
/** The workload goes through its phases once a run, and again in long ones. */
const longestCycleMs = 30_000;
/** How long a process may take to tell its figures. */
const metricsWithinMs = 5000;
const metricsAgainMs = 100;

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
    'process.restarted',
    'health.changed',
    'dead-letter.*',
    'chaos.faults',
    'system.deliveries',
  ],
};

/** Runs the program to its end and returns the exit code. */
export async function run(options: Options): Promise<number> {
  const { dir, runMs, port } = options;
  const places = options.single ? single : spread;
  const planned = options.chaos ? chaosFor(runMs, places) : [];
  const ending = new Ending();
  const write = safeWriter((reason) => ending.end(reason));
  const page = await servePage(port);
  const program = new Program(places, {
    settings: { dir, cycleMs: Math.min(runMs, longestCycleMs) },
    log: countingLog(),
    links: [transportWs({ listen: { server: page.server, path: '/bus' } }, forPage)],
  });
  const { bus } = program;
  const board = new Board(bus);
  answerOrchestrator(bus, 'board', { note: () => `state ${board.state}` });
  const findings = tour(bus);
  const check = new DeliveryCheck(bus);
  const chaos = new Chaos(bus, planned, (id) => program.pidOf(id));
  page.metrics = (name) => metricsOf(bus, places, name);
  const reporter = reporterFor({ ...options, planned, page: page.url }, program, board, write);
  ending.onForce(() => {
    reporter.abandon();
    program.abandon();
  });

  try {
    await program.start();
    const began = performance.now();
    board.begin();
    check.begin();
    chaos.begin();
    reporter.start();
    const endedBy = await ending.after(runMs);
    const ranMs = performance.now() - began;
    reporter.stopping(endedBy);
    await chaos.end(endedBy !== byTime);
    const health = board.history;
    const stopped = await program.stop(endedBy);
    check.end();
    const features = findings();
    const result = resultOf({
      program,
      board,
      chaos: { planned, faults: chaos.faults },
      deliveries: check.deliveries,
      health,
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

const isAnalysis = (module: string): boolean => module.startsWith('analysis');

function chaosFor(runMs: number, places: readonly Place[]): readonly PlannedFault[] {
  const kill = places
    .filter(({ runs, modules }) => runs === 'process' && modules.some(isAnalysis))
    .map(({ id }) => id);
  return chaosSchedule(runMs, { kill, stall: process.platform !== 'win32' });
}

/** The figures of one process for Prometheus; undefined where there is none of that name. */
async function metricsOf(
  bus: WorkspaceBus,
  places: readonly Place[],
  name: string = bus.id,
): Promise<string | undefined> {
  if (name === bus.id) return bus.metrics.prometheus();
  if (!places.some(({ id }) => id === name)) return undefined;
  const signal = AbortSignal.timeout(metricsWithinMs);
  for (;;) {
    for await (const { id, text } of bus.requestMany('process.metrics', {}, { signal })) {
      if (id === name) return text;
    }
    // One that is silent for a moment was not asked.
    await sleep(metricsAgainMs, undefined, { signal });
  }
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
    if (Number.isFinite(runMs)) this.#timer = setTimeout(() => this.end(byTime), runMs);
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
