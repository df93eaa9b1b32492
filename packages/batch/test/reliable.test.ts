import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import type { ReliableOptions } from '@bus/reliable';
import { reliable } from '@bus/reliable';
import { quiet } from '@bus/test-support';
import { virtualEnv } from '@bus/virtual-env';
import { describe, expect, it } from 'vitest';
import { batch } from '../src/index.ts';

async function bench(options: ReliableOptions = {}) {
  const env = virtualEnv();
  const backoff = { baseMs: 10, jitter: 'none' } as const;
  const bus = await createBus({ id: 'here', env, log: quiet })
    .use(pubsub(), batch(), reliable({ backoff, ...options }))
    .start();
  const send = (payloads: readonly unknown[], key?: string) =>
    Promise.all(
      payloads.map((payload) => bus.publish('t', payload, { delivery: 'reliable', key })),
    );
  const dispose = async (): Promise<void> => {
    const stopped = bus.stop({ drainMs: 0 });
    await env.settle();
    await stopped;
    expect(env.pending).toBe(0);
  };
  return { env, bus, send, [Symbol.asyncDispose]: dispose };
}

describe('a batch of a reliable subscription', () => {
  it('has one bad message tried again alone, until it is a dead letter', async () => {
    await using t = await bench();
    const batches: unknown[][] = [];
    t.bus.subscribe('t', { batch: {}, delivery: 'reliable' }, (messages, { fail }) => {
      batches.push(messages.map(({ payload, attempt }) => `${payload} ${attempt}`));
      for (const message of messages)
        if (message.payload === 'bad') fail(message, new Error('bad'));
    });
    const sent = t.send(['a', 'bad', 'b']);
    await t.env.advance(100);
    expect(await sent).toEqual([1, 0, 1]);
    expect(batches).toEqual([['a 1', 'bad 1', 'b 1'], ['bad 2'], ['bad 3']]);
    expect(t.bus.deadLetters.list()).toMatchObject([{ attempts: 3, message: { payload: 'bad' } }]);
  });

  it('is tried again whole where its handler throws', async () => {
    await using t = await bench();
    const seen: unknown[] = [];
    t.bus.subscribe('t', { batch: {}, delivery: 'reliable' }, (messages) => {
      seen.push(...messages.map(({ payload }) => payload));
      if (seen.length === 3) throw new Error('all');
    });
    const sent = t.send([1, 2, 3]);
    await t.env.advance(100);
    expect(await sent).toEqual([1, 1, 1]);
    expect(seen.toSorted()).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('may acknowledge, put off and reject single messages', async () => {
    await using t = await bench();
    const seen: unknown[] = [];
    t.bus.subscribe('t', { batch: {}, delivery: 'reliable' }, (messages) => {
      for (const message of messages) {
        seen.push(message.payload);
        if (message.payload === 'later' && message.attempt === 1) message.nack({ delayMs: 50 });
        if (message.payload === 'never') message.reject('never');
      }
    });
    const sent = t.send(['now', 'later', 'never']);
    await t.env.advance(100);
    expect(await sent).toEqual([1, 1, 0]);
    expect(seen).toEqual(['now', 'later', 'never', 'later']);
  });

  it('that hangs holds up nobody for longer than the ack timeout', async () => {
    await using t = await bench({ ackTimeoutMs: 100, attempts: 1 });
    const batches: unknown[][] = [];
    t.bus.subscribe('t', { batch: { size: 2 }, delivery: 'reliable' }, (messages, { signal }) => {
      batches.push(messages.map(({ payload }) => payload));
      return batches.length === 1
        ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        : undefined;
    });
    void t.send([1, 2]);
    await t.env.advance(50);
    const third = t.send([3]);
    await t.env.advance(50);
    expect(await third).toEqual([1]);
    expect(batches).toEqual([[1, 2], [3]]);
    expect(t.bus.deadLetters.count).toBe(2);
  });

  it('keeps the order of each key while a message is tried again', async () => {
    await using t = await bench();
    const seen: unknown[] = [];
    t.bus.subscribe('t', { batch: {}, delivery: 'reliable' }, (messages, { fail }) => {
      for (const message of messages) {
        seen.push(message.payload);
        if (message.payload === 1 && message.attempt < 3) fail(message, new Error('not yet'));
      }
    });
    const sent = t.send([1, 2, 3], 'k');
    await t.env.advance(200);
    await sent;
    expect(seen).toEqual([1, 1, 1, 2, 3]);
  });
});
