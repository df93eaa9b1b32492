import type { MatchedTopic } from '@bus/core';
import { createBus } from '@bus/core';
import { expect, expectTypeOf, test } from 'vitest';
import type { AcmeSyntax } from '../src/index.ts';
import { routerAcme } from '../src/index.ts';

interface Shop {
  'orders.created': { payload: { id: number } };
  'orders.item.added': { payload: { sku: string } };
  'stock.low': { payload: { sku: string } };
}

type Topics<P> = MatchedTopic<AcmeSyntax, Shop, P>;

test('a handler gets the topics its pattern matches, and no others', async () => {
  const bus = await createBus<Shop>().use(routerAcme()).start();
  const heard: string[] = [];
  bus.handle('orders.>', ({ topic }) => void heard.push(topic));
  await bus.notify('orders.created', { id: 1 });
  await bus.notify('orders.item.added', { sku: 'tea' });

  expect(heard).toEqual(['orders.created', 'orders.item.added']);
  expect(bus.explain('stock.low').endpoints).toEqual([]);
  await bus.stop();
});

test('the compiler knows which topics a pattern matches', () => {
  expectTypeOf<Topics<'orders.*'>>().toEqualTypeOf<'orders.created'>();
  expectTypeOf<Topics<'orders.>'>>().toEqualTypeOf<'orders.created' | 'orders.item.added'>();
  expectTypeOf<Topics<'>'>>().toEqualTypeOf<keyof Shop>();
  expectTypeOf<Topics<'stock.low'>>().toEqualTypeOf<'stock.low'>();
  expectTypeOf<Topics<'invoices.*'>>().toEqualTypeOf<never>();
  expectTypeOf<Topics<string>>().toEqualTypeOf<keyof Shop>();
});

test('what has the marks of another router is left to it', async () => {
  const bus = await createBus().use(routerAcme()).start();
  expect(() => bus.handle('orders.{a,b}.*', () => undefined)).toThrow("'orders.{a,b}.*'");
  expect(bus.inspect().plugins['bus-router-acme']).toEqual({ patterns: 0 });
  await bus.stop();
});

test('a > that is not at the end is refused', async () => {
  const bus = await createBus().use(routerAcme()).start();
  expect(() => bus.handle('orders.>.created', () => undefined)).toThrow('not at its end');
  await bus.stop();
});
