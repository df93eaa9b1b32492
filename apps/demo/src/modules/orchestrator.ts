import type { Bus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import type { ModuleHealth, Workspace } from '../contract.ts';
import type { Module } from './module.ts';

const healthEveryMs = 1000;

/** Checks the modules' health, changes their configuration, and shuts them down in good order. */
export function orchestrator(
  bus: Bus<Workspace, PubSub | Correlation>,
  rates: { readonly eventsPerSecond: number; readonly easedEventsPerSecond: number },
): Module {
  let round = 0;
  let timer: NodeJS.Timeout | undefined;
  let checking = Promise.resolve();

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

  bus.handle('intervention.apply', async (message) => {
    const eased = message.payload.action === 'ease-sampling';
    const eventsPerSecond = eased ? rates.easedEventsPerSecond : rates.eventsPerSecond;
    const reached = await bus.notify('config.changed', { eventsPerSecond }, { priority: 'high' });
    return { eventsPerSecond, reached };
  });

  bus.handle('orchestrator.shutdown', async (message) => {
    clearInterval(timer);
    await checking;
    const finished: string[] = [];
    for await (const { module } of bus.requestMany('system.shutdown', message.payload)) {
      finished.push(module);
    }
    return { finished };
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
