import { MessageChannel } from 'node:worker_threads';
import { transportIpc } from '@bus/transport-ipc';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Place } from '../src/assembly.ts';
import { assemble, single, spread } from '../src/assembly.ts';
import { countingLog } from '../src/parts/ending.ts';
import { batchOf } from './support/events.ts';

const settings = { dir: import.meta.dirname, cycleMs: 1000 };

/** Two buses, each with the modules of one place, to be linked once they start. */
function linked(here: Place, there: Place) {
  const { port1, port2 } = new MessageChannel();
  const log = countingLog();
  const buses = [
    assemble(here, { settings, log, links: [transportIpc({ port: port1 })] }),
    assemble(there, { settings, log, links: [transportIpc({ port: port2 })] }),
  ] as const;
  onTestFinished(async () => {
    for (const bus of buses) await bus.stop();
  });
  return buses;
}

test.each<[string, Place, Place]>([
  [
    'the advisor',
    { id: 'here', runs: 'main', modules: ['analysis-1', 'orchestrator'] },
    { id: 'there', runs: 'thread', modules: ['advisor'] },
  ],
  [
    'the orchestrator',
    { id: 'here', runs: 'main', modules: ['analysis-1', 'advisor'] },
    { id: 'there', runs: 'thread', modules: ['orchestrator'] },
  ],
  [
    'one of the analysis modules',
    { id: 'here', runs: 'main', modules: ['analysis-1', 'advisor', 'orchestrator'] },
    { id: 'there', runs: 'thread', modules: ['analysis-2'] },
  ],
])('%s does the same on a bus of its own', async (_, here, there) => {
  const [bus, other] = linked(here, there);
  const states: string[] = [];
  const rates: number[] = [];
  bus.subscribe('state.changed', ({ payload }) => void states.push(payload.to));
  bus.subscribe('config.changed', ({ payload }) => void rates.push(payload.eventsPerSecond));
  await Promise.all([bus.start(), other.start()]);
  // Once one has answered the other, both know what there is.
  await vi.waitFor(async () => {
    for (const asking of [bus, other]) {
      let known = 0;
      for await (const _report of asking.requestMany('process.report', {})) known++;
      expect(known).toBe(2);
    }
  });
  let index = 0;
  for (const cpuMs of [5, 99, 99, 5, 5]) {
    let classified = false;
    const heard = bus.subscribe('window.*', () => {
      classified = true;
    });
    await bus.publish('batch.stored', batchOf({ index: index++, cpuMs }));
    await vi.waitFor(() => expect(classified).toBe(true));
    heard.stop();
  }
  await vi.waitFor(() => expect(states).toEqual(['overloaded', 'idle']));
  await vi.waitFor(() => expect(rates).toEqual([1500, 2100]));
});

test('every module has one place, in either form', () => {
  const names = (places: readonly Place[]) => places.flatMap((place) => place.modules).sort();
  expect(new Set(names(spread)).size).toBe(names(spread).length);
  expect(names(single)).toEqual(names(spread));
});
