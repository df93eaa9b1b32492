import type { Plugin } from '@bus/core';
import { busError, definePlugin } from '@bus/core';
import type { Sent } from './api.ts';
import { Acme } from './api.ts';

export interface AcmeOptions {
  /** Of how many topics the last message is kept; default 1,000. The stalest is forgotten first. */
  readonly topics?: number;
}

/**
 * Keeps the last message of each topic, to be read with `bus.acme.last(topic)`.
 * @throws BUS_OPTION_INVALID
 */
export function acme(options: AcmeOptions = {}): Plugin<Acme> {
  const { topics = 1000 } = options;
  if (!(Number.isInteger(topics) && topics > 0)) {
    const message = `option 'topics' of acme is ${topics}: give a whole number above 0`;
    throw busError('BUS_OPTION_INVALID', message, { option: 'topics', value: topics });
  }
  return definePlugin({
    name: 'bus-plugin-acme',
    provides: Acme,
    setup({ env, hooks }) {
      const kept = new Map<string, { readonly payload: unknown; readonly at: number }>();

      hooks.outbound.tap((message) => {
        const { topic, payload } = message;
        // Put back at the end: a Map keeps the order of insertion, so the first topic is the stalest.
        kept.delete(topic);
        kept.set(topic, { payload, at: env.now() });
        if (kept.size > topics) {
          const [stalest = topic] = kept.keys();
          kept.delete(stalest);
        }
        return message;
      });
      hooks.inspect.tap(() => ({ topics: kept.size }));
      hooks.stop.tap(() => kept.clear());

      const last = (topic: string): Sent<unknown> | undefined => {
        const found = kept.get(topic);
        return found && { payload: found.payload, agoMs: env.now() - found.at };
      };
      return { acme: { last } };
    },
  });
}
