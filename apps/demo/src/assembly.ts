import { batch } from '@bus/batch';
import type { Logger, Plugin } from '@bus/core';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { health } from '@bus/health';
import { metrics } from '@bus/metrics';
import { pubsub } from '@bus/pubsub';
import { reliable } from '@bus/reliable';
import { routerGlob } from '@bus/router-glob';
import { routerRegex } from '@bus/router-regex';
import type { ProcessReport } from './contract/processes.ts';
import type { Workspace } from './contract.ts';
import { advisor } from './modules/advisor.ts';
import { analysis } from './modules/analysis.ts';
import { capture } from './modules/capture.ts';
import { census } from './modules/census.ts';
import { meter } from './modules/meter.ts';
import type { Module } from './modules/module.ts';
import { orchestrator } from './modules/orchestrator.ts';
import { presence } from './modules/presence.ts';
import { storage } from './modules/storage.ts';
import { workload } from './modules/workload.ts';
import { traffic } from './traffic.ts';

const eventsPerSecond = 2100;
/** What sampling comes down to while the workspace is overloaded. */
const easedEventsPerSecond = 1500;

/** What the modules are told about this run. */
export interface Settings {
  readonly dir: string;
  /** How often the workload goes through its phases. */
  readonly cycleMs: number;
}

/** The modules. Each gets the bus and its own settings, and knows no other module. */
const modules = {
  capture: (bus, { dir }) => capture(bus, { dir, eventsPerSecond }), // publishes raw.**
  workload: (bus, settings) => workload(bus, settings), //              something for capture to see
  storage: (bus) => storage(bus), //                  raw.** → batch.stored; streams storage.batches
  'analysis-1': (bus) => analysis(bus, 'analysis-1'), // batch.stored → window.*; analysis.report
  'analysis-2': (bus) => analysis(bus, 'analysis-2'), // shares the work with the one above
  advisor: (bus) => advisor(bus), //                     window.* → state.changed, intervention.apply
  meter: (bus) => meter(bus), //                         raw.** → meter.figures, for the reports
  orchestrator: (bus) => orchestrator(bus, { eventsPerSecond, easedEventsPerSecond }),
  census: (bus) => census(bus), //                       who is there → system.processes
} satisfies Record<string, (bus: WorkspaceBus, settings: Settings) => Module>;

/** One process, or one thread, and the modules in it. */
export interface Place {
  readonly id: string;
  readonly runs: ProcessReport['runs'];
  readonly modules: readonly (keyof typeof modules)[];
}

/**
 * Where the modules run: to move one, move its name. All are linked to the hub, which is the program
 * itself. They end in this order, so that whoever sends ends before whoever it sends to.
 */
export const spread: readonly Place[] = [
  { id: 'capture', runs: 'process', modules: ['capture', 'workload'] },
  { id: 'storage', runs: 'process', modules: ['storage'] },
  { id: 'analysis-1', runs: 'process', modules: ['analysis-1'] },
  { id: 'analysis-2', runs: 'process', modules: ['analysis-2'] },
  { id: 'advisor', runs: 'process', modules: ['advisor'] },
  { id: 'meter', runs: 'thread', modules: ['meter'] },
  { id: 'hub', runs: 'main', modules: ['orchestrator', 'census'] },
];

/** The same modules in one process: `--single`. */
export const single: readonly Place[] = [
  { id: 'workspace', runs: 'main', modules: spread.flatMap((place) => place.modules) },
];

/** One bus with its plugins and the modules on it; the links say what else it is joined to. */
export function assemble(
  place: Place,
  { settings, log, links }: { settings: Settings; log: Logger; links: readonly Plugin[] },
): WorkspaceBus {
  const bus = busOf(place.id, log).use(...links);
  const made = place.modules.map((name) => modules[name](bus, settings));
  presence(bus, {
    ...place,
    start: () => {
      for (const module of made) module.start?.();
    },
  });
  return bus;
}

function busOf(id: string, log: Logger) {
  return createBus<Workspace>({ id, log }).use(
    routerGlob(), // patterns such as 'raw.**'
    routerRegex(), // patterns such as /^raw\.(cpu|loop)\./
    pubsub(), // publish, publisher, subscribe
    correlation({ timeoutMs: 5000 }), // request, requestMany
    health({ downMs: 3000 }), // who is well, and who gets messages while others are not
    reliable(), // delivery: 'reliable', deadLetters
    batch(), // listeners that take many messages at once
    metrics(), // figures, also for Prometheus
    traffic(), // counts what is sent: a plugin of our own
  );
}

export type WorkspaceBus = ReturnType<typeof busOf>;
