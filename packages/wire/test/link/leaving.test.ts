import { describe, expect, test } from 'vitest';
import { linksOf, pair, remotePatterns } from '../support/buses.ts';

describe('a bus that stops', () => {
  test('handles everything that was sent to it before', async () => {
    const two = await pair();
    const got: unknown[] = [];
    two.right.subscribe('a', async ({ payload }) => {
      await new Promise<void>((resolve) => two.env.setTimer(resolve, 5));
      got.push(payload);
    });
    await two.settle();
    for (let n = 0; n < 50; n++) void two.left.publish('a', n);
    await two.run(two.right.stop());
    expect(got).toEqual(Array.from({ length: 50 }, (_, n) => n));
    const { forwarded } = two.left.inspect().outcomes.ended;
    expect(forwarded).toBe(50);
  });

  test('handles also what waited behind a full mailbox', async () => {
    const two = await pair();
    const got: unknown[] = [];
    two.right.subscribe(
      'a',
      async ({ payload }) => {
        await new Promise<void>((resolve) => two.env.setTimer(resolve, 5));
        got.push(payload);
      },
      { capacity: 2, overflow: 'block' },
    );
    await two.settle();
    for (let n = 0; n < 10; n++) void two.left.publish('a', n);
    await two.settle();
    await two.run(two.right.stop());
    expect(got).toEqual(Array.from({ length: 10 }, (_, n) => n));
  });

  test('answers the requests that it has', async () => {
    const two = await pair();
    two.right.handle('q', async ({ payload }) => {
      await new Promise<void>((resolve) => two.env.setTimer(resolve, 20));
      return payload;
    });
    await two.settle();
    const replies = [1, 2, 3].map((n) => two.left.request('q', n));
    await two.settle();
    const stopped = two.right.stop();
    expect(await two.run(Promise.all(replies))).toEqual([1, 2, 3]);
    await two.run(stopped);
  });

  test('gets the replies it waits for', async () => {
    const two = await pair();
    two.right.handle('q', async ({ payload }) => {
      await new Promise<void>((resolve) => two.env.setTimer(resolve, 20));
      return payload;
    });
    let reply: unknown;
    two.left.handle('outer', async (message) => {
      reply = await two.left.request('q', 'in time', { parent: message });
      return reply;
    });
    await two.settle();
    const outer = two.right.request('outer', 1);
    await two.settle();
    await two.run(two.left.stop());
    expect(reply).toBe('in time');
    expect(await two.run(outer)).toBe('in time');
  });

  test('is not sent any more from the moment it says that it leaves', async () => {
    const two = await pair();
    two.right.subscribe('a', () => new Promise<void>((resolve) => two.env.setTimer(resolve, 50)));
    await two.settle();
    void two.left.publish('a', 1);
    await two.settle();
    const stopped = two.right.stop();
    await two.settle();
    expect(remotePatterns(two.left)).toEqual([]);
    expect(await two.left.publish('a', 2)).toBe(0);
    await two.run(stopped);
    expect(two.right.inspect().outcomes).toMatchObject({ accepted: 1, inFlight: 0 });
  });

  test('leaves its peer running, and no timer of its own', async () => {
    const two = await pair();
    await two.run(two.right.stop());
    await two.settle();
    expect(two.left.state).toBe('running');
    expect(linksOf(two.left)).toEqual([]);
    await two.run(two.left.stop());
    await two.settle();
    expect(two.env.pending).toBe(0);
  });

  test('stops in time although its peer does not answer', async () => {
    const two = await pair();
    two.right.subscribe('a', () => undefined);
    await two.settle();
    two.link.isSilent = true;
    const began = two.env.now();
    await two.run(two.right.stop({ drainMs: 300 }), 20_000);
    expect(two.env.now() - began).toBeLessThan(12_000);
    expect(two.right.state).toBe('stopped');
  });
});
