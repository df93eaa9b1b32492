import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message } from '@bus/core';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { quiet } from '@bus/test-support';
import { transportIpc } from '@bus/transport-ipc';
import { describe, expect, it, onTestFinished } from 'vitest';
import { batch } from '../src/index.ts';
import { numbers } from './support/bench.ts';

const common = { log: quiet };

describe('messages that come over a link', () => {
  it('are gathered into batches, in order, and counted by the bus they came to', async () => {
    const { port1, port2 } = new MessageChannel();
    const here = createBus({ id: 'here', ...common }).use(pubsub(), transportIpc({ port: port1 }));
    const there = createBus({ id: 'there', ...common }).use(
      pubsub(),
      batch(),
      transportIpc({ port: port2 }),
    );
    const batches: unknown[][] = [];
    there.subscribe('t', { batch: { size: 10 } }, async (messages) => {
      batches.push(messages.map(({ payload }) => payload));
    });
    await Promise.all([here.start(), there.start()]);
    await expect.poll(() => here.endpoints('t')).toHaveLength(1);
    for (const n of numbers(1, 25)) void here.publish('t', n);
    await expect.poll(() => there.inspect().outcomes.ended.handled).toBe(25);
    expect(batches.flat()).toEqual(numbers(1, 25));
    expect(batches.length).toBeLessThan(25);
    expect(here.inspect().outcomes.ended.forwarded).toBe(25);
    await Promise.all([here.stop(), there.stop()]);
  });

  it('get each its own reply, over a Unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'batch-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'bus.sock');
    const there = createBus({ id: 'there', ...common }).use(
      batch(),
      transportIpc({ listen: path }),
    );
    const sizes: number[] = [];
    there.handle('double', { batch: { size: 10 } }, async (messages) => {
      sizes.push(messages.length);
      return messages.map(({ payload }: Message) => Number(payload) * 2);
    });
    await there.start();
    const here = createBus({ id: 'here', ...common }).use(
      correlation(),
      transportIpc({ connect: path }),
    );
    await here.start();
    await expect.poll(() => here.endpoints('double')).toHaveLength(1);
    const replies = await Promise.all(numbers(1, 30).map((n) => here.request('double', n)));
    expect(replies).toEqual(numbers(1, 30).map((n) => n * 2));
    expect(sizes.length).toBeLessThan(30);
    await Promise.all([here.stop(), there.stop()]);
  });
});
