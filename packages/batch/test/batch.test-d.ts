import type { Message, Subscription } from '@bus/core';
import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { describe, expectTypeOf, it } from 'vitest';
import type { Batch } from '../src/index.ts';
import { batch } from '../src/index.ts';
import type { Shop } from './support/shop.fixture.ts';

const bare = createBus<Shop>().use(pubsub());
const bus = createBus<Shop>().use(pubsub(), batch());
const globs = createBus<Shop>().use(pubsub(), batch(), routerGlob());
const open = createBus().use(pubsub(), batch());
const alone = createBus<Shop>().use(batch());

type Created = Message<'orders.created', { id: string; total: number }>;

describe('a bus without the plugin', () => {
  it('knows no batches', () => {
    // @ts-expect-error @bus/batch is not installed
    bare.subscribe('orders.created', { batch: {} }, () => {});
    // @ts-expect-error @bus/batch is not installed
    bare.subscribe('orders.created', () => {}, { batch: {} });
    // @ts-expect-error @bus/batch is not installed
    bare.handle('orders.quote', { batch: {} }, () => [{ price: 1 }]);
  });

  it('takes it once', () => {
    // @ts-expect-error capability 'batch' is already provided
    bus.use(batch());
  });
});

describe('a bus with the plugin', () => {
  it('has all it had before', () => {
    bus.subscribe('orders.created', (message) => {
      expectTypeOf(message).toEqualTypeOf<Created>();
    });
    bus.handle('orders.quote', (message) => ({ price: message.payload.qty }));
  });

  it('has no `subscribe` where @bus/pubsub is not installed', () => {
    // @ts-expect-error @bus/pubsub is not installed
    alone.subscribe('orders.created', { batch: {} }, () => {});
    // @ts-expect-error @bus/pubsub is not installed
    alone.subscribe('orders.created', () => {});
    alone.handle('orders.quote', { batch: {} }, (messages) => messages.map(() => ({ price: 1 })));
  });
});

describe('subscribe with `batch`', () => {
  it('types messages and batch by the topic', () => {
    const subscription = bus.subscribe(
      'orders.created',
      { batch: { size: 10 } },
      (messages, batch) => {
        expectTypeOf(messages).toEqualTypeOf<readonly Created[]>();
        expectTypeOf(batch).toEqualTypeOf<Batch<Created>>();
        for (const message of messages) batch.fail(message, new Error(message.payload.id));
        // @ts-expect-error no message of this topic
        batch.fail({ topic: 'stock.low' }, 1);
      },
    );
    expectTypeOf(subscription).toEqualTypeOf<Subscription>();
    // @ts-expect-error no such topic
    bus.subscribe('orders.creatd', { batch: {} }, () => {});
  });

  it('types patterns by all topics they match', () => {
    globs.subscribe('*.*', { batch: {} }, (messages) => {
      expectTypeOf(messages[0]?.topic).toEqualTypeOf<keyof Shop | undefined>();
    });
  });

  it('takes the options of `subscribe`', () => {
    bus.subscribe(
      'orders.created',
      { batch: {}, group: 'g', concurrency: 2, filter: ({ payload }) => payload.total > 1 },
      async () => {},
    );
    // @ts-expect-error one message is no batch
    bus.subscribe('orders.created', { batch: {}, once: true }, () => {});
    // @ts-expect-error a batch needs a listener
    bus.subscribe('orders.created', { batch: {} });
    // @ts-expect-error of no installed plugin
    bus.subscribe('orders.created', { batch: {}, delivery: 'reliable' }, () => {});
    // @ts-expect-error unknown limit
    bus.subscribe('orders.created', { batch: { count: 1 } }, () => {});
  });

  it('without a contract takes anything', () => {
    open.subscribe('any.topic', { batch: {} }, (messages) => {
      expectTypeOf(messages[0]?.payload).toEqualTypeOf<unknown>();
    });
  });
});

describe('handle with `batch`', () => {
  it('wants a reply for each', () => {
    bus.handle('orders.quote', { batch: {} }, (messages) =>
      messages.map(({ payload }) => ({ price: payload.qty })),
    );
    bus.handle('orders.quote', { batch: {}, priority: 1 }, async () => [{ price: 1 }]);
    // @ts-expect-error a list is wanted
    bus.handle('orders.quote', { batch: {} }, () => ({ price: 1 }));
    // @ts-expect-error replies come from the contract
    bus.handle('orders.quote', { batch: {} }, () => [{ price: 'one' }]);
    // @ts-expect-error replies are wanted
    bus.handle('orders.quote', { batch: {} }, () => {});
    // @ts-expect-error a batch has no streamed replies
    bus.handle('orders.quote', { batch: {} }, async function* () {
      yield { price: 1 };
    });
  });

  it('wants none where the contract has none', () => {
    bus.handle('stock.low', { batch: {} }, () => {});
    bus.handle('stock.low', { batch: {} }, async () => {});
    bus.handle('orders.ping', { batch: {} }, () => {});
    // @ts-expect-error nobody asks for replies
    bus.handle('stock.low', { batch: {} }, () => [1]);
  });

  it('takes a list of what each of several topics has', () => {
    globs.handle('orders.*', { batch: {} }, (messages) =>
      messages.map((message) =>
        message.topic === 'orders.quote' ? { price: message.payload.qty } : undefined,
      ),
    );
  });

  it('without a contract may return anything or nothing', () => {
    open.handle('any.topic', { batch: {} }, (messages) => messages.map(() => 1));
    open.handle('any.topic', { batch: {} }, async () => {});
  });
});
