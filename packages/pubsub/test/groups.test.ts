import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, stepwise } from './support/bench.ts';

describe('a group', () => {
  it('gets each message once, in turn, beside those without a group', async () => {
    await using t = await bench();
    const got: string[] = [];
    for (const name of ['x', 'y']) {
      t.bus.subscribe('a', ({ payload }) => got.push(`${name}${payload}`), { group: 'g' });
    }
    t.bus.subscribe('a', ({ payload }) => got.push(`all${payload}`));
    for (const payload of [1, 2, 3]) expect(await t.bus.publish('a', payload)).toBe(2);
    expect(got.toSorted()).toEqual(['all1', 'all2', 'all3', 'x1', 'x3', 'y2']);
  });

  it('is called in its place by priority, among those without a group', async () => {
    await using t = await bench();
    const got: string[] = [];
    t.bus.subscribe('a', () => got.push('alone'));
    t.bus.subscribe('a', () => got.push('high member'), { group: 'g', priority: 10 });
    t.bus.subscribe('a', () => got.push('highest'), { priority: 20 });
    await t.bus.publish('a', 1);
    expect(got).toEqual(['highest', 'high member', 'alone']);
  });

  it('is one across patterns', async () => {
    await using t = await bench();
    const got: string[] = [];
    for (const pattern of ['orders.created', 'orders.**', '**']) {
      t.bus.subscribe(pattern, () => got.push(pattern), { group: 'billing' });
    }
    t.bus.subscribe('orders.**', () => got.push('other'), { group: 'audit' });
    for (let i = 0; i < 6; i++) expect(await t.bus.publish('orders.created', i)).toBe(2);
    const count = (pattern: string) => got.filter((each) => each === pattern).length;
    expect(['orders.created', 'orders.**', '**', 'other'].map(count)).toEqual([2, 2, 2, 6]);
    expect(await t.bus.publish('orders.eu.created', 1)).toBe(2);
    expect(await t.bus.publish('stock.low', 1)).toBe(1);
  });

  it('goes on with those who stay', async () => {
    await using t = await bench();
    const got: string[] = [];
    const first = t.bus.subscribe('a', () => got.push('first'), { group: 'g' });
    t.bus.subscribe('a', () => got.push('second'), { group: 'g' });
    await t.bus.publish('a', 1);
    first.stop();
    await t.bus.publish('a', 2);
    await t.bus.publish('a', 3);
    expect(got).toEqual(['first', 'second', 'second']);
  });

  it('gives messages only to members of the highest priority that want them', async () => {
    await using t = await bench();
    const got: string[] = [];
    const member = (name: string, priority: number, wants: unknown) =>
      t.bus.subscribe('a', () => got.push(name), {
        group: 'g',
        priority,
        filter: ({ payload }) => wants === undefined || payload === wants,
      });
    member('high', 2, 1);
    member('low', 1, undefined);
    await t.bus.publish('a', 1);
    await t.bus.publish('a', 2);
    expect(got).toEqual(['high', 'low']);
  });

  it.each([
    ['sticky', ['k1', 'k1', 'k1', 'k1'], 1],
    ['round-robin', ['k1', 'k1', 'k1', 'k1'], 2],
  ] as const)(
    'with %s balance shares the messages of a key as it says',
    async (balance, keys, members) => {
      await using t = await bench();
      const got = new Set<string>();
      for (const name of ['x', 'y']) {
        t.bus.subscribe('a', () => got.add(name), { group: 'g', balance });
      }
      for (const key of keys) await t.bus.publish('a', 1, { key });
      expect(got.size).toBe(members);
    },
  );

  it('with least-pending balance spares the one that hangs', async () => {
    await using t = await bench();
    const slow = stepwise();
    const got: unknown[] = [];
    t.bus.subscribe('a', slow.listener, { group: 'g', balance: 'least-pending' });
    t.bus.subscribe('a', ({ payload }) => got.push(payload), {
      group: 'g',
      balance: 'least-pending',
    });
    for (const payload of [1, 2, 3, 4, 5]) await t.bus.publish('a', payload);
    expect(slow.started).toHaveLength(1);
    expect(got).toHaveLength(4);
  });

  it('with a balance function that throws refuses the message and spares the publisher', async () => {
    await using t = await bench();
    for (let i = 0; i < 2; i++) {
      t.bus.subscribe('a', () => {}, {
        group: 'g',
        balance() {
          throw new Error('cannot choose');
        },
      });
    }
    await expect(t.bus.publish('a', 1)).rejects.toMatchObject({ code: 'BUS_HANDLER_FAILED' });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('shares notifications, too, and counts as one', async () => {
    await using t = await bench();
    t.bus.subscribe('a', () => {}, { group: 'g' });
    t.bus.subscribe('a', () => {}, { group: 'g' });
    expect(await t.bus.notify('a', 1)).toBe(1);
  });
});
