import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { quiet, unaccounted } from '@bus/test-support';
import { expect, it } from 'vitest';
import { batch } from '../src/index.ts';

it.each([1, 2, 7])('batches of %i handle 10,000 messages of their own listener', async (size) => {
  const count = 10_000;
  const mailbox = { capacity: 2 * count };
  await using bus = await createBus({ log: quiet, mailbox }).use(pubsub(), batch()).start();
  let handled = 0;
  const done = new Promise<void>((resolve) => {
    bus.subscribe('work', { batch: { size, waitMs: 0 } }, (messages) => {
      if (handled === 0) for (let i = 0; i < count; i++) void bus.publish('work', i);
      handled += messages.length;
      if (handled > count) resolve();
    });
    void bus.publish('work', 'first');
  });
  await done;
  expect(handled).toBe(count + 1);
  await bus.stop();
  expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: count + 1 } });
  expect(unaccounted(bus)).toBe(0);
});

it('each message of a batch of one may send the next', async () => {
  const count = 10_000;
  await using bus = await createBus({ log: quiet }).use(pubsub(), batch()).start();
  let handled = 0;
  const done = new Promise<void>((resolve) => {
    bus.subscribe('work', { batch: { size: 1, waitMs: 0 } }, () => {
      if (++handled === count) resolve();
      else void bus.publish('work', handled);
    });
    void bus.publish('work', 0);
  });
  await done;
  expect(handled).toBe(count);
});
