import type { Bus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import type { GlobRouter } from '@bus/router-glob';
import type { Action, ClassifiedWindow, State } from '../contract/windows.ts';
import type { Workspace } from '../contract.ts';
import type { Module } from './module.ts';
import { answerOrchestrator } from './module.ts';

/** An overload is over after this many calmer windows, so that advice does not flap. */
const calmAfter = 2;

/** Follows the state and, where it matters, asks the orchestrator to intervene. */
export function advisor(bus: Bus<Workspace, PubSub | Correlation | GlobRouter>): Module {
  let state: State = 'idle';
  let newest = -1;
  let calmer = 0;
  let interventions = 0;

  const intervene = async (action: Action, because: string): Promise<void> => {
    const asked = performance.now();
    const reply = await bus.request(
      'intervention.apply',
      { action, because },
      // Done twice it comes to the same.
      { timeoutMs: 1000, priority: 'high', idempotent: true },
    );
    interventions++;
    await bus.publish('advice.given', { action, ...reply, tookMs: performance.now() - asked });
  };

  const follow = async (to: State, { because }: ClassifiedWindow): Promise<void> => {
    const from = state;
    calmer = from === 'overloaded' && to !== 'overloaded' ? calmer + 1 : 0;
    if (to === from || (from === 'overloaded' && calmer < calmAfter)) return;
    state = to;
    await bus.publish('state.changed', { from, to, because });
    if (to === 'overloaded') await intervene('ease-sampling', because);
    if (from === 'overloaded') await intervene('restore-sampling', because);
  };

  bus.subscribe(
    'window.*',
    (message) => {
      // Two analysis instances in two processes may finish in another order than they began.
      if (message.payload.index <= newest) return;
      newest = message.payload.index;
      return follow(stateOf(message.topic), message.payload);
    },
    { name: 'advisor' },
  );

  bus.handle('state.current', () => ({ state }));

  answerOrchestrator(bus, 'advisor', { note: () => `${state}, interventions: ${interventions}` });

  return { name: 'advisor' };
}

function stateOf(topic: `window.${State}`): State {
  return topic.slice('window.'.length) as State;
}
