import { createBus } from '@bus/core';
import { virtualEnv } from '@bus/testkit';
import { expect, expectTypeOf, test } from 'vitest';
import type { AcmeOptions, Sent } from '../src/index.ts';
import { acme } from '../src/index.ts';

interface Shop {
  'orders.created': { payload: { id: number } };
  'stock.low': { payload: { sku: string } };
}

/** A bus on a clock that stands still until it is told to go on. */
async function shop(options?: AcmeOptions) {
  const env = virtualEnv({ seed: 1 });
  const bus = await createBus<Shop>({ env }).use(acme(options)).start();
  bus.handle('orders.created', () => undefined);
  bus.handle('stock.low', () => undefined);
  return { bus, env };
}

test('the last message of a topic can be read, and how long ago it was sent', async () => {
  const { bus, env } = await shop();
  await bus.notify('orders.created', { id: 1 });
  await bus.notify('orders.created', { id: 2 });
  await env.advance(500);

  expect(bus.acme.last('orders.created')).toEqual({ payload: { id: 2 }, agoMs: 500 });
  expect(bus.acme.last('stock.low')).toBeUndefined();
});

test('payloads are typed by the contract', async () => {
  const { bus } = await shop();
  expectTypeOf(bus.acme.last('stock.low')).toEqualTypeOf<Sent<{ sku: string }> | undefined>();
  // @ts-expect-error: the contract has no such topic
  bus.acme.last('orders.eaten');
});

test('of too many topics, the stalest is forgotten', async () => {
  const { bus } = await shop({ topics: 1 });
  await bus.notify('orders.created', { id: 1 });
  await bus.notify('stock.low', { sku: 'tea' });

  expect(bus.acme.last('orders.created')).toBeUndefined();
  expect(bus.acme.last('stock.low')).toEqual({ payload: { sku: 'tea' }, agoMs: 0 });
  expect(bus.inspect().plugins['bus-plugin-acme']).toEqual({ topics: 1 });
});

test('a stopped bus keeps nothing', async () => {
  const { bus } = await shop();
  await bus.notify('stock.low', { sku: 'tea' });
  await bus.stop();

  expect(bus.acme.last('stock.low')).toBeUndefined();
});

test('options that make no sense are refused', () => {
  expect(() => acme({ topics: 0 })).toThrow("option 'topics' of acme is 0");
});
