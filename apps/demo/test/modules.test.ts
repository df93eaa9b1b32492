import { batch } from '@bus/batch';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { health } from '@bus/health';
import { metrics } from '@bus/metrics';
import { pubsub } from '@bus/pubsub';
import { reliable } from '@bus/reliable';
import { routerGlob } from '@bus/router-glob';
import { virtualEnv } from '@bus/virtual-env';
import { expect, test, vi } from 'vitest';
import type { Batch } from '../src/contract/readings.ts';
import type { Workspace } from '../src/contract.ts';
import { advisor } from '../src/modules/advisor.ts';
import { analysis } from '../src/modules/analysis.ts';
import { orchestrator } from '../src/modules/orchestrator.ts';
import { presence } from '../src/modules/presence.ts';
import { storage, windowMs } from '../src/modules/storage.ts';
import { countingLog } from '../src/parts/ending.ts';
import { batchOf } from './support/events.ts';

function virtualBus() {
  const env = virtualEnv();
  const bus = createBus<Workspace>({ env, log: countingLog() }).use(
    routerGlob(),
    pubsub(),
    correlation(),
    health(),
    reliable(),
    batch(),
    metrics(),
  );
  return { env, bus };
}

type TestBus = ReturnType<typeof virtualBus>['bus'];

/** Publishes one CPU reading for each window and one more, which closes the last. */
async function fill(bus: TestBus, windows: number): Promise<void> {
  for (let at = 0; at <= windows; at++) {
    await bus.publish('raw.cpu.sample', { at: at * windowMs, userUs: 0, systemUs: 0 });
  }
}

test('storage publishes a batch for each window, and the open one at the shutdown', async () => {
  const { bus } = virtualBus();
  storage(bus);
  const stored: Batch[] = [];
  bus.subscribe('batch.stored', ({ payload }) => void stored.push(payload));
  await bus.start();
  await fill(bus, 3);
  await vi.waitFor(() => expect(stored.map(({ index }) => index)).toEqual([0, 1, 2]));
  const answer = await bus.request('system.shutdown', { reason: 'test' });
  expect(answer.module).toBe('storage');
  expect(stored).toHaveLength(4);
});

test('storage streams the newest batches, oldest first', async () => {
  const { bus } = virtualBus();
  storage(bus);
  await bus.start();
  await fill(bus, 5);
  await bus.request('system.shutdown', { reason: 'everything is stored' });
  const indexes: number[] = [];
  for await (const batch of bus.requestMany('storage.batches', { last: 3 })) {
    indexes.push(batch.index);
  }
  expect(indexes).toEqual([3, 4, 5]);
});

test('two analysis modules share the windows and answer with reports', async () => {
  const { bus } = virtualBus();
  storage(bus);
  analysis(bus, 'one');
  analysis(bus, 'two');
  const by: string[] = [];
  bus.subscribe('window.*', ({ payload }) => void by.push(payload.by));
  await bus.start();
  await fill(bus, 4);
  await vi.waitFor(() => expect(by).toEqual(['one', 'two', 'one', 'two']));
  const report = await bus.request('analysis.report', { windows: 10 });
  expect(report).toMatchObject({ windows: 4, states: { idle: 4, active: 0, overloaded: 0 } });
});

test('a report that is called off stops reading', async () => {
  const { bus } = virtualBus();
  storage(bus);
  analysis(bus);
  await bus.start();
  await fill(bus, 4);
  const controller = new AbortController();
  const report = bus.request(
    'analysis.report',
    { windows: 4, pauseMs: 60_000 },
    { signal: controller.signal },
  );
  controller.abort();
  await expect(report).rejects.toMatchObject({ code: 'BUS_CANCELLED' });
  await vi.waitFor(() => expect(bus.inspect().outcomes.inFlight).toBe(0));
});

