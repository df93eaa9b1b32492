import type { Bus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import type { HealthChanged } from '@bus/health';
import type { PubSub } from '@bus/pubsub';
import type { LinkReport } from '@bus/wire';
import type { LinkState, ProcessState } from '../contract/processes.ts';
import type { Workspace } from '../contract.ts';
import type { Module } from './module.ts';
import { answerOrchestrator } from './module.ts';

const everyMs = 500;

/** Knows the processes of the program by asking them. */
export function census(bus: Bus<Workspace, PubSub | Correlation>): Module {
  const known = new Map<string, ProcessState>();
  let timer: NodeJS.Timeout | undefined;
  let asking = Promise.resolve();

  const ask = async (): Promise<void> => {
    const silent = new Set(known.keys());
    try {
      const timeoutMs = 0.8 * everyMs;
      for await (const report of bus.requestMany('process.report', {}, { timeoutMs })) {
        known.set(report.id, { ...report, state: 'up' });
        silent.delete(report.id);
      }
    } catch {
      // Whoever did not answer is silent, which is what the census is for.
    }
    for (const id of silent) turn(id, 'silent');
    const processes = [...known.values()].sort((a, b) => a.id.localeCompare(b.id));
    const links = (bus.inspect().links as readonly LinkReport[])
      .map(stateOf)
      .sort((a, b) => a.peer.localeCompare(b.peer));
    await bus.publish('system.processes', { processes, links });
  };

  const turn = (id: string, state: ProcessState['state']): void => {
    const process = known.get(id);
    if (process !== undefined && process.state !== 'lost') known.set(id, { ...process, state });
  };

  bus.subscribe('$bus.health.changed', ({ payload }) => {
    const { subject, ...change } = payload as HealthChanged;
    const { kind, id } = subject;
    const name = (kind === 'endpoint' ? nameOf(bus, id) : undefined) ?? id;
    return bus.publish('health.changed', { kind, name, ...change });
  });
  bus.subscribe('process.lost', ({ payload }) => turn(payload.id, 'lost'));

  answerOrchestrator(bus, 'census', {
    note: () => `${known.size} processes`,
    finish: async () => {
      clearInterval(timer);
      await asking;
      await ask();
    },
  });

  return {
    name: 'census',
    start() {
      asking = ask();
      timer = setInterval(() => {
        asking = ask();
      }, everyMs);
    },
  };
}

function nameOf(bus: Bus<Workspace>, id: string): string | undefined {
  const endpoint = bus.endpoints().find((other) => other.id === id);
  return endpoint?.name ?? endpoint?.pattern;
}

function stateOf(link: LinkReport): LinkState {
  const { peer, transport, state, sent, received } = link;
  const bytes = sent.bytes + received.bytes;
  return { peer, transport, state, sent: sent.messages, received: received.messages, bytes };
}
