import type { Capability, CapabilityToken, Measurement, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import type { BatchApi, BatchReport } from './api.ts';
import type { Collectors } from './collector.ts';
import { collected, collecting } from './definition.ts';

/** The capability of {@link batch}: the option `batch` of `subscribe` and `handle`. */
export interface Batching extends Capability {
  /** Its name in errors about missing capabilities. */
  readonly name: 'batch';
  /** The methods it adds forms to. */
  readonly extends: 'subscribe' | 'handle';
  /** The forms it adds. */
  readonly api: BatchApi<this['contract'], this['syntax']>;
}

/** Names the capability that {@link batch} provides, for plugins that require it. */
export const Batching: CapabilityToken<Batching> = capability<Batching>('batch');

/**
 * Lets handlers and listeners take messages by the batch: by `handle`, and by `subscribe` where
 * `@bus/pubsub` is installed.
 * @example
 * ```ts
 * const bus = await createBus().use(pubsub(), batch()).start();
 * bus.subscribe('orders.created', { batch: { size: 100, waitMs: 5 } }, async (messages) => {
 *   await insert(messages.map(({ payload }) => payload));
 * });
 * ```
 */
export function batch(): Plugin<Batching> {
  return definePlugin({
    name: '@bus/batch',
    provides: Batching,
    setup(host) {
      const { env } = host;
      const outside = env.context?.capture();
      const collectors: Collectors = { env, outside, present: new Set(), isLeaving: false };
      const reports = (): BatchReport[] => [...collectors.present].map((one) => one.report());
      const { define, leave, inspect, measure } = host.hooks;
      define.tap((definition) => collecting(definition, host, collectors), { order: 'first' });
      define.tap((definition) => collected(definition, host), { order: 'last' });
      // `leave` runs in reverse: this comes before links wait for the messages that are still here.
      leave.tap(
        () => {
          collectors.isLeaving = true;
          for (const collector of collectors.present) collector.hurry();
        },
        { order: 'last' },
      );
      inspect.tap(() => ({ collecting: reports() }));
      measure.tap(() => measured(reports()));
      return {};
    },
  });
}

/** Adds up endpoints of one name. */
function measured(reports: readonly BatchReport[]): Measurement[] {
  const byName = new Map<string, { batches: number; messages: number }>();
  for (const { endpoint, batches, messages } of reports) {
    const sum = byName.get(endpoint) ?? { batches: 0, messages: 0 };
    sum.batches += batches;
    sum.messages += messages;
    byName.set(endpoint, sum);
  }
  return [...byName].flatMap(([endpoint, { batches, messages }]) => {
    const labels = { endpoint };
    const kind = 'counter';
    return [
      { name: 'batch_batches', help: 'Batches handed to handlers.', kind, value: batches, labels },
      {
        name: 'batch_messages',
        help: 'Messages handed to handlers in batches.',
        kind,
        value: messages,
        labels,
      },
    ];
  });
}
