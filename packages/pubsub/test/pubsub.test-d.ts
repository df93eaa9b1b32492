import type { Bus, ExactSyntax, Message } from '@bus/core';
import { createBus } from '@bus/core';
import type { MessageStream, PubSub, PubSubApi } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import { describe, expectTypeOf, it } from 'vitest';
import type { Shop } from './support/shop.fixture.ts';

const bare = createBus<Shop>();
const bus = createBus<Shop>().use(pubsub());
const open = createBus().use(pubsub());

describe('a bus without the plugin', () => {
  it('has none of its methods', () => {
    // @ts-expect-error @bus/pubsub is not installed
    bare.publish('orders.created', { id: '1', total: 9 });
    // @ts-expect-error @bus/pubsub is not installed
    bare.subscribe('orders.created', () => {});
  });

  it('takes the plugin once', () => {
    // @ts-expect-error capability 'pubsub' is already provided
    bus.use(pubsub());
    // @ts-expect-error capability 'pubsub' is already provided
    createBus<Shop>().use(pubsub(), pubsub());
  });
});

describe('publish', () => {
  it('takes events of the contract with their payloads', () => {
    expectTypeOf(bus.publish('stock.low', { sku: 'a', left: 2 })).toEqualTypeOf<Promise<number>>();
    bus.publish('stock.low', { sku: 'a', left: 2 }, { key: 'a', priority: 'high' });
    // @ts-expect-error payloads come from the contract
    bus.publish('stock.low', { sku: 'a', left: '2' });
    // @ts-expect-error unknown topic
    bus.publish('stock.lo', { sku: 'a', left: 2 });
    // @ts-expect-error a request topic is not an event
    bus.publish('orders.quote', { sku: 'a', qty: 1 });
    // @ts-expect-error an unknown option
    bus.publish('stock.low', { sku: 'a', left: 2 }, { delivery: 'reliable' });
  });

  it('as a direct channel takes the payload of its topic', () => {
    const send = bus.publisher('stock.low', { key: 'a' });
    expectTypeOf(send).toEqualTypeOf<(payload: { sku: string; left: number }) => Promise<number>>();
    // @ts-expect-error payloads come from the contract
    send({ sku: 'a' });
    // @ts-expect-error a request topic is not an event
    bus.publisher('orders.quote');
  });

  it('without a contract takes anything', () => {
    open.publish('any.topic', Symbol('any'));
    open.publisher('any.topic')(1);
  });
});

describe('subscribe', () => {
  it('types the message by its topic', () => {
    bus.subscribe('orders.created', (message) => {
      expectTypeOf(message).toEqualTypeOf<
        Message<'orders.created', Shop['orders.created']['payload']>
      >();
      expectTypeOf(message.payload.total).toEqualTypeOf<number>();
      expectTypeOf(message.missed).toEqualTypeOf<number>();
      // @ts-expect-error messages are read-only
      message.key = 'a';
    });
    // @ts-expect-error no such topic
    bus.subscribe('invoices.created', () => {});
  });

  it('types a union of topics by each of them', () => {
    const topic = 'orders.created' as 'orders.created' | 'stock.low';
    bus.subscribe(topic, (message) => {
      expectTypeOf(message.topic).toEqualTypeOf<'orders.created' | 'stock.low'>();
      if (message.topic === 'stock.low') expectTypeOf(message.payload.left).toEqualTypeOf<number>();
    });
  });

  it('takes exact topics only, where no router is installed', () => {
    // @ts-expect-error without a router a pattern is an exact topic
    bus.subscribe('orders.*', () => {});
    // @ts-expect-error a RegExp needs @bus/router-regex
    bus.subscribe(/^orders\./, () => {});
    bus.subscribe('$bus.endpoint.added', () => {});
  });

  it('takes listeners that return anything', () => {
    const seen: number[] = [];
    bus.subscribe('stock.low', ({ payload }) => seen.push(payload.left));
    bus.subscribe('stock.low', async ({ payload }) => payload.left);
    // @ts-expect-error a listener is a function
    bus.subscribe('stock.low', 'listener');
  });

  it('types filter and key by the message', () => {
    bus.subscribe('stock.low', () => {}, {
      group: 'g',
      filter: ({ payload }) => payload.left < 3,
      key: ({ payload }) => payload.sku,
      overflow: 'drop-oldest',
    });
    bus.subscribe('stock.low', {
      filter: { sources: ['hub'], headers: { a: 'b' }, where: ({ payload }) => payload.left > 1 },
      mode: 'latest',
    });
    // @ts-expect-error not a field of stock.low
    bus.subscribe('stock.low', () => {}, { filter: ({ payload }) => payload.total > 1 });
    // @ts-expect-error not a policy
    bus.subscribe('stock.low', () => {}, { overflow: 'drop' });
    // @ts-expect-error not a mode
    bus.subscribe('stock.low', { mode: 'newest' });
  });

  it('without a listener gives a stream of such messages', async () => {
    const stream = bus.subscribe('stock.low', { capacity: 2 });
    expectTypeOf(stream).toExtend<
      MessageStream<Message<'stock.low', { sku: string; left: number }>>
    >();
    for await (const message of stream) {
      expectTypeOf(message.payload).toEqualTypeOf<{ sku: string; left: number }>();
    }
    const next = await stream.next();
    if (next.done) expectTypeOf(next.value).toEqualTypeOf<undefined>();
    else expectTypeOf(next.value.payload.left).toEqualTypeOf<number>();
    expectTypeOf(stream).toExtend<AsyncIterable<unknown> & AsyncDisposable & Disposable>();
  });
});

describe('code that needs the capability', () => {
  it('asks for it, not for the whole bus', () => {
    function audit(target: Bus<Shop, PubSub>): void {
      target.subscribe('stock.low', () => {});
    }
    audit(bus);
    // @ts-expect-error @bus/pubsub is not installed
    audit(bare);
    function announce(target: Pick<PubSubApi<Shop, ExactSyntax>, 'publish'>): void {
      target.publish('stock.low', { sku: 'a', left: 1 });
    }
    announce(bus);
  });
});
