import { expectTypeOf, test } from 'vitest';
import type { Bus, BusState, EndpointView, Subscription } from '../../src/index.ts';
import { BusError, createBus } from '../../src/index.ts';
import type { Shop } from './contract.ts';

const bare = createBus<Shop>();

test('notify takes the topics and payloads of the contract', () => {
  expectTypeOf(bare.notify('orders.created', { id: '1', total: 9 })).toEqualTypeOf<
    Promise<number>
  >();
  bare.notify('stock.low', { sku: 'a', left: 1 }, { key: 'a', priority: 'high', timeoutMs: 5 });
  // @ts-expect-error unknown topic
  bare.notify('orders.creatd', { id: '1', total: 9 });
  // @ts-expect-error payload of another topic
  bare.notify('orders.created', { id: '1', reason: 'late' });
  // @ts-expect-error missing field
  bare.notify('orders.created', { id: '1' });
  // @ts-expect-error there is no such priority
  bare.notify('orders.created', { id: '1', total: 9 }, { priority: 'urgent' });
});

test('handle types the message, and the reply of a request', () => {
  const subscription = bare.handle('orders.quote', (message) => {
    expectTypeOf(message.payload).toEqualTypeOf<{ sku: string; qty: number }>();
    expectTypeOf(message.topic).toEqualTypeOf<'orders.quote'>();
    expectTypeOf(message.signal).toEqualTypeOf<AbortSignal>();
    return { price: message.payload.qty };
  });
  expectTypeOf(subscription).toEqualTypeOf<Subscription>();
  bare.handle('orders.quote', async () => ({ price: 1 }), { concurrency: 4, balance: 'sticky' });
  bare.handle('orders.quote', async function* () {
    yield { price: 1 };
  });
  bare.handle('stock.low', () => {});
  bare.handle('stock.low', async () => {});
  // @ts-expect-error a request handler must return the contract's reply
  bare.handle('orders.quote', () => ({ cost: 1 }));
  // @ts-expect-error nor may it stream anything else
  bare.handle('orders.quote', async function* () {
    yield { cost: 1 };
  });
  // @ts-expect-error without a router a pattern is an exact topic
  bare.handle('orders.*', () => {});
  // @ts-expect-error a RegExp needs a router that reads it
  bare.handle(/^orders/, () => {});
  // @ts-expect-error there is no such policy
  bare.handle('stock.low', () => {}, { overflow: 'drop' });
});

test('system patterns are allowed on every bus', () => {
  bare.handle('$bus.endpoint.added', (message) => {
    expectTypeOf(message.payload).toEqualTypeOf<unknown>();
    expectTypeOf(message.topic).toEqualTypeOf<string>();
  });
});

test('messages are read-only', () => {
  bare.handle('stock.low', (message) => {
    // @ts-expect-error the topic is not for changing
    message.topic = 'stock.low';
    // @ts-expect-error nor are the headers
    message.headers.a = 'b';
  });
});

test('a contract entry must be a payload, and maybe a reply', () => {
  // @ts-expect-error a string is none
  createBus<{ ping: string }>();
});

test('without a contract any topic and payload will do', () => {
  const open = createBus();
  open.notify('anything', { at: 'all' });
  open.handle('anything', (message) => {
    expectTypeOf(message.payload).toEqualTypeOf<unknown>();
    return 5;
  });
});

test('methods of plugins that are not installed do not exist', () => {
  // @ts-expect-error @bus/pubsub is not installed
  bare.publish('orders.created', { id: '1', total: 9 });
  // @ts-expect-error @bus/correlation is not installed
  bare.request('orders.quote', { sku: 'a', qty: 1 });
  // @ts-expect-error @bus/health is not installed
  bare.health;
});

test('the rest of the kernel', async () => {
  expectTypeOf(bare.state).toEqualTypeOf<BusState>();
  expectTypeOf(bare.endpoints()).toEqualTypeOf<readonly EndpointView[]>();
  expectTypeOf(bare.explain('any', { kind: 'request' }).verdict).toEqualTypeOf<string>();
  expectTypeOf(bare.inspect().outcomes.ended['dead-lettered']).toEqualTypeOf<number>();
  expectTypeOf(bare.stop({ drainMs: 5 })).toEqualTypeOf<Promise<void>>();
  // @ts-expect-error a bus is not made of options it does not know
  createBus<Shop>({ capacity: 5 });
  const started = async (): Promise<void> => {
    await using running = await bare.start();
    expectTypeOf(running).toExtend<Bus<Shop>>();
  };
  expectTypeOf(started).returns.toEqualTypeOf<Promise<void>>();
});

test('a code narrows the details of an error', () => {
  const caught: unknown = undefined;
  if (BusError.is(caught)) {
    if (caught.code === 'BUS_NO_ROUTE') {
      expectTypeOf(caught.details).toEqualTypeOf<{ readonly topic: string }>();
    }
    if (caught.code === 'BUS_MAILBOX_FULL') {
      expectTypeOf(caught.details.capacity).toEqualTypeOf<number>();
    }
    // @ts-expect-error details belong to a code: narrow first
    caught.details.capacity;
    // @ts-expect-error there is no such code
    caught.code === 'BUS_OUT_OF_ORDER';
  }
});
