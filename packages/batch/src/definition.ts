import type { BusError, EndpointDefinition, Host, Message } from '@bus/core';
import { atLeast, optionInvalid } from '@bus/core';
import type { BatchHandler } from './api.ts';
import type { Collectors } from './collector.ts';
import { Collector } from './collector.ts';
import { limitsOf } from './limits.ts';

/** The definition of an endpoint that takes batches, on its way past other plugins. */
interface CollectingDefinition extends EndpointDefinition {
  readonly collector: Collector;
}

/**
 * Puts a collector in the place of a handler that asks for batches. Comes before the taps of other
 * plugins: a handler that they wrap is one of single messages.
 * @throws BUS_OPTION_INVALID
 */
export function collecting(
  definition: EndpointDefinition,
  host: Host,
  collectors: Collectors,
): EndpointDefinition {
  if (definition.asked?.batch === undefined) return definition;
  const { batch, ...asked } = definition.asked;
  const { pattern, concurrency = 1, removed } = definition;
  // The kernel checks only the product of this and the size.
  atLeast(1, 'concurrency', concurrency);
  const limits = limitsOf(batch, host.limits.inFlight);
  // Only a `for await` loop has to know when its endpoint goes.
  if (removed !== undefined) {
    const wanted = 'a listener with it: a for await loop takes single messages';
    throw optionInvalid('batch', batch, wanted);
  }
  const handler = definition.handler as unknown as BatchHandler<Message, unknown>;
  const name = definition.name ?? (handler.name || String(pattern));
  const replies = definition.kinds.includes('request');
  const collector = new Collector(
    { name, pattern, limits, concurrency, replies, handler },
    collectors,
  );
  const made: CollectingDefinition = {
    ...definition,
    name,
    asked,
    collector,
    handler: collector.take,
    // One more batch than may run is gathered meanwhile.
    concurrency: limits.size * (concurrency + 1),
    cancelled: (message: Message, reason: BusError) => collector.cancelled(message, reason),
    removed: () => collector.removed(),
  };
  return made;
}

/**
 * Completes a definition that {@link collecting} made, after the taps of other plugins.
 * @throws BUS_OPTION_INVALID
 */
export function collected(definition: EndpointDefinition, host: Host): EndpointDefinition {
  const { collector } = definition as Partial<CollectingDefinition>;
  if (collector === undefined) return definition;
  const { keyOf, overflow, timeoutMs = host.defaultTimeoutMs } = definition;
  collector.timeoutMs = atLeast(0, 'timeoutMs', timeoutMs);
  collector.isWrapped = definition.handler !== collector.take;
  // One batch at a time keeps the order of each key without lanes, which would let only one message of
  // a key into it. `latest` needs the keys, and so may a plugin that hands messages over again.
  const needsKeys = collector.concurrency > 1 || overflow === 'latest' || collector.isWrapped;
  return {
    ...definition,
    // The batch has one limit, from when it is handed over, instead of one for each message.
    timeoutMs: Number.POSITIVE_INFINITY,
    keyOf: needsKeys ? keyOf : noKey,
  };
}

function noKey(): undefined {
  return undefined;
}
