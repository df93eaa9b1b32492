import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import type { ModuleHealth } from '../contract/health.ts';
import type { Workspace } from '../contract.ts';
import type { Module } from './module.ts';

const healthEveryMs = 1000;
const mostShutdowns = 10;
const shutdownAgainMs = 200;
/** How long what was given up waits to be looked at. */
const repairAfterMs = 1000;

/** Checks the modules' health, changes their configuration, and shuts them down in good order. */
export function orchestrator(
  bus: Bus<Workspace, PubSub | Correlation>,
  rates: { readonly eventsPerSecond: number; readonly easedEventsPerSecond: number },
): Module {
  /** Processes that have dead letters. */
  const holders = new Set<string>();
  let round = 0;
  let timer: NodeJS.Timeout | undefined;
  let checking = Promise.resolve();
  let repairTimer: NodeJS.Timeout | undefined;
  let repairing = Promise.resolve();

  const check = async (): Promise<void> => {
    const modules: ModuleHealth[] = [];
    round++;
    const answers = bus.requestMany('health.check', { round }, { timeoutMs: healthEveryMs / 2 });
    try {
      for await (const health of answers) modules.push(health);
    } catch {
      // Whoever did not answer is missing from the round, which is what it is for.
    }
    bus.publish('system.health', { round, modules });
  };

  /** Has the cause removed first: what is replayed before that comes back. */
  const repair = async (): Promise<void> => {
    repairTimer = undefined;
    try {
      await bus.notify('analysis.repair', {}, { priority: 'high' });
      for await (const reply of bus.requestMany('dead-letters.replay', {})) {
        if (reply.left === 0) holders.delete(reply.by);
        if (reply.replayed > 0) await bus.publish('dead-letter.replayed', reply);
      }
    } catch {
      // What was not replayed is still where it was.
    }
    if (holders.size > 0) repairTimer = setTimeout(repairNow, repairAfterMs);
  };
  const repairNow = (): void => {
    clearTimeout(repairTimer);
    repairing = repair();
  };
  bus.subscribe('dead-letter.kept', ({ payload }) => {
    holders.add(payload.by);
    repairTimer ??= setTimeout(repairNow, repairAfterMs);
  });
  bus.subscribe('process.lost', ({ payload }) => void holders.delete(payload.id));

  bus.handle('intervention.apply', async (message) => {
    const eased = message.payload.action === 'ease-sampling';
    const eventsPerSecond = eased ? rates.easedEventsPerSecond : rates.eventsPerSecond;
    const reached = await bus.notify('config.changed', { eventsPerSecond }, { priority: 'high' });
    return { eventsPerSecond, reached };
  });

  /** Asks again while some have not answered: a process that is silent for a moment is not asked. */
  const shutDown = async (
    payload: Workspace['system.shutdown']['payload'],
  ): Promise<ReadonlySet<string>> => {
    const finished = new Set<string>();
    const answered = new Set<string>();
    for (let time = 1; ; time++) {
      for await (const health of bus.requestMany('system.shutdown', payload)) {
        finished.add(health.module);
        answered.add(health.bus);
      }
      const wanted = bus.endpoints('system.shutdown');
      const isComplete = wanted.every((endpoint) => answered.has(endpoint.bus));
      if (isComplete || time === mostShutdowns) return finished;
      await sleep(shutdownAgainMs);
    }
  };

  bus.handle('orchestrator.shutdown', async (message) => {
    clearInterval(timer);
    await checking;
    const finished = await shutDown(message.payload);
    await repairing;
    // Also what was given up at the very end.
    if (holders.size > 0) repairNow();
    await repairing;
    clearTimeout(repairTimer);
    return { finished: [...finished] };
  });

  return {
    name: 'orchestrator',
    start() {
      timer = setInterval(() => {
        checking = check();
      }, healthEveryMs);
    },
  };
}
