import type { Message } from '@bus/core';
import type { Filter } from './api.ts';

/** One predicate from a predicate or rules. */
export function compileFilter(
  filter: Filter | undefined,
): ((message: Message) => boolean) | undefined {
  if (filter === undefined || typeof filter === 'function') return filter;
  const sources = filter.sources && new Set(filter.sources);
  const headers = Object.entries(filter.headers ?? {});
  const { where } = filter;
  return (message) =>
    (sources === undefined || sources.has(message.source)) &&
    headers.every(([name, value]) => message.headers[name] === value) &&
    (where === undefined || where(message));
}
