import type { Capability, CapabilityToken, Endpoint, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import type { PubSubApi } from './api.ts';
import { checkGiven, refuseUnknown } from './definition.ts';
import { Mailbox } from './mailbox/mailbox.ts';
import { subscriber } from './subscribe.ts';

/** The capability of {@link pubsub}: `publish`, `publisher` and `subscribe`. */
export interface PubSub extends Capability {
  /** Its name in errors about missing capabilities. */
  readonly name: 'pubsub';
  /** The methods it adds to the bus. */
  readonly api: PubSubApi<this['contract'], this['syntax']>;
}

/** Names the capability that {@link pubsub} provides, for plugins that require it. */
export const PubSub: CapabilityToken<PubSub> = capability<PubSub>('pubsub');

/**
 * Adds publish and subscribe to the bus, and gives every endpoint a mailbox with priorities, order by
 * key and all overflow policies.
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
      const { report } = host;
      // One function for all endpoints, so that equal policies stay one object.
      const queue = (endpoint: Endpoint): Mailbox => new Mailbox(endpoint, report);
      host.hooks.define.tap(
        (definition) => {
          refuseUnknown(definition);
          return definition.queue === undefined ? { ...definition, queue } : definition;
        },
        // Other plugins take their options first.
        { order: 'last' },
      );
      return {
        publish: (topic, payload, options) => host.send('event', topic, payload, options),
        publisher: (topic, options) => {
          checkGiven(options);
          return host.channel('event', topic, options ?? undefined);
        },
        subscribe: subscriber(host),
      };
    },
  });
}
