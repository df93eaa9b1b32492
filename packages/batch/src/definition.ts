import type { BusError, EndpointDefinition, Host, Message } from '@bus/core';
import { atLeast, optionInvalid } from '@bus/core';
import type { BatchHandler } from './api.ts';
import type { Collectors } from './collector.ts';
import { Collector } from './collector.ts';
import { limitsOf } from './limits.ts';

/**
 * The definition with a handler that collects, where it asks for batches; else itself.
 * @throws BUS_OPTION_INVALID
 */
export function collecting(
  definition: EndpointDefinition,
  host: Host,
  collectors: Collectors,
): EndpointDefinition {
  if (definition.asked?.batch === undefined) return definition;
  const { batch, ...asked } = definition.asked;
  const { pattern, concurrency = 1, timeoutMs = host.defaultTimeoutMs, removed } = definition;
  // The kernel sees what the plugin makes of these, so that it cannot check what was given.
  atLeast(1, 'concurrency', concurrency);
  atLeast(0, 'timeoutMs', timeoutMs);
  const limits = limitsOf(batch, host.limits.inFlight);
  // Only what is read by `for await` has to know when its endpoint goes.
  if (removed !== undefined) {
    throw optionInvalid(
      'batch',
      batch,
      'a listener with it: a for await loop takes single messages',
    );
  }
  const handler = definition.handler as unknown as BatchHandler<Message, unknown>;
  const name = definition.name ?? (handler.name || String(pattern));
  const replies = definition.kinds.includes('request');
  const retried = asked.delivery === 'reliable';
  const collector = new Collector(
    { name, pattern, limits, concurrency, timeoutMs, replies, retried, handler },
    collectors,
  );
  return {
    ...definition,
    name,
    asked,
    handler: (message) => collector.take(message),
    // The batch has one limit, from when it is handed over, instead of one for each message.
    timeoutMs: retried ? definition.timeoutMs : Number.POSITIVE_INFINITY,
    // One batch more than runs at once is gathered meanwhile.
    concurrency: limits.size * (concurrency + 1),
    keyOf: concurrency > 1 || needsLanes(definition) ? definition.keyOf : noLane,
    cancelled: (message: Message, reason: BusError) => collector.cancelled(message, reason),
    removed: () => collector.removed(),
  };
}

/**
 * With one batch at a time, messages of one key keep their order without lanes, which would let only
 * one of them into a batch. But a waiting message is superseded by key, and what is tried again holds
 * those behind it back by key.
 */
function needsLanes({ overflow, asked }: EndpointDefinition): boolean {
  const retries = asked?.delivery === 'reliable' && asked.order !== 'released';
  return overflow === 'latest' || retries;
}

function noLane(): undefined {
  return undefined;
}
