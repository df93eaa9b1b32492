import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { quiet } from '@bus/test-support';
import type { LinkOptions } from '@bus/wire';
import { expect, onTestFinished, test } from 'vitest';
import { transportWs } from '../src/index.ts';

async function start(link: ReturnType<typeof transportWs>) {
  const bus = createBus({ log: quiet }).use(pubsub()).use(link);
  const up = new Promise<void>((resolve) => {
    bus.subscribe('$bus.peer.up', () => resolve());
  });
  await bus.start();
  onTestFinished(() => bus.stop());
  return { bus, up };
}

/** Two linked buses; resolves when both know of each other. */
async function linkedBuses(onListener?: LinkOptions) {
  const link = transportWs({ listen: { port: 0 } }, onListener);
  const listener = await start(link);
  const client = await start(transportWs({ connect: link.transport.address }));
  await Promise.all([listener.up, client.up]);
  return { listener: listener.bus, client: client.bus };
}

test('a listener lets nothing cross until it is listed', async () => {
  const { listener, client } = await linkedBuses({ receive: ['asked'] });
  const heard: string[] = [];
  for (const topic of ['asked', 'unasked'])
    listener.subscribe(topic, ({ topic: name }) => void heard.push(name));
  // Both were offered in the order they were added, if at all.
  while ((await client.publish('asked', 1)) === 0) await new Promise(setImmediate);
  expect(await client.publish('unasked', 1)).toBe(0);
  client.subscribe('asked', () => heard.push('at the client'));
  await client.publish('asked', 2);
  expect(await listener.publish('asked', 3)).toBe(1);
  expect(heard).not.toContain('unasked');
});

test('a listener that lists nothing offers nothing', async () => {
  const { listener, client } = await linkedBuses();
  listener.subscribe('asked', () => undefined);
  client.subscribe('answer', () => undefined);
  // A whole round of both ends: what had been offered would have come.
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  expect(await client.publish('asked', 1)).toBe(0);
  expect(await listener.publish('answer', 1)).toBe(0);
});
