import { createBus } from '@bus/core';
import { routerRegex } from '@bus/router-regex';
import { expectTypeOf, test } from 'vitest';

interface Shop {
  'orders.created': { payload: { id: string } };
  'stock.low': { payload: { sku: string } };
}

test('a RegExp matches the union of all topics, and narrows on the topic', () => {
  const bus = createBus<Shop>({ id: 'a' }).use(routerRegex());
  bus.handle(/^orders\./, (message) => {
    expectTypeOf(message.topic).toEqualTypeOf<keyof Shop>();
    if (message.topic === 'stock.low') {
      expectTypeOf(message.payload).toEqualTypeOf<{ sku: string }>();
    }
  });
});

test('an exact topic stays exact', () => {
  const bus = createBus<Shop>({ id: 'a' }).use(routerRegex({ engine: 'linear' }));
  bus.handle('orders.created', (message) => {
    expectTypeOf(message.payload).toEqualTypeOf<{ id: string }>();
  });
  // @ts-expect-error no topic of the contract
  bus.handle('orders.creatd', () => {});
  // @ts-expect-error a glob needs @bus/router-glob
  bus.handle('orders.*', () => {});
});

test('without the router a RegExp is no pattern, and the router is installed once', () => {
  // @ts-expect-error a RegExp needs @bus/router-regex
  createBus<Shop>({ id: 'a' }).handle(/^orders\./, () => {});
  // @ts-expect-error capability 'router-regex' is already provided
  createBus<Shop>({ id: 'a' }).use(routerRegex(), routerRegex());
  // @ts-expect-error no such engine
  routerRegex({ engine: 'pcre' });
});
