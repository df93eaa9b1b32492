import type { Priority } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { bench, busy, work } from '../support/bench.ts';

const initial: Record<string, Priority> = { l: 'low', n: 'normal', h: 'high' };

describe('priority', () => {
  it('lets high overtake what waits, and equals keep their order', async () => {
    await using t = await busy({ capacity: 10 });
    for (const name of ['l1', 'n1', 'h1', 'l2', 'n2', 'h2'])
      await t.send(name, initial[name.charAt(0)]);
    expect(await t.finish()).toBe('h1,h2,n1,n2,l1,l2');
  });

  it('does not starve low: after a number of overtakings it has its turn', async () => {
    await using t = await busy({ capacity: 100 });
    await t.send('low', 'low');
    for (let i = 0; i < 30; i++) await t.send(`h${i}`, 'high');
    const handled = (await t.finish()).split(',');
    expect(handled.indexOf('low')).toBe(8);
  });

  it('does not starve low under an endless stream either', async () => {
    await using t = await bench();
    let highs = 0;
    let before = -1;
    t.bus.subscribe('a', async ({ priority }) => {
      if (priority === 'low') before = highs;
      else if (++highs < 100) void t.bus.publish('a', 1, { priority: 'high' });
      await undefined;
    });
    for (const priority of ['high', 'high', 'low'] as const)
      void t.bus.publish('a', 1, { priority });
    await t.env.settle();
    await t.env.settle();
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(12);
  });

  it('overtakes messages that have waited for their key, too', async () => {
    await using t = await bench();
    const jobs = work();
    t.bus.subscribe('a', jobs.handler, { concurrency: 2 });
    for (const payload of ['k1', 'k2', 'k3']) {
      await t.bus.publish('a', payload, { key: 'k', priority: 'low' });
    }
    await t.bus.publish('a', 'other');
    for (const payload of ['h1', 'h2']) await t.bus.publish('a', payload, { priority: 'high' });
    jobs.finish('k1');
    await t.env.settle();
    expect(jobs.running).toEqual(['other', 'h1']);
  });

  it.each(['drop-oldest', 'drop-newest'] as const)(
    'makes %s give up the lowest first',
    async (overflow) => {
      await using t = await busy({ capacity: 3, overflow });
      for (const priority of ['low', 'normal', 'high'] as const) await t.send(priority, priority);
      expect(await t.send('high2', 'high')).toBe(1);
      expect(await t.send('high3', 'high')).toBe(1);
      expect(await t.finish()).toBe('high missed 2,high2,high3');
    },
  );

  it.each(['drop-oldest', 'drop-newest'] as const)(
    'makes %s drop a message below all that waits',
    async (overflow) => {
      await using t = await busy({ capacity: 1, overflow });
      await t.send('normal');
      expect(await t.send('low', 'low')).toBe(0);
      expect(await t.finish()).toBe('normal missed 1');
    },
  );
});
