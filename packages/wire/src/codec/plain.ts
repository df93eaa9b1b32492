import type { DecodeLimits } from './payload-codec.ts';

/** In Node since 20; missing in the types of ES2023. */
interface UnicodeText {
  isWellFormed(): boolean;
}

/** Instead of a count, where something has to be tagged or refused. */
const notPlain = -1;
/** Decoders in browsers take a byte order mark off text that is longer than this. */
const longText = 20;

const { getPrototypeOf } = Object;
const tagOf = Object.prototype.toString;

/**
 * Whether the format of a codec has a form for a payload as it stands, within the receiver's limits.
 * MessagePack has one for whole text, numbers, booleans, null, undefined, `Uint8Array` and `Date`, JSON
 * for any text, finite numbers, booleans and null; both for lists and plain objects of these. Runs
 * before every encoding, so it only looks.
 */
export function isPlainPayload(payload: unknown, limits: DecodeLimits, json: boolean): boolean {
  try {
    const within = valuesIn(payload, 0, limits, json);
    return within !== notPlain && within < limits.nodes;
  } catch {
    // What throws when it is read is refused with its path.
    return false;
  }
}

/** How many values a plain one holds, not counting itself. */
function valuesIn(value: unknown, depth: number, limits: DecodeLimits, json: boolean): number {
  if (typeof value !== 'object') return isPlainScalar(value, json) ? 0 : notPlain;
  if (value === null) return 0;
  if (Array.isArray(value)) return valuesOfList(value, depth, limits, json);
  const prototype = getPrototypeOf(value);
  if (prototype !== Object.prototype) {
    return !json && (prototype === Uint8Array.prototype || isPlainDate(value)) ? 0 : notPlain;
  }
  if (depth >= limits.depth || tagOf.call(value) !== '[object Object]') return notPlain;
  let entries = 0;
  let count = 0;
  for (const key in value) {
    if (key === '__proto__' || !(json || isWhole(key))) return notPlain;
    entries++;
    const field = (value as Record<string, unknown>)[key];
    if (typeof field === 'number') {
      if (field !== 0 && !json) continue;
    } else if (typeof field === 'string' && (json || isWhole(field))) continue;
    const within = valuesIn(field, depth + 1, limits, json);
    if (within === notPlain) return notPlain;
    count += within;
  }
  if (entries > limits.mapEntries || count + entries >= limits.nodes) return notPlain;
  return count + entries;
}

function valuesOfList(
  list: readonly unknown[],
  depth: number,
  limits: DecodeLimits,
  json: boolean,
): number {
  if (getPrototypeOf(list) !== Array.prototype || depth >= limits.depth) return notPlain;
  let count = list.length;
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    // Most are numbers and texts, and a call for each would be felt.
    if (typeof item === 'number') {
      if (item !== 0 && !json) continue;
    } else if (typeof item === 'string' && (json || isWhole(item))) continue;
    if (item === undefined && !Object.hasOwn(list, i)) return notPlain;
    const within = valuesIn(item, depth + 1, limits, json);
    if (within === notPlain) return notPlain;
    count += within;
    if (count >= limits.nodes) return notPlain;
  }
  return count;
}

/** Whether text, a number, a boolean, undefined and the like need no tag. */
export function isPlainScalar(value: unknown, json: boolean): boolean {
  switch (typeof value) {
    case 'string':
      return json || isWhole(value);
    case 'number':
      return value === 0 ? 1 / value > 0 : !json || Number.isFinite(value);
    case 'boolean':
      return true;
    default:
      return value === undefined && !json;
  }
}

/** Whether UTF-8 has a form for text, and all decoders keep it. */
export function isWhole(text: string): boolean {
  if (text.length > longText && text.charCodeAt(0) === 0xfeff) return false;
  return (text as unknown as UnicodeText).isWellFormed();
}

function isPlainDate(value: object): boolean {
  if (getPrototypeOf(value) !== Date.prototype || Object.keys(value).length > 0) return false;
  return !Number.isNaN((value as Date).getTime());
}
