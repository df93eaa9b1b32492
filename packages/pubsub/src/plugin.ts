import type { Capability, CapabilityToken, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import type { PubSubApi } from './api.ts';
import { subscriber } from './subscribe.ts';

/** `publish`, `publisher` and `subscribe` on the bus. */
export interface PubSub extends Capability {
  /** What plugins that require it name. */
  readonly name: 'pubsub';
  /** The members it adds to the bus. */
  readonly api: PubSubApi<this['contract'], this['syntax']>;
}

/** Names the capability that {@link pubsub} provides, for plugins that require it. */
export const PubSub: CapabilityToken<PubSub> = capability<PubSub>('pubsub');

/**
 * Adds publish and subscribe to the bus.
 *
 * @example
 * ```ts
 * const bus = await createBus<Shop>().use(pubsub()).start();
 * bus.subscribe('orders.created', ({ payload }) => console.log(payload.total));
 * await bus.publish('orders.created', { id: '1', total: 9 });
 * ```
 */
export function pubsub(): Plugin<PubSub> {
  return definePlugin({
    name: '@bus/pubsub',
    provides: PubSub,
    setup(host) {
      return {
        publish: (topic, payload, options) => host.send('event', topic, payload, options),
        publisher: (topic, options) => host.channel('event', topic, options),
        subscribe: subscriber(host),
      };
    },
  });
}
