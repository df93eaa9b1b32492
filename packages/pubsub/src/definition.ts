import type { EndpointDefinition, Message, MessageKind, Pattern } from '@bus/core';
import { checkOptions, oneOf, optionInvalid } from '@bus/core';
import type { Filter, SubscribeOptions } from './api.ts';
import { compileRules } from './filter.ts';

export type Listener = (message: Message) => unknown;

const subscribed: readonly MessageKind[] = ['event', 'notification'];

const optionNames = [
  'name',
  'group',
  'balance',
  'priority',
  'filter',
  'mode',
  'key',
  'capacity',
  'overflow',
  'concurrency',
  'timeoutMs',
  'once',
  'signal',
] as const satisfies readonly (keyof SubscribeOptions)[];

/**
 * Refuses options of a subscription that no plugin has taken.
 * @throws BUS_OPTION_INVALID
 */
export function refuseUnknown({ kinds, pattern, asked = {} }: EndpointDefinition): void {
  if (kinds === subscribed) checkOptions(`subscribe('${String(pattern)}')`, asked, optionNames);
}

/**
 * The endpoint of a subscription.
 * @throws BUS_OPTION_INVALID
 */
export function definitionOf(
  pattern: Pattern,
  options: SubscribeOptions,
  handler: Listener,
): EndpointDefinition {
  const { name, group, balance, priority, capacity, concurrency, ...others } = options;
  const { timeoutMs, signal, filter, key, mode, overflow, once, ...asked } = others;
  check('group', group, group === undefined || typeof group === 'string', 'a string');
  check('key', key, key === undefined || typeof key === 'function', 'a function');
  return {
    name,
    group,
    balance,
    priority,
    capacity,
    concurrency,
    timeoutMs,
    signal,
    pattern,
    handler,
    kinds: subscribed,
    asked,
    overflow: overflowOf({ mode, overflow }),
    filter: filter && predicateOf(filter),
    keyOf: key,
  };
}

function overflowOf({ mode, overflow }: SubscribeOptions): SubscribeOptions['overflow'] {
  if (mode !== undefined) oneOf(['all', 'latest'], 'mode', mode);
  if (mode !== 'latest') return overflow;
  const fits = overflow === undefined || overflow === 'latest';
  check('overflow', overflow, fits, "none with mode: 'latest', which is a policy of its own");
  return 'latest';
}

function predicateOf(filter: Filter): (message: Message) => boolean {
  if (typeof filter === 'function') return filter;
  check('filter', filter, typeof filter === 'object', 'a function, or { sources, headers, where }');
  checkOptions('filter', filter, ['sources', 'headers', 'where']);
  const { sources, headers, where } = filter;
  check(
    'filter.sources',
    sources,
    sources === undefined || Array.isArray(sources),
    'a list of ids',
  );
  check('filter.headers', headers, headers === undefined || isObject(headers), 'names and values');
  check('filter.where', where, where === undefined || typeof where === 'function', 'a function');
  return compileRules(filter);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** @throws BUS_OPTION_INVALID */
function check(option: string, value: unknown, fits: boolean, wanted: string): void {
  if (!fits) throw optionInvalid(option, value, wanted);
}
