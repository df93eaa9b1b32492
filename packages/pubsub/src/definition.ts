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
  const isFlag = once === undefined || typeof once === 'boolean';
  check('once', once, isFlag, 'true or false');
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
    filter: filter == null ? undefined : predicateOf(filter),
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
  check('filter', filter, isObject(filter), 'a function, or { sources, headers, where }');
  checkOptions('filter', filter, ['sources', 'headers', 'where']);
  const { sources, headers, where } = filter;
  const areIds = sources === undefined || (Array.isArray(sources) && sources.every(isString));
  check('filter.sources', sources, areIds, 'a list of ids');
  const areTexts =
    headers === undefined || (isObject(headers) && Object.values(headers).every(isString));
  check('filter.headers', headers, areTexts, 'an object of strings');
  check('filter.where', where, where === undefined || typeof where === 'function', 'a function');
  return compileRules(filter);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

/**
 * Refuses options that are none; null is the same as nothing.
 * @throws BUS_OPTION_INVALID
 */
export function checkGiven(options: unknown): void {
  check('options', options, options == null || isObject(options), 'an object');
}

/** @throws BUS_OPTION_INVALID */
function check(option: string, value: unknown, fits: boolean, wanted: string): void {
  if (!fits) throw optionInvalid(option, value, wanted);
}
