import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { virtualEnv } from '@bus/virtual-env';
import { expect, test } from 'vitest';
import type { ClassifiedWindow } from '../src/contract/windows.ts';
import type { Workspace } from '../src/contract.ts';
import { DeliveryCheck } from '../src/report/deliveries.ts';
import { batchOf } from './support/events.ts';

async function checked() {
  const bus = createBus<Workspace>({ env: virtualEnv() }).use(routerGlob(), pubsub());
  const check = new DeliveryCheck(bus);
  await bus.start();
  const store = (index: number) => bus.publish('batch.stored', batchOf({ index }));
  const handle = (index: number) =>
    bus.publish('window.idle', { index, by: 'analysis' } as ClassifiedWindow);
  const giveUp = (id: string) =>
    bus.publish('dead-letter.kept', {
      by: 'analysis',
      id,
      topic: 'batch.stored',
      reason: 'failed',
      attempts: 3,
    });
  return { bus, check, store, handle, giveUp };
}

test('a batch is missing until its window has come, which counts once', async () => {
  const { check, store, handle } = await checked();
  await store(1);
  await store(2);
  await handle(1);
  expect(check.deliveries).toMatchObject({ published: 2, handled: 1, again: 0, missing: 1 });
  await handle(2);
  await handle(2);
  expect(check.deliveries).toMatchObject({ published: 2, handled: 2, again: 1, missing: 0 });
});

test('a window may be faster than its batch', async () => {
  const { check, store, handle } = await checked();
  await handle(1);
  await store(1);
  expect(check.deliveries).toMatchObject({ published: 1, handled: 1, missing: 0 });
});

test('a batch that nobody here has seen is missing once storage has given it up', async () => {
  const { bus, check } = await checked();
  await bus.publish('batch.settled', { index: 1, acknowledged: false });
  expect(check.deliveries).toMatchObject({ published: 1, acknowledged: 0, missing: 1 });
});

test('a dead letter is not missing, before and after its replay', async () => {
  const { bus, check, store, handle, giveUp } = await checked();
  await store(1);
  await giveUp('a');
  expect(check.deliveries).toMatchObject({ handled: 0, deadLetters: 1, missing: 0 });
  await handle(1);
  await bus.publish('dead-letter.replayed', { by: 'analysis', replayed: 1, left: 0 });
  expect(check.deliveries).toMatchObject({ handled: 1, deadLetters: 1, replayed: 1, missing: 0 });
});

test('a dead letter is missing once the process that had it is lost', async () => {
  const { bus, check, store, giveUp } = await checked();
  await store(1);
  await giveUp('a');
  await bus.publish('process.lost', { id: 'analysis', reason: 'SIGKILL' });
  expect(check.deliveries).toMatchObject({ deadLetters: 1, missing: 1 });
});
