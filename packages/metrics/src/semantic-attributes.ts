import type { Outcome } from '@bus/core';
import type { Attributes } from '@opentelemetry/api';
import type { Series } from './series.ts';

/** What the semantic conventions call this kind of messaging. */
export const system: Attributes = { 'messaging.system': 'bus' };

/** Of the endpoints of a series. */
export function endpointAttributes({ labels }: Series): Attributes {
  const { pattern, name, kind, bus } = labels;
  return {
    ...system,
    'messaging.destination.template': pattern,
    ...(name === undefined ? {} : { 'messaging.destination.subscription.name': name }),
    ...(kind === 'remote' ? { 'bus.peer': bus } : {}),
  };
}

/** Of a message that was given to a handler; an outcome other than `handled` is its `error.type`. */
export function processAttributes(series: Series, outcome: Outcome): Attributes {
  return {
    ...endpointAttributes(series),
    'messaging.operation.name': 'handle',
    'messaging.operation.type': 'process',
    ...(outcome === 'handled' ? {} : { 'error.type': outcome }),
  };
}
