import type { Capability, CapabilityToken, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import type { CorrelationApi, CorrelationOptions } from './api.ts';
import { optionFault } from './options.ts';
import { Requester } from './requester.ts';

/** `request` and `requestMany` on the bus. */
export interface Correlation extends Capability {
  readonly name: 'correlation';
  readonly api: CorrelationApi<this['contract']>;
}

/** Names the capability that {@link correlation} provides. */
export const Correlation: CapabilityToken<Correlation> = capability<Correlation>('correlation');

/**
 * Adds request and response to the bus.
 * @throws BUS_OPTION_INVALID
 */
export function correlation(options: CorrelationOptions = {}): Plugin<Correlation> {
  const fault = optionFault(options);
  if (fault !== undefined) throw fault;
  return definePlugin({
    name: '@bus/correlation',
    provides: Correlation,
    setup(host) {
      const requester = new Requester(host, options);
      host.hooks.inspect.tap(() => requester.report());
      return {
        request: (topic, payload, sendOptions) => requester.one(topic, payload, sendOptions),
        requestMany: (topic, payload, sendOptions) => requester.many(topic, payload, sendOptions),
      };
    },
  });
}
