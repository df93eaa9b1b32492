import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import type { Reliable } from '@bus/reliable';
import type { State } from '../contract/windows.ts';
import type { Workspace } from '../contract.ts';
import { classify, mean } from './classify.ts';
import type { Module } from './module.ts';
import { answerOrchestrator } from './module.ts';

/** Classifies batches, each by one instance of the group, and answers requests for reports. */
export function analysis(
  bus: Bus<Workspace, PubSub | Correlation | Reliable>,
  name = 'analysis',
): Module {
  let classified = 0;
  let readsDamaged = false;

  bus.subscribe(
    'batch.stored',
    async (message) => {
      const batch = message.payload;
      if (batch.damaged && !readsDamaged) throw new Error(`batch ${batch.index} is damaged`);
      const { state, window } = classify(batch);
      classified++;
      await bus.publish(`window.${state}`, { ...window, by: name });
    },
    // Acknowledged once its window has been published: until then another may have to do it.
    { group: 'analysis', name, delivery: 'reliable' },
  );

  bus.handle('analysis.repair', () => {
    readsDamaged = true;
  });

  bus.handle(
    'analysis.report',
    async (message) => {
      const { windows, pauseMs = 0 } = message.payload;
      const states: Record<State, number> = { idle: 0, active: 0, overloaded: 0 };
      const cpuShares: number[] = [];
      // The signal stops the stream at its source as soon as nobody waits for this report any more.
      const { signal } = message;
      for await (const batch of bus.requestMany('storage.batches', { last: windows }, { signal })) {
        const { state, window } = classify(batch);
        states[state]++;
        cpuShares.push(window.cpuShare);
        if (pauseMs > 0) await sleep(pauseMs, undefined, { signal });
      }
      return { by: name, windows: cpuShares.length, states, meanCpuShare: mean(cpuShares) };
    },
    { name: `${name}.report` },
  );

  answerOrchestrator(bus, name, { note: () => `${classified} windows classified` });

  return { name };
}
