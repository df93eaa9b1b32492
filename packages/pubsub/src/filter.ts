import type { Message } from '@bus/core';
import type { FilterRules } from './api.ts';

/** Makes one predicate of rules. */
export function compileRules(rules: FilterRules): (message: Message) => boolean {
  const { where } = rules;
  const sources = rules.sources && new Set(rules.sources);
  const headers = Object.entries(rules.headers ?? {});
  return (message) => {
    if (sources !== undefined && !sources.has(message.source)) return false;
    for (const [name, value] of headers) if (message.headers[name] !== value) return false;
    return where === undefined || where(message);
  };
}
