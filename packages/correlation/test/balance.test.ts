import type { Balance } from '@bus/core';
import { definePlugin } from '@bus/core';
import { never, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { correlation } from '../src/index.ts';
import { bench, watched } from './support/bench.ts';

async function replies(balance: Balance | undefined, key?: string): Promise<unknown[]> {
  await using t = await bench({ balance });
  for (const name of ['x', 'y', 'z']) t.bus.handle('a', () => name, { name });
  const got: unknown[] = [];
  for (let i = 0; i < 6; i++) got.push(await t.bus.request('a', i, { key }));
  return got;
}

describe('the balance option', () => {
  it('is left to the handlers by default', async () => {
    expect(await replies(undefined)).toEqual(['x', 'y', 'z', 'x', 'y', 'z']);
  });

  it('sticks to one handler per key with sticky', async () => {
    expect(new Set(await replies('sticky', 'customer 1')).size).toBe(1);
  });

  it('prefers the least busy with least-pending', async () => {
    await using t = await bench({ balance: 'least-pending' });
    t.bus.handle('a', never);
    t.bus.handle('a', () => 'free');
    const states = Array.from({ length: 5 }, (_, i) => watched(t.bus.request('a', i)));
    await t.env.settle();
    expect(states.filter(({ state }) => state === 'waiting')).toHaveLength(1);
  });

  it('passes through a tap that copies what comes with the message', async () => {
    const copying = definePlugin({
      name: 'copying',
      setup({ hooks }) {
        hooks.send.tap(
          (next) => (kind, topic, payload, options, extras) =>
            next(kind, topic, payload, options, { ...extras }),
        );
        return undefined;
      },
    });
    await using t = await bench({ balance: 'sticky', plugin: copying });
    for (const name of ['x', 'y', 'z']) t.bus.handle('a', () => name);
    const got = new Set<unknown>();
    for (let i = 0; i < 6; i++) got.add(await t.bus.request('a', i, { key: 'customer 1' }));
    expect(got.size).toBe(1);
  });

  it('asks a function', async () => {
    const last: Balance = (equals) => {
      const chosen = equals.at(-1);
      if (chosen === undefined) throw new Error('none');
      return chosen;
    };
    expect(new Set(await replies(last))).toEqual(new Set(['z']));
  });

  it('rejects the request of a function that throws', async () => {
    await using t = await bench({
      balance() {
        throw new Error('cannot choose');
      },
    });
    t.bus.handle('a', () => 1);
    t.bus.handle('a', () => 2);
    const failed = { code: 'BUS_HANDLER_FAILED', message: 'cannot choose' };
    await expect(t.bus.request('a', 1)).rejects.toMatchObject(failed);
    expect(t.report().pending).toBe(0);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('is refused where it is none', () => {
    expect(() => correlation({ balance: 'random' as 'sticky' })).toThrow(
      expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
    );
  });
});
