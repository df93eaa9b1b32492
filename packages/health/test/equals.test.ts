import { definePlugin } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { bench, Switch } from './support/bench.ts';

describe('of equals', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [7, 3],
  ])('of %i that all fail, %i are held back', async (count, most) => {
    const t = await bench();
    for (let i = 0; i < count; i++) {
      t.bus.handle('a', () => {
        throw new Error('all of them');
      });
    }
    for (let i = 0; i < 40 * count; i++) await t.ask('a');
    expect(t.inspect().breakers.open).toBe(most);
  });

  it('of a group whose members have patterns of their own, half are held back', async () => {
    const t = await bench();
    for (const pattern of ['a.*', 'a.b', '*.b', 'a.**']) {
      t.bus.subscribe(pattern, () => Promise.reject(new Error('all')), { group: 'g' });
    }
    for (let i = 0; i < 100; i++) {
      await t.bus.publish('a.b', i);
      await t.env.settle();
    }
    expect(t.inspect().breakers.open).toBe(2);
  });

  it('fewer are held back when some go', async () => {
    const t = await bench();
    const broken = [new Switch(0), new Switch(1)];
    for (const one of broken) {
      one.ok = false;
      t.bus.handle('a', one.handle);
    }
    const healthy = [2, 3].map((reply) => t.bus.handle('a', new Switch(reply).handle));
    for (let i = 0; i < 40; i++) await t.ask('a');
    expect(t.inspect().breakers.open).toBe(2);
    healthy[0]?.stop();
    expect(t.inspect().breakers.open).toBe(1);
    healthy[1]?.stop();
    expect(t.inspect().breakers.open).toBe(1);
  });

  it('one that fails while its bus still starts is held back as the others are', async () => {
    const fails = (): never => {
      throw new Error('all of them');
    };
    const link = definePlugin({
      name: 'link',
      setup({ hooks, addEndpoint, receive }) {
        hooks.start.tap(() => {
          addEndpoint({ pattern: 'a', kinds: ['request'], handler: fails });
          for (let i = 0; i < 5; i++) void receive('request', 'a', i, {});
        });
        return undefined;
      },
    });
    const t = await bench({ plugin: link });
    expect(t.inspect().breakers.open).toBe(1);
    t.bus.handle('a', fails);
    for (let i = 0; i < 40; i++) await t.ask('a');
    expect(t.inspect().breakers.open).toBe(1);
  });

  it('those of another priority are no equals', async () => {
    const t = await bench();
    t.bus.handle('a', () => 'low', { priority: 1 });
    t.bus.handle(
      'a',
      () => {
        throw new Error('broken');
      },
      { priority: 2 },
    );
    const replies: unknown[] = [];
    for (let i = 0; i < 7; i++) replies.push(await t.ask('a'));
    expect(replies).toEqual([...Array(5).fill('BUS_HANDLER_FAILED'), 'low', 'low']);
  });
});
