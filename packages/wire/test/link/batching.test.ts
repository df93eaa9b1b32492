import { describe, expect, test } from 'vitest';
import { defineTransport } from '../../src/plugin/define-transport.ts';
import { acknowledge, track } from '../support/acknowledged.ts';
import { linksOf, pair } from '../support/buses.ts';

describe('messages that nobody waits for', () => {
  test('leave at the end of the turn, together', async () => {
    const two = await pair();
    const got: unknown[] = [];
    two.right.subscribe('a', ({ payload }) => void got.push(payload));
    await two.settle();
    const before = two.link.sends;
    for (let n = 0; n < 10; n++) void two.left.publish('a', n);
    expect(two.link.sends).toBe(before);
    await two.env.settle();
    expect([got.length, two.link.sends - before]).toEqual([10, 1]);
  });

  test('gather for waitMs, over many turns, from the first of them on', async () => {
    const two = await pair({ batching: { waitMs: 5 } });
    const got: unknown[] = [];
    two.right.subscribe('a', ({ payload }) => void got.push(payload));
    await two.settle();
    const before = two.link.sends;
    for (let n = 0; n < 4; n++) {
      void two.left.publish('a', n);
      await two.env.advance(1);
    }
    expect([got, two.link.sends - before]).toEqual([[], 0]);
    await two.env.advance(1);
    await two.settle();
    expect([got, two.link.sends - before]).toEqual([[0, 1, 2, 3], 1]);
    await two.env.advance(100);
    expect(two.link.sends - before).toBe(1);
  });

  test('leave with a request, a reply, or an event that is to be acknowledged', async () => {
    const two = await pair({ batching: { waitMs: 1000 } }, { batching: { waitMs: 1000 } });
    const got: unknown[] = [];
    two.right.subscribe('a', ({ payload }) => void got.push(payload));
    two.right.handle('q', () => 'answered');
    acknowledge(two.right, 'b', ({ payload }) => void got.push(payload));
    await two.settle();
    void two.left.publish('a', 1);
    await two.settle();
    expect(got).toEqual([]);
    expect(await two.run(two.left.request('q', 1))).toBe('answered');
    expect(got).toEqual([1]);
    void two.left.publish('a', 2);
    const sent = track(two.left, 'b', 3);
    await two.settle();
    expect(got).toEqual([1, 2, 3]);
    expect(sent.shown).toEqual(['forwarded 1']);
  });

  test('leave early when there are batching.bytes of them', async () => {
    const two = await pair({ batching: { waitMs: 1000, bytes: 1000 } });
    const got: unknown[] = [];
    two.right.subscribe('a', ({ payload }) => void got.push(payload));
    await two.settle();
    for (let n = 0; n < 25; n++) void two.left.publish('a', 'x'.repeat(100));
    await two.settle();
    expect(got.length).toBeGreaterThanOrEqual(16);
    expect(got.length).toBeLessThan(25);
    await two.env.advance(1000);
    await two.settle();
    expect(got).toHaveLength(25);
  });

  test('are not lost when the bus stops meanwhile', async () => {
    const two = await pair({ batching: { waitMs: 60_000 } });
    const got: unknown[] = [];
    two.right.subscribe('a', ({ payload }) => void got.push(payload));
    await two.settle();
    for (let n = 0; n < 3; n++) void two.left.publish('a', n);
    await two.run(two.left.stop());
    await two.settle();
    expect(got).toEqual([0, 1, 2]);
  });

  test('leave no timer behind when the link goes first', async () => {
    const two = await pair(
      { batching: { waitMs: 60_000 } },
      { reconnect: { baseMs: 1e9, maxMs: 1e9 } },
    );
    two.right.subscribe('a', () => undefined);
    await two.settle();
    const cleared: unknown[] = [];
    const { clearTimer } = two.env;
    two.env.clearTimer = (timer) => {
      cleared.push(timer);
      clearTimer(timer);
    };
    const timers: unknown[] = [];
    const { setTimer } = two.env;
    two.env.setTimer = (callback, ms) => {
      const timer = setTimer(callback, ms);
      if (ms === 60_000) timers.push(timer);
      return timer;
    };
    void two.left.publish('a', 1);
    await two.settle();
    two.link.cut();
    await two.settle();
    expect(timers).toHaveLength(1);
    expect(cleared).toContain(timers[0]);
    expect(linksOf(two.left)).toEqual([]);
  });
});

test('sizes and times that make no sense are refused', async () => {
  const { link } = await pair();
  const bad = [{ bytes: 0 }, { bytes: 65_537 }, { bytes: Number.NaN }, { waitMs: -1 }];
  for (const batching of [...bad, { waitMs: Number.POSITIVE_INFINITY }]) {
    expect(() => defineTransport(link.listener, { batching })).toThrowError(
      expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
    );
  }
});
