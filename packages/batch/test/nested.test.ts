import { AsyncLocalStorage } from 'node:async_hooks';
import type { Message } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';

describe('a request that a batch handler makes', () => {
  it('inherits the deadline of the message that has most time left', async () => {
    await using t = await bench({ context: true });
    const deadlines: (number | undefined)[] = [];
    t.bus.handle('inner', (message) => void deadlines.push(message.deadline));
    t.bus.handle('outer', { batch: {}, concurrency: 1 }, async (messages) => {
      await t.bus.request('inner', null, { timeoutMs: 60_000 });
      return messages.map(({ payload }: Message) => payload);
    });
    const replies = Promise.all(
      [300, 500, 100].map((timeoutMs) => t.bus.request('outer', timeoutMs, { timeoutMs })),
    );
    await t.env.settle();
    expect(await replies).toEqual([300, 500, 100]);
    expect(deadlines).toEqual([500]);
  });

  it('inherits none where a message has all the time', async () => {
    await using t = await bench({ context: true });
    const deadlines: (number | undefined)[] = [];
    t.bus.handle('inner', (message) => void deadlines.push(message.deadline));
    t.bus.handle('outer', { batch: {}, concurrency: 1 }, async () => {
      await t.bus.request('inner', null, { timeoutMs: 60_000 });
    });
    void t.bus.notify('outer', 1);
    void t.bus.notify('outer', 2, { timeoutMs: 100 });
    await t.env.settle();
    expect(deadlines).toEqual([60_000]);
  });

  it('is answered while the bus stops', async () => {
    const t = await bench({ context: true });
    t.bus.handle('inner', () => 'inner');
    t.bus.handle('outer', { batch: {} }, async (messages) => {
      await new Promise<void>((resolve) => t.env.setTimer(resolve, 10));
      const reply = await t.bus.request('inner', null);
      return messages.map(() => reply);
    });
    const reply = t.bus.request('outer', 1);
    await t.env.settle();
    const stopped = t.bus.stop();
    await t.env.advance(10);
    expect(await reply).toBe('inner');
    await stopped;
  });
});

it.each([1, 10])('a batch of %i is handled in the async context of no sender', async (size) => {
  await using t = await bench({ context: true });
  const user = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  t.bus.handle('a', { batch: { size }, concurrency: 1 }, async () => {
    seen.push(user.getStore());
    await undefined;
  });
  for (const name of ['Ann', 'Bob', 'Cy']) user.run(name, () => void t.bus.notify('a', name));
  await t.env.settle();
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.filter((store) => store !== undefined)).toEqual([]);
});
