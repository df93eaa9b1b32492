import type { Bus } from '@bus/core';
import { BusError, createBus, definePlugin } from '@bus/core';
import type { CorrelationErrorCodes, ReplyStream } from '@bus/correlation';
import { Correlation, correlation } from '@bus/correlation';
import { describe, expectTypeOf, it } from 'vitest';
import type { Shop } from './support/shop.fixture.ts';

const bare = createBus<Shop>();
const bus = createBus<Shop>().use(correlation());
const open = createBus().use(correlation({ timeoutMs: 100, balance: 'sticky' }));

describe('a bus without the plugin', () => {
  it('has none of its methods', () => {
    // @ts-expect-error @bus/correlation is not installed
    bare.request('orders.quote', { sku: 'a', qty: 1 });
    // @ts-expect-error @bus/correlation is not installed
    bare.requestMany('orders.quote', { sku: 'a', qty: 1 });
  });

  it('takes the plugin once', () => {
    // @ts-expect-error capability 'correlation' is already provided
    bus.use(correlation());
  });
});

describe('request', () => {
  it('types payload and reply by the contract', () => {
    const reply = bus.request('orders.quote', { sku: 'a', qty: 2 }, { timeoutMs: 50 });
    expectTypeOf(reply).toEqualTypeOf<Promise<{ price: number }>>();
    // @ts-expect-error an event has no reply
    bus.request('orders.created', { id: '1', total: 1 });
    // @ts-expect-error payloads come from the contract
    bus.request('orders.quote', { sku: 'a' });
    // @ts-expect-error unknown topic
    bus.request('orders.quot', { sku: 'a', qty: 1 });
    // @ts-expect-error only a request to many has a maximum
    bus.request('orders.quote', { sku: 'a', qty: 1 }, { max: 1 });
  });

  it('without a contract replies with something unknown', () => {
    expectTypeOf(open.request('any.topic', 1)).toEqualTypeOf<Promise<unknown>>();
  });
});

describe('requestMany', () => {
  it('types the replies by the contract', async () => {
    const replies = bus.requestMany('orders.quote', { sku: 'a', qty: 1 }, { max: 2, stallMs: 5 });
    expectTypeOf(replies).toEqualTypeOf<ReplyStream<{ price: number }>>();
    for await (const reply of replies) expectTypeOf(reply).toEqualTypeOf<{ price: number }>();
    const next = await replies.next();
    if (next.done) expectTypeOf(next.value).toEqualTypeOf<undefined>();
    else expectTypeOf(next.value.price).toEqualTypeOf<number>();
    // @ts-expect-error an event has no reply
    bus.requestMany('orders.created', { id: '1', total: 1 });
  });
});

describe('a handler', () => {
  it('replies with what the contract says, at once, later or in parts', () => {
    bus.handle('orders.quote', ({ payload }) => ({ price: payload.qty }));
    bus.handle('orders.quote', async () => ({ price: 1 }));
    bus.handle('orders.quote', async function* () {
      yield { price: 1 };
    });
    // @ts-expect-error a request handler must return the contract's reply
    bus.handle('orders.quote', () => ({ cost: 1 }));
    // @ts-expect-error so must one that streams
    bus.handle('orders.quote', async function* () {
      yield { cost: 1 };
    });
  });
});

describe('the plugin’s error codes', () => {
  it('narrow details, as the kernel’s do', () => {
    const caught = null as unknown;
    if (!BusError.is(caught)) return;
    if (caught.code === 'CORRELATION_TIMEOUT') {
      expectTypeOf(caught.details).toEqualTypeOf<CorrelationErrorCodes['CORRELATION_TIMEOUT']>();
      expectTypeOf(caught.details.timeoutMs).toEqualTypeOf<number>();
    }
    if (caught.code === 'CORRELATION_PEER_GONE') {
      expectTypeOf(caught.details.peer).toEqualTypeOf<string>();
    }
    if (caught.code === 'CORRELATION_DUPLICATE_ID') {
      expectTypeOf(caught.details.correlationId).toEqualTypeOf<string>();
    }
    if (caught.code === 'BUS_NO_ROUTE') {
      expectTypeOf(caught.details).toEqualTypeOf<{ readonly topic: string }>();
    }
    // @ts-expect-error no such code
    if (caught.code === 'CORRELATION_TIMEOU') return;
    // @ts-expect-error details belong to a code: narrow first
    caught.details.timeoutMs;
  });
});

describe('code that needs the capability', () => {
  it('asks for it, not for the whole bus', () => {
    const quote = (target: Bus<Shop, Correlation>): Promise<{ price: number }> =>
      target.request('orders.quote', { sku: 'a', qty: 1 });
    void quote(bus);
    // @ts-expect-error @bus/correlation is not installed
    void quote(bare);
  });

  it('as a plugin has it among its dependencies', () => {
    definePlugin({
      name: 'acme-bus-rpc',
      requires: [Correlation],
      setup(host) {
        expectTypeOf(host.deps.request('anything', {})).toEqualTypeOf<Promise<unknown>>();
        // @ts-expect-error not required, so not there
        host.deps.publish('anything', {});
        return undefined;
      },
    });
  });
});
