import { describe, expect, it } from 'vitest';
import { bench, reliably } from './support/bench.ts';
import { watched } from './support/promises.ts';

describe('the order', () => {
  it('is kept while a message is tried again: all others wait', async () => {
    await using it = await bench();
    const handled: unknown[] = [];
    it.bus.subscribe(
      'a',
      ({ payload, attempt }) => {
        if (payload === 1 && attempt < 3) throw new Error('not yet');
        handled.push(payload);
      },
      reliably,
    );
    for (const payload of [0, 1, 2, 3]) void it.bus.publish('a', payload, reliably);
    await it.env.advance(100);
    expect(handled).toEqual([0]);
    await it.env.advance(1000);
    expect(handled).toEqual([0, 1, 2, 3]);
  });

  it('is kept by key where several are handled at once: other keys go on', async () => {
    await using it = await bench();
    const handled: unknown[] = [];
    it.bus.subscribe(
      'a',
      ({ payload, key, attempt }) => {
        if (payload === 1 && attempt === 1) throw new Error('not yet');
        handled.push(`${key}${payload}`);
      },
      { ...reliably, concurrency: 4 },
    );
    for (const payload of [1, 2]) {
      for (const key of ['x', 'y']) {
        if (key === 'y' && payload === 1) continue;
        void it.bus.publish('a', payload, { key });
      }
    }
    expect(handled).toEqual(['y2']);
    await it.env.advance(1000);
    expect(handled).toEqual(['y2', 'x1', 'x2']);
  });

  it('is given up where it is released: others go on, no more at once than asked for', async () => {
    await using it = await bench();
    const handled: unknown[] = [];
    let running = 0;
    let most = 0;
    it.bus.subscribe(
      'a',
      async ({ payload, attempt }) => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        if (payload === 1 && attempt === 1) throw new Error('not yet');
        handled.push(payload);
      },
      { ...reliably, order: 'released' },
    );
    const published = [1, 2, 3].map((payload) =>
      watched(it.bus.publish('a', payload, { ...reliably, key: 'k' })),
    );
    for (const payload of [4, 5]) void it.bus.publish('a', payload, { key: 'k' });
    await it.env.advance(50);
    expect(handled).toEqual([4, 5]);
    await it.env.advance(1000);
    expect(handled).toEqual([4, 5, 1, 2, 3]);
    expect(published.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(most).toBe(1);
    expect(it.bus.inspect().outcomes.ended.handled).toBe(5);
  });
});