test('analysis publishes each window under its state', async () => {
  const { bus } = virtualBus();
  analysis(bus);
  const topics: string[] = [];
  bus.subscribe('window.*', ({ topic }) => void topics.push(topic));
  await bus.start();
  await bus.publish('batch.stored', batchOf({ index: 0, cpuMs: 5 }));
  await bus.publish('batch.stored', batchOf({ index: 1, cpuMs: 50 }));
  await bus.publish('batch.stored', batchOf({ index: 2, cpuMs: 99 }));
  await vi.waitFor(() => expect(topics).toHaveLength(3));
  expect(topics).toEqual(['window.idle', 'window.active', 'window.overloaded']);
});

test('the advisor has sampling eased at an overload and restored when it is over', async () => {
  const { bus, env } = virtualBus();
  analysis(bus);
  advisor(bus);
  orchestrator(bus, { eventsPerSecond: 200, easedEventsPerSecond: 50 });
  const rates: number[] = [];
  const states: string[] = [];
  const actions: string[] = [];
  bus.subscribe('config.changed', ({ payload }) => void rates.push(payload.eventsPerSecond));
  bus.subscribe('state.changed', ({ payload }) => void states.push(payload.to));
  bus.subscribe('advice.given', ({ payload }) => void actions.push(payload.action));
  await bus.start();
  let index = 0;
  for (const cpuMs of [5, 99, 99, 5, 99, 5, 5]) {
    await bus.publish('batch.stored', batchOf({ index: index++, cpuMs }));
    await env.settle();
  }
  expect(states).toEqual(['overloaded', 'idle']);
  expect(actions).toEqual(['ease-sampling', 'restore-sampling']);
  expect(rates).toEqual([50, 200]);
});

test('the advisor ignores a window that is older than one it has seen', async () => {
  const { bus, env } = virtualBus();
  analysis(bus);
  advisor(bus);
  const states: string[] = [];
  bus.subscribe('state.changed', ({ payload }) => void states.push(payload.to));
  await bus.start();
  for (const [index, cpuMs] of [
    [2, 50],
    [1, 5],
    [3, 50],
  ] as const) {
    await bus.publish('batch.stored', batchOf({ index, cpuMs }));
    await env.settle();
  }
  expect(states).toEqual(['active']);
});

test('the shutdown waits for every module', async () => {
  const { bus } = virtualBus();
  storage(bus);
  analysis(bus);
  advisor(bus);
  orchestrator(bus, { eventsPerSecond: 1, easedEventsPerSecond: 1 });
  bus.subscribe('batch.settled', () => undefined);
  await bus.start();
  await fill(bus, 2);
  const { finished } = await bus.request('orchestrator.shutdown', { reason: 'test' });
  expect([...finished].sort()).toEqual(['advisor', 'analysis', 'storage']);
  await bus.stop();
  const { accepted, inFlight, ended } = bus.inspect().outcomes;
  expect(inFlight).toBe(0);
  expect(ended.handled).toBe(accepted);
});

test('a damaged batch becomes a dead letter, and is replayed once it can be read', async () => {
  const { bus, env } = virtualBus();
  storage(bus);
  analysis(bus);
  orchestrator(bus, { eventsPerSecond: 1, easedEventsPerSecond: 1 });
  presence(bus, { runs: 'main', modules: [], start: () => undefined });
  const seen: string[] = [];
  bus.subscribe(
    'dead-letter.kept',
    ({ payload }) => void seen.push(`${payload.attempts} attempts`),
  );
  bus.subscribe(
    'dead-letter.replayed',
    ({ payload }) => void seen.push(`${payload.replayed} replayed`),
  );
  bus.subscribe('window.*', ({ payload }) => void seen.push(`window ${payload.index}`));
  await bus.start();
  await bus.notify('storage.poison', {});
  await fill(bus, 1);
  await vi.waitFor(async () => {
    // What packs the batch is not on the virtual clock.
    await env.advance(100);
    expect(seen).toEqual(['3 attempts']);
  });
  expect(bus.deadLetters.list()).toMatchObject([{ topic: 'batch.stored', reason: 'failed' }]);
  // Neither that nor the window that is still open is put off when the program ends.
  await bus.request('orchestrator.shutdown', { reason: 'test' });
  expect(seen).toEqual(['3 attempts', 'window 1', 'window 0', '1 replayed']);
  expect(bus.deadLetters.count).toBe(0);
});
