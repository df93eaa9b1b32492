import type { EndpointDefinition } from '@bus/core';
import { optionInvalid } from '@bus/core';

/** Below every priority that a program gives, and finite, since it goes over links. */
const lowestPriority = Number.MIN_SAFE_INTEGER;

/**
 * Makes a handler with the option `fallback` one that stands in for others.
 * @throws BUS_OPTION_INVALID
 */
export function withFallback(definition: EndpointDefinition): EndpointDefinition {
  const { asked } = definition;
  if (asked === undefined || !('fallback' in asked)) return definition;
  const { fallback, ...others } = asked;
  if (fallback === undefined || fallback === false) return { ...definition, asked: others };
  if (fallback !== true) throw optionInvalid('fallback', fallback, 'true or false');
  const { kinds, priority } = definition;
  if (kinds?.includes('request') !== true) {
    throw optionInvalid('fallback', fallback, 'it to handle: a group has priorities');
  }
  if (priority !== undefined) {
    throw optionInvalid('priority', priority, 'none to a fallback: it ranks below all');
  }
  return { ...definition, asked: others, priority: lowestPriority, kinds: ['request'] };
}
