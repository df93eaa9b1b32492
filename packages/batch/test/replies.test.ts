import type { Message } from '@bus/core';
import { describe, expect, it } from 'vitest';
import type { Bench } from './support/bench.ts';
import { bench } from './support/bench.ts';

/** What became of requests with 1, 2 and 3, made in one go. */
async function ask(t: Bench): Promise<unknown[]> {
  const replies = Promise.allSettled([1, 2, 3].map((n) => t.bus.request('t', n)));
  await t.env.settle();
  return (await replies).map((reply) =>
    reply.status === 'fulfilled' ? reply.value : (reply.reason as { code: string }).code,
  );
}

const double = ({ payload }: Message): number => Number(payload) * 2;

describe('a handler of requests', () => {
  it('replies by position', async () => {
    await using t = await bench();
    const sizes: number[] = [];
    t.bus.handle('t', { batch: {} }, async (messages) => {
      sizes.push(messages.length);
      return messages.map(double);
    });
    expect(await ask(t)).toEqual([2, 4, 6]);
    expect(sizes).toEqual([3]);
  });

  it('may reply at once', async () => {
    await using t = await bench();
    t.bus.handle('t', { batch: {} }, (messages) => messages.map(double));
    expect(await ask(t)).toEqual([2, 4, 6]);
  });

  it('may return nothing, which replies nothing to each', async () => {
    await using t = await bench();
    t.bus.handle('t', { batch: {} }, () => undefined);
    expect(await ask(t)).toEqual([undefined, undefined, undefined]);
  });

  it('may fail one request alone', async () => {
    await using t = await bench();
    t.bus.handle('t', { batch: {} }, (messages, batch) => {
      for (const message of messages) {
        if (message.payload === 2) batch.fail(message, Object.assign(new Error(), { code: 'ODD' }));
      }
      return messages.map(double);
    });
    expect(await ask(t)).toEqual([2, 'ODD', 6]);
  });

  it.each([
    ['too few replies', (messages: readonly Message[]) => messages.slice(1).map(double), 2],
    ['too many', (messages: readonly Message[]) => [...messages.map(double), 8], 4],
    ['no list', () => 'six' as unknown as number[], undefined],
    ['a stream', async function* () {} as unknown as () => number[], undefined],
  ])('that returns %s fails all, and says so', async (_, handler, replies) => {
    await using t = await bench();
    t.bus.handle('t', { batch: {} }, handler);
    expect(await ask(t)).toEqual(Array(3).fill('BATCH_REPLY_COUNT'));
    expect(t.errors[0]).toMatchObject({
      cause: {
        code: 'BATCH_REPLY_COUNT',
        details: { pattern: 't', messages: 3, replies },
        message: expect.stringContaining('got 3 messages'),
      },
    });
  });
});

describe('a listener', () => {
  it('may return what it likes', async () => {
    await using t = await bench();
    const noPromise = JSON.parse('{ "then": 7 }');
    const results: unknown[] = [7, 'x', [1], noPromise, null, async () => 1];
    t.bus.subscribe('t', { batch: { size: 1 } }, () => results.pop());
    t.burst(1, 6);
    await t.env.settle();
    expect(t.bus.inspect().outcomes.ended.handled).toBe(6);
  });

  it('whose result throws when it is looked at fails its own batch', async () => {
    await using t = await bench();
    const get = (): never => expect.fail('looked');
    const hostile = Object.defineProperty({}, 'then', { get });
    t.bus.subscribe('t', { batch: { size: 1 } }, ([message]) =>
      message?.payload === 1 ? hostile : undefined,
    );
    t.burst(1, 2);
    await t.env.settle();
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ failed: 1, handled: 1 });
  });
});
