import type { Capability, CapabilityToken, Measurement, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import type { BatchApi, BatchReport } from './api.ts';
import type { Collectors } from './collector.ts';
import { collecting } from './definition.ts';

/** The option `batch` of `subscribe` and `handle`. */
export interface Batching extends Capability {
  readonly name: 'batch';
  readonly extends: 'subscribe' | 'handle';
  readonly api: BatchApi<this['contract'], this['syntax']>;
}

/** Names the capability that {@link batch} provides. */
export const Batching: CapabilityToken<Batching> = capability<Batching>('batch');

/** Lets handlers and listeners take messages by the batch. */
export function batch(): Plugin<Batching> {
  return definePlugin({
    name: '@bus/batch',
    provides: Batching,
    setup(host) {
      const collectors: Collectors = { env: host.env, present: new Set(), leaving: false };
      const reports = (): BatchReport[] => [...collectors.present].map((one) => one.report());
      const { define, leave, inspect, measure } = host.hooks;
      // Whoever else wraps a handler wraps one of single messages.
      define.tap((definition) => collecting(definition, host, collectors), { order: 'first' });
      // `leave` runs in reverse: before links wait for what is still here.
      leave.tap(
        () => {
          collectors.leaving = true;
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

/** Endpoints of one name are one figure. */
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
