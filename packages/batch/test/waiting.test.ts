import type { Message } from '@bus/core';
import { describe, expect, it } from 'vitest';
import type { Bench } from './support/bench.ts';
import { bench } from './support/bench.ts';

/** Publishes one message each `everyMs`, and notes how long each took to reach its handler. */
async function steady(
  t: Bench,
  { count, everyMs, waitMs }: { count: number; everyMs: number; waitMs: number },
): Promise<{ sizes: number[]; waits: number[] }> {
  const sizes: number[] = [];
  const waits: number[] = [];
  const subscription = t.bus.subscribe('t', { batch: { waitMs } }, (messages) => {
    sizes.push(messages.length);
    for (const { payload } of messages) waits.push(t.env.now() - Number(payload));
  });
  for (let i = 0; i < count; i++) {
    void t.bus.publish('t', t.env.now());
    await t.env.advance(everyMs);
  }
  await t.env.advance(waitMs);
  subscription.stop();
  return { sizes, waits };
}

const last = <T>(list: readonly T[], count: number): T[] => list.slice(-count);

describe('a message', () => {
  it('waits for no other where none is to be expected within `waitMs`', async () => {
    await using t = await bench();
    const { sizes, waits } = await steady(t, { count: 200, everyMs: 6, waitMs: 5 });
    expect(new Set(sizes)).toEqual(new Set([1]));
    expect(new Set(waits)).toEqual(new Set([0]));
  });

  it('waits where others are to be expected, and never longer than `waitMs`', async () => {
    await using t = await bench();
    const { sizes, waits } = await steady(t, { count: 200, everyMs: 1, waitMs: 5 });
    expect(last(sizes.slice(0, -1), 20)).toEqual(Array(20).fill(5));
    expect(Math.max(...waits)).toBe(5);
  });

  it('does not wait with `waitMs: 0`', async () => {
    await using t = await bench();
    const { waits } = await steady(t, { count: 100, everyMs: 0.1, waitMs: 0 });
    expect(new Set(waits)).toEqual(new Set([0]));
  });

  it('that comes after a pause does not wait, even after a rush', async () => {
    await using t = await bench();
    await steady(t, { count: 100, everyMs: 1, waitMs: 5 });
    const waits: number[] = [];
    t.bus.subscribe('t', { batch: { waitMs: 5 } }, () => void waits.push(t.env.now()));
    for (let i = 0; i < 5; i++) {
      await t.env.advance(100);
      const sentAt = t.env.now();
      t.burst(i, i);
      await t.env.settle();
      expect(waits.at(-1)).toBe(sentAt);
    }
  });
});

describe('a sender that waits for each reply', () => {
  it('soon is not made to wait: nobody else sends meanwhile', async () => {
    await using t = await bench();
    t.bus.handle('t', { batch: { waitMs: 5 }, concurrency: 1 }, (messages) =>
      messages.map(({ payload }: Message) => payload),
    );
    let replies = 0;
    const ask = async (): Promise<void> => {
      for (; replies < 1000; replies++) expect(await t.bus.request('t', replies)).toBe(replies);
    };
    const asking = ask();
    // Nothing but waits makes time pass; each that brings nothing doubles the pause before the next.
    await t.env.advance(5 * 4);
    await asking;
    expect(replies).toBe(1000);
  });
});

describe('a batch that waits', () => {
  it('goes on waiting for what is left of `waitMs` when a slot gets free', async () => {
    await using t = await bench();
    const begun: [number, number][] = [];
    const running: (() => void)[] = [];
    t.bus.subscribe('t', { batch: { waitMs: 10 } }, (messages) => {
      begun.push([t.env.now(), messages.length]);
      return new Promise<void>((resolve) => running.push(resolve));
    });
    // So often that the wait is worth it: batches of one every millisecond.
    for (let n = 0; n < 20; n++) {
      t.burst(n, n);
      await t.env.advance(1);
      for (const finish of running.splice(0)) finish();
      await t.env.settle();
    }
    const firstWait = begun.findIndex(([, count]) => count === 10);
    const [at = 0] = begun[firstWait] ?? [];
    const [before = 0] = begun[firstWait - 1] ?? [];
    expect(at - before).toBeLessThanOrEqual(11);
    expect(firstWait).toBeGreaterThan(0);
  });

  it('is handed over as soon as it is full', async () => {
    await using t = await bench();
    const begun: [number, number][] = [];
    t.bus.subscribe('t', { batch: { size: 4, waitMs: 100 } }, (messages) => {
      begun.push([t.env.now(), messages.length]);
    });
    for (let n = 0; n < 60; n++) {
      t.burst(n, n);
      await t.env.advance(1);
    }
    const [[first = 0] = [], [second = 0] = []] = last(begun, 2);
    expect(second - first).toBe(4);
    expect(last(begun, 1)[0]?.[1]).toBe(4);
  });

  it('leaves no timer behind', async () => {
    await using t = await bench();
    await steady(t, { count: 100, everyMs: 1, waitMs: 5 });
    await t.env.advance(200);
    expect(t.env.pending).toBe(0);
  });
});

describe('a wait without end', () => {
  it('ends when the batch is full', async () => {
    await using t = await bench();
    const sizes: number[] = [];
    const waitMs = Number.POSITIVE_INFINITY;
    t.bus.subscribe('t', { batch: { size: 3, waitMs } }, ({ length }) => void sizes.push(length));
    t.burst(1, 2);
    await t.env.advance(2 ** 32);
    expect(sizes).toEqual([]);
    t.burst(3, 5);
    await t.env.advance(2 ** 32);
    expect(sizes).toEqual([3]);
  });

  it('ends when the bus stops', async () => {
    const t = await bench();
    const sizes: number[] = [];
    const waitMs = Number.POSITIVE_INFINITY;
    t.bus.subscribe('t', { batch: { waitMs } }, ({ length }) => void sizes.push(length));
    t.burst(1, 2);
    const stopped = t.bus.stop();
    await t.env.settle();
    await stopped;
    expect(sizes).toEqual([2]);
  });
});

describe('a wait longer than timers of platforms', () => {
  it('does not end at once', async () => {
    await using t = await bench();
    const sizes: number[] = [];
    const listener = ({ length }: readonly Message[]): void => void sizes.push(length);
    t.bus.subscribe('t', { batch: { size: 10, waitMs: 2 ** 32 } }, listener);
    // A rush, after which waiting is worth it.
    t.burst(1, 10);
    await t.env.settle();
    for (let i = 0; i < 10; i++) {
      t.burst(1, 10);
      await t.env.settle();
    }
    t.burst(1, 1);
    await t.env.advance(2 ** 31);
    expect(sizes.every((size) => size === 10)).toBe(true);
    await t.env.advance(2 ** 32);
    expect(sizes.at(-1)).toBe(1);
  });
});
