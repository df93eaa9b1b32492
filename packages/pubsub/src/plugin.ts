import type { Capability, CapabilityToken, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import type { PubSubApi } from './api.ts';
import { subscriber } from './subscribe.ts';

/** `publish`, `publisher` and `subscribe` on the bus. */
export interface PubSub extends Capability {
  readonly name: 'pubsub';
  readonly api: PubSubApi<this['contract'], this['syntax']>;
}

/** Names the capability that {@link pubsub} provides. */
export const PubSub: CapabilityToken<PubSub> = capability<PubSub>('pubsub');

/** Adds publish and subscribe to the bus. */
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
