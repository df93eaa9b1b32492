import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { virtualEnv } from '@bus/virtual-env';
import { expect, it } from 'vitest';

const log = { debug() {}, info() {}, warn() {}, error() {} };

it('what was missed is told also by a message that did not wait', async () => {
  const env = virtualEnv();
  const bus = createBus({ env, log }).use(pubsub());
  await bus.start();
  const seen: unknown[] = [];
  const ends: (() => void)[] = [];
  bus.subscribe(
    'a',
    (m) => {
      seen.push([m.payload, m.missed]);
      return new Promise<void>((end) => ends.push(end));
    },
    { capacity: 1, overflow: 'drop-oldest' },
  );
  await bus.publish('a', 1);
  await bus.publish('a', 2);
  await bus.publish('a', 3, { timeoutMs: 10 });
  await env.advance(20);
  ends.pop()?.();
  await env.settle();
  await bus.publish('a', 4);
  expect(seen).toEqual([
    [1, 0],
    [4, 1],
  ]);
  ends.pop()?.();
  await bus.stop();
});
