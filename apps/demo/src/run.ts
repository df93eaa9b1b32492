import { transportWs } from '@bus/transport-ws';
import type { Place } from './assembly.ts';
import { single, spread } from './assembly.ts';
import { Chaos } from './chaos/chaos.ts';
import type { PlannedFault } from './chaos/schedule.ts';
import { canStall, chaosSchedule } from './chaos/schedule.ts';
import { answerOrchestrator } from './modules/module.ts';
import type { Options } from './options.ts';
import { pageBorder } from './page-border.ts';
import { servePage } from './page-server.ts';
import { countingLog } from './parts/ending.ts';
import { Program } from './parts/program.ts';
import { metricsOf } from './process-metrics.ts';
import { Board } from './report/board.ts';
import { DeliveryCheck } from './report/deliveries.ts';
import { reporterFor, safeWriter } from './report/reporter-for.ts';
import { resultOf } from './report/result.ts';
import { byTime, RunEnd } from './run-end.ts';
import { tour } from './showcase/tour.ts';

/** The workload goes through its phases once a run, and again in long ones. */
const longestCycleMs = 30_000;

/** Runs the program to its end and returns the exit code. */
export async function run(options: Options): Promise<number> {
  const { dir, runMs, port } = options;
  const places = options.single ? single : spread;
  const planned = options.chaos ? chaosFor(runMs, places) : [];
  const ending = new RunEnd();
  const write = safeWriter((reason) => ending.end(reason));
  const page = await servePage(port);
  const program = new Program(places, {
    settings: { dir, cycleMs: Math.min(runMs, longestCycleMs) },
    log: countingLog(),
    links: [transportWs({ listen: { server: page.server, path: '/bus' } }, pageBorder)],
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

const isAnalysis = (module: string): boolean => module.startsWith('analysis');

function chaosFor(runMs: number, places: readonly Place[]): readonly PlannedFault[] {
  const kill = places
    .filter(({ runs, modules }) => runs === 'process' && modules.some(isAnalysis))
    .map(({ id }) => id);
  return chaosSchedule(runMs, { kill, stall: canStall(process.platform) });
}
