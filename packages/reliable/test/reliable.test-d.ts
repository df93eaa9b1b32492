import type { Message } from '@bus/core';
import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { describe, expectTypeOf, it } from 'vitest';
import type { Acknowledgeable } from '../src/index.ts';
import { reliable } from '../src/index.ts';

interface Shop {
  'orders.created': { payload: { id: string; total: number } };
  'orders.paid': { payload: { id: string } };
  'orders.get': { payload: { id: string }; reply: { total: number } };
}

const bus = createBus<Shop>().use(routerGlob(), pubsub(), reliable());

describe('reliable', () => {
  it('types what a listener gets by the contract, and lets it acknowledge', () => {
    bus.subscribe(
      'orders.created',
      (message) => {
        expectTypeOf(message.payload).toEqualTypeOf<{ id: string; total: number }>();
        message.nack({ delayMs: message.payload.total });
      },
      { delivery: 'reliable', attempts: 5, order: 'released', group: 'billing' },
    );
    bus.subscribe(
      'orders.*',
      (message) => {
        expectTypeOf(message.working).toEqualTypeOf<Acknowledgeable['working']>();
        if (message.topic === 'orders.created') message.payload.total.toFixed();
        // @ts-expect-error: orders.paid has no total
        message.payload.total;
      },
      { delivery: 'reliable', filter: ({ topic }) => topic !== 'orders.paid' },
    );
  });

  it('leaves other subscriptions as they are', () => {
    bus.subscribe('orders.created', (message) => {
      expectTypeOf(message.attempt).toEqualTypeOf<Message['attempt']>();
      // @ts-expect-error: nobody waits for an acknowledgement
      message.ack();
    });
    // @ts-expect-error: attempts belong to a reliable subscription
    bus.subscribe('orders.created', () => undefined, { attempts: 5 });
    // @ts-expect-error: the latest would lose those before
    bus.subscribe('orders.created', () => undefined, { delivery: 'reliable', mode: 'latest' });
  });

  it('takes the option on publish, for the payloads of the contract', () => {
    const published = bus.publish(
      'orders.paid',
      { id: '1' },
      { delivery: 'reliable', key: '1', timeoutMs: 5 },
    );
    expectTypeOf(published).toEqualTypeOf<Promise<number>>();
    void bus.publish('orders.paid', { id: '1' });
    // @ts-expect-error: a payload of another topic
    void bus.publish('orders.paid', { total: 1 }, { delivery: 'reliable' });
    // @ts-expect-error: there is no such delivery
    void bus.publish('orders.paid', { id: '1' }, { delivery: 'twice' });
    // @ts-expect-error: requests are answered, not acknowledged
    void bus.publish('orders.get', { id: '1' }, { delivery: 'reliable' });
  });

  it('needs pubsub', () => {
    // @ts-expect-error: it adds to what pubsub provides
    createBus<Shop>().use(reliable());
    const without = createBus<Shop>().use(pubsub());
    // @ts-expect-error: the option comes with the plugin
    void without.publish('orders.paid', { id: '1' }, { delivery: 'reliable' });
    // @ts-expect-error: the option comes with the plugin
    without.subscribe('orders.paid', () => undefined, { delivery: 'reliable' });
  });

  it('says what became of letters', () => {
    const [letter] = bus.deadLetters.list({ topic: 'orders.**', reason: 'rejected' });
    expectTypeOf(letter?.errors[0]?.message).toEqualTypeOf<string | undefined>();
    expectTypeOf(bus.deadLetters.replay(letter?.id, { to: 'parking', rate: 5 })).toEqualTypeOf<
      Promise<number>
    >();
    // @ts-expect-error: there is no such reason
    bus.deadLetters.drop({ reason: 'lost' });
  });
});
