import type { Message } from '@bus/core';
import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import type { Acknowledgeable, RetryOptions } from '@bus/reliable';
import { reliable } from '@bus/reliable';
import { describe, expectTypeOf, it } from 'vitest';
import type { ReliableBatchMessage, ReliableBatchOptions } from '../src/index.ts';
import { batch } from '../src/index.ts';
import type { Shop } from './support/shop.fixture.ts';

const bus = createBus<Shop>().use(pubsub(), reliable(), batch());

describe("subscribe with `batch` and `delivery: 'reliable'`", () => {
  it('gets messages that can be acknowledged', () => {
    bus.subscribe(
      'orders.created',
      { batch: { size: 10 }, delivery: 'reliable', attempts: 5, order: 'released' },
      (messages, batch) => {
        for (const message of messages) {
          expectTypeOf(message.payload.total).toEqualTypeOf<number>();
          message.ack();
          batch.fail(message, new Error(message.payload.id));
        }
      },
    );
    // @ts-expect-error best effort acknowledges nothing
    bus.subscribe('orders.created', { batch: {} }, (messages) => messages[0]?.ack());
    // @ts-expect-error it would lose messages
    bus.subscribe('orders.created', { batch: {}, delivery: 'reliable', mode: 'latest' }, () => {});
  });

  it('has the types of @bus/reliable', () => {
    expectTypeOf<Message & ReliableBatchMessage>().toExtend<Message & Acknowledgeable>();
    expectTypeOf<Message & Acknowledgeable>().toExtend<Message & ReliableBatchMessage>();
    expectTypeOf<Omit<ReliableBatchOptions, 'delivery' | 'order'>>().toEqualTypeOf<
      Pick<RetryOptions, keyof RetryOptions>
    >();
  });
});
