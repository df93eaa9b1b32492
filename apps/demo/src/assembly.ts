import type { Logger } from '@bus/core';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { routerRegex } from '@bus/router-regex';
import type { Workspace } from './contract.ts';
import { advisor } from './modules/advisor.ts';
import { analysis } from './modules/analysis.ts';
import { capture } from './modules/capture.ts';
import { meter } from './modules/meter.ts';
import { orchestrator } from './modules/orchestrator.ts';
import { storage } from './modules/storage.ts';
import { traffic } from './traffic.ts';

const eventsPerSecond = 2100;
/** What sampling comes down to while the workspace is overloaded. */
const easedEventsPerSecond = 1500;

/**
 * The whole program: one bus, its plugins, and the modules on it. A module gets the bus and its own
 * settings, and knows no other module; where each of them runs is decided here and nowhere else.
 */
export function assemble({ dir, log }: { readonly dir: string; readonly log: Logger }) {
  const bus = createBus<Workspace>({ id: 'workspace', log }).use(
    routerGlob(), // patterns such as 'raw.**'
    routerRegex(), // patterns such as /^raw\.(cpu|loop)\./
    pubsub(), // publish, publisher, subscribe
    correlation({ timeoutMs: 5000 }), // request, requestMany
    traffic(), // counts what is sent: a plugin of our own
  );

  const modules = [
    capture(bus, { dir, eventsPerSecond }), //   publishes raw.**
    storage(bus), //                             raw.** → batch.stored; streams storage.batches
    analysis(bus, 'analysis-1'), //              batch.stored → window.*; answers analysis.report
    analysis(bus, 'analysis-2'), //              shares the work with the one above
    advisor(bus), //                             window.* → state.changed, intervention.apply
    orchestrator(bus, { eventsPerSecond, easedEventsPerSecond }), // health, config, shutdown
    meter(bus), //                               raw.** → meter.figures, for the reports
  ];

  return {
    bus,
    async start(): Promise<void> {
      await bus.start();
      for (const module of modules) module.start?.();
    },
    /** The modules finish what they have begun, then the bus delivers what is still under way. */
    async stop(reason: string): Promise<Stopped> {
      // A module that does not finish must not keep the bus from stopping.
      const { finished, trouble } = await bus
        .request('orchestrator.shutdown', { reason })
        .then((reply) => ({ ...reply, trouble: undefined }))
        .catch((error: Error) => ({ finished: [], trouble: error.message }));
      const { inFlight } = bus.inspect().outcomes;
      const began = performance.now();
      await bus.stop({ drainMs: 5000 });
      return { finished, trouble, inFlight, drainedMs: performance.now() - began };
    },
  };
}

export type WorkspaceBus = ReturnType<typeof assemble>['bus'];

/** How the program came to its end. */
export interface Stopped {
  readonly finished: readonly string[];
  /** Why the modules were not waited for, if so. */
  readonly trouble: string | undefined;
  /** Messages still under way when the bus was told to stop, and how long they took. */
  readonly inFlight: number;
  readonly drainedMs: number;
}
