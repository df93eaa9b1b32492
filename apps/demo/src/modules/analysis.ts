import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import type { State, Workspace } from '../contract.ts';
import { classify, mean } from './classify.ts';
import type { Module } from './module.ts';
import { answerOrchestrator } from './module.ts';

/** Classifies batches, each by one instance of the group, and answers requests for reports. */
export function analysis(bus: Bus<Workspace, PubSub | Correlation>, name = 'analysis'): Module {
  let classified = 0;

  bus.subscribe(
    'batch.stored',
    async (message) => {
      const { state, window } = classify(message.payload);
      classified++;
      await bus.publish(`window.${state}`, { ...window, by: name });
    },
    { group: 'analysis', name },
  );

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
