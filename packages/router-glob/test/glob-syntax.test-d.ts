import type { AnyContract, CheckedPattern, MatchedTopic, PatternOf } from '@bus/core';
import { createBus } from '@bus/core';
import { describe, expectTypeOf, it } from 'vitest';
import type { GlobSyntax, NocaseGlobSyntax } from '../src/index.ts';
import { routerGlob } from '../src/index.ts';
import type { Shop } from './support/shop.fixture.ts';

type Topics<I> = MatchedTopic<GlobSyntax, Shop, I>;
type Nocase<I> = MatchedTopic<NocaseGlobSyntax, Shop, I>;
type Orders = 'orders.created' | 'orders.cancelled' | 'orders.quote';

describe('the topics a pattern is typed with', () => {
  it('are exact for text, * and **', () => {
    expectTypeOf<Topics<'stock.low'>>().toEqualTypeOf<'stock.low'>();
    expectTypeOf<Topics<'orders.*'>>().toEqualTypeOf<Orders>();
    expectTypeOf<Topics<'orders.**'>>().toEqualTypeOf<Orders | 'orders.item.added'>();
    expectTypeOf<Topics<'*.low'>>().toEqualTypeOf<'stock.low'>();
    expectTypeOf<Topics<'*.*.*'>>().toEqualTypeOf<'orders.item.added'>();
    expectTypeOf<Topics<'**'>>().toEqualTypeOf<keyof Shop>();
    expectTypeOf<Topics<'**.added'>>().toEqualTypeOf<'orders.item.added'>();
    expectTypeOf<Topics<'orders.**.created'>>().toEqualTypeOf<'orders.created'>();
    expectTypeOf<Topics<'**.item.**'>>().toEqualTypeOf<'orders.item.added'>();
    expectTypeOf<Topics<'*.**.*'>>().toEqualTypeOf<keyof Shop>();
    expectTypeOf<Topics<'*'>>().toEqualTypeOf<never>();
    expectTypeOf<Topics<'invoices.*'>>().toEqualTypeOf<never>();
    expectTypeOf<Topics<'orders'>>().toEqualTypeOf<never>();
  });

  it('are never fewer than the pattern matches', () => {
    expectTypeOf<Topics<'orders.c*'>>().toEqualTypeOf<'orders.created' | 'orders.cancelled'>();
    expectTypeOf<Topics<'*s.quote'>>().toEqualTypeOf<'orders.quote'>();
    expectTypeOf<Topics<'orders.?uote'>>().toEqualTypeOf<Orders>();
    expectTypeOf<Topics<'orders.@(created|quote)'>>().toEqualTypeOf<Orders>();
    expectTypeOf<Topics<'[os]*.low'>>().toEqualTypeOf<'stock.low'>();
    expectTypeOf<Topics<'orders.!(created)'>>().toEqualTypeOf<Orders>();
    expectTypeOf<Topics<'orders.{created,item.added}'>>().toEqualTypeOf<keyof Shop>();
    expectTypeOf<Topics<string>>().toEqualTypeOf<keyof Shop>();
  });

  it('are found in either case where the router says so', () => {
    expectTypeOf<Nocase<'ORDERS.*'>>().toEqualTypeOf<Orders>();
    expectTypeOf<Nocase<'Stock.Low'>>().toEqualTypeOf<'stock.low'>();
    expectTypeOf<Nocase<'INVOICES.*'>>().toEqualTypeOf<never>();
    expectTypeOf<Nocase<string>>().toEqualTypeOf<keyof Shop>();
  });

  it('are any topics on a bus without a contract', () => {
    expectTypeOf<MatchedTopic<GlobSyntax, AnyContract, 'a.*'>>().toEqualTypeOf<string>();
    expectTypeOf<MatchedTopic<NocaseGlobSyntax, AnyContract, 'A.*'>>().toEqualTypeOf<string>();
    expectTypeOf<CheckedPattern<GlobSyntax, AnyContract, 'a.*'>>().toEqualTypeOf<'a.*'>();
    expectTypeOf<PatternOf<GlobSyntax, AnyContract>>().toExtend<string>();
  });

  it('leave system patterns to the kernel', () => {
    expectTypeOf<CheckedPattern<GlobSyntax, Shop, '$bus.peer.*'>>().toEqualTypeOf<'$bus.peer.*'>();
  });
});

describe('a bus with routerGlob', () => {
  const bus = createBus<Shop>().use(routerGlob());

  it('types a handler by the topics its pattern matches', () => {
    bus.handle('*.low', (message) => {
      expectTypeOf(message.topic).toEqualTypeOf<'stock.low'>();
      expectTypeOf(message.payload).toEqualTypeOf<{ sku: string; left: number }>();
    });
    bus.handle('orders.**', (message) => {
      if (message.topic === 'orders.cancelled') {
        expectTypeOf(message.payload).toEqualTypeOf<{ id: string; reason: string }>();
      }
      return { price: 1 };
    });
  });

  it('refuses a pattern that no topic fits', () => {
    // @ts-expect-error no topic of the contract matches
    bus.handle('invoices.*', () => {});
    // @ts-expect-error '*' is one segment
    bus.handle('*', () => {});
    // @ts-expect-error no topic has two segments that end so
    bus.handle('*.@(low|high).x', () => {});
    // @ts-expect-error a RegExp needs @bus/router-regex
    bus.handle(/^orders\./, () => {});
    // @ts-expect-error without the router a pattern is an exact topic
    createBus<Shop>().handle('orders.*', () => {});
  });

  it('can be installed once', () => {
    // @ts-expect-error capability 'router-glob' is already provided
    createBus<Shop>().use(routerGlob(), routerGlob());
    // @ts-expect-error capability 'router-glob' is already provided
    bus.use(routerGlob({ nocase: true }));
  });

  it('reads patterns in either case with nocase', () => {
    createBus<Shop>()
      .use(routerGlob({ nocase: true }))
      .handle('STOCK.*', (message) => {
        expectTypeOf(message.topic).toEqualTypeOf<'stock.low'>();
      });
  });
});
