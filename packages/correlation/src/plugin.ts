import type { Capability, CapabilityToken, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import type { CorrelationApi, CorrelationOptions } from './api.ts';
import { checkSettings } from './options.ts';
import { Requester } from './requester.ts';

/** `request` and `requestMany` on the bus. */
export interface Correlation extends Capability {
  /** What plugins that require it name. */
  readonly name: 'correlation';
  /** The members it adds to the bus. */
  readonly api: CorrelationApi<this['contract']>;
}

/** Names the capability that {@link correlation} provides, for plugins that require it. */
export const Correlation: CapabilityToken<Correlation> = capability<Correlation>('correlation');

/**
 * Adds request and response to the bus.
 * @throws BUS_OPTION_INVALID
 *
 * @example
 * ```ts
 * const bus = await createBus<Shop>().use(correlation()).start();
 * bus.handle('orders.quote', ({ payload }) => ({ price: 3 * payload.qty }));
 * const { price } = await bus.request('orders.quote', { sku: 'a', qty: 2 }, { timeoutMs: 500 });
 * ```
 */
export function correlation(options: CorrelationOptions = {}): Plugin<Correlation> {
  checkSettings(options);
  return definePlugin({
    name: '@bus/correlation',
    provides: Correlation,
    setup(host) {
      const requester = new Requester(host, options);
      host.hooks.inspect.tap(() => requester.report());
      host.hooks.stop.tap(() => requester.close());
      return {
        request: (topic, payload, sendOptions) => requester.one(topic, payload, sendOptions),
        requestMany: (topic, payload, sendOptions) => requester.many(topic, payload, sendOptions),
      };
    },
  });
}
