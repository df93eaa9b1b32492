import { createBus } from '@bus/core';
import { expect, expectTypeOf, test } from 'vitest';
import type { Delivered, RecentOptions } from '../src/index.ts';
import { recent } from '../src/index.ts';
import { virtualEnv } from './virtual-env.ts';

interface Shop {
  'orders.created': { payload: { id: number } };
  'stock.low': { payload: { sku: string } };
}

async function shop(options?: RecentOptions) {
  const env = virtualEnv();
  const bus = await createBus<Shop>({ env }).use(recent(options)).start();
  return { bus, env };
}

test('what became of the last messages on a topic can be read, oldest first', async () => {
  const { bus } = await shop({ size: 2 });
  bus.handle('orders.created', () => undefined, { name: 'billing' });
  for (const id of [1, 2, 3]) await bus.notify('orders.created', { id });

  expect(bus.recent.of('orders.created')).toEqual([
    { payload: { id: 2 }, outcome: 'handled', endpoint: 'billing' },
    { payload: { id: 3 }, outcome: 'handled', endpoint: 'billing' },
  ]);
  expect(bus.recent.of('stock.low')).toEqual([]);
});

test('payloads are typed by the contract', async () => {
  const { bus } = await shop();
  expectTypeOf(bus.recent.of('stock.low')).toEqualTypeOf<readonly Delivered<{ sku: string }>[]>();
  // @ts-expect-error: the contract has no such topic
  bus.recent.of('orders.eaten');
});

test('old deliveries are forgotten, and then no timer is left', async () => {
  const { bus, env } = await shop({ maxAgeMs: 1000 });
  bus.handle('stock.low', () => undefined);
  await bus.notify('stock.low', { sku: 'tea' });
  expect(bus.inspect().plugins['bus-plugin-recent']).toEqual({ topics: 1 });

  await env.advance(2000);
  expect(bus.recent.of('stock.low')).toEqual([]);
  expect(bus.inspect().plugins['bus-plugin-recent']).toEqual({ topics: 0 });
  expect(env.pending).toBe(0);
});

test('of too many topics, the stalest is forgotten', async () => {
  const { bus } = await shop({ topics: 1 });
  bus.handle('orders.created', () => undefined);
  bus.handle('stock.low', () => undefined);
  await bus.notify('orders.created', { id: 1 });
  await bus.notify('stock.low', { sku: 'tea' });

  expect(bus.recent.of('orders.created')).toEqual([]);
  expect(bus.recent.of('stock.low')).toHaveLength(1);
});

test('a stopped bus keeps nothing and leaves no timer', async () => {
  const { bus, env } = await shop();
  bus.handle('stock.low', () => new Promise(() => undefined));
  await bus.notify('stock.low', { sku: 'tea' });
  const stopped = bus.stop({ drainMs: 100 });
  await env.advance(100);
  await stopped;

  expect(bus.recent.of('stock.low')).toEqual([]);
  expect(env.pending).toBe(0);
});

test('options that make no sense are refused', () => {
  expect(() => recent({ size: 0 })).toThrow("option 'size' is 0");
});
