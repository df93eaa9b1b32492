import { limitExceeded, notEncodable } from '../errors.ts';
import type { DecodeLimits } from './payload-codec.ts';

/** What nests deeper than this contains itself, as far as anybody cares. */
const deepest = 1_000;
/** Values looked at to tell what contains itself from what is only deep. */
const mostLooks = 16_384;
/** Instead of a count, where something has to be converted first. */
const notPlain = -1;

/** In Node since 20; missing in the types of ES2023. */
interface UnicodeText {
  isWellFormed(): boolean;
  toWellFormed(): string;
}

/**
 * Whether a payload is what the wire has types for as it stands: plain objects, arrays, bytes, text,
 * numbers, bigints, booleans, null and undefined, under keys that are whole text. Runs before every
 * encoding, so it only looks; and it counts as it goes, so that nothing is sent for which the receiver
 * would close the link.
 * @throws WIRE_LIMIT_EXCEEDED where the receiver's limits do not allow it; WIRE_PROTOCOL_ERROR where
 * it contains itself or nests deeper than 1,000.
 */
export function isPlain(value: unknown, limits: DecodeLimits): boolean {
  const within = plainValuesIn(value, 0, limits);
  if (within === notPlain) return false;
  checkNodes(within, limits);
  return true;
}

/** How many values a plain one holds, not counting itself. */
function plainValuesIn(value: unknown, depth: number, limits: DecodeLimits): number {
  if (typeof value !== 'object') {
    return typeof value === 'function' || typeof value === 'symbol' ? notPlain : 0;
  }
  if (value === null) return 0;
  if (Array.isArray(value)) return plainValuesOfList(value, depth, limits);
  if (value.constructor !== Object) return value instanceof Uint8Array ? 0 : notPlain;
  if (depth >= limits.depth) throw tooDeep(value, depth, limits);
  let entries = 0;
  let count = 0;
  for (const key in value) {
    if (!(key as unknown as UnicodeText).isWellFormed()) return notPlain;
    entries++;
    const field = (value as Record<string, unknown>)[key];
    if (typeof field === 'string' || typeof field === 'number') continue;
    const within = plainValuesIn(field, depth + 1, limits);
    if (within === notPlain) return notPlain;
    count += within;
    if (count >= limits.nodes) checkNodes(count, limits);
  }
  if (entries > limits.mapEntries) checkEntries(entries, limits);
  return count + entries;
}

function plainValuesOfList(list: readonly unknown[], depth: number, limits: DecodeLimits): number {
  if (depth >= limits.depth) throw tooDeep(list, depth, limits);
  let count = list.length;
  checkNodes(count, limits);
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item === 'string' || typeof item === 'number') continue;
    const within = plainValuesIn(item, depth + 1, limits);
    if (within === notPlain) return notPlain;
    count += within;
    if (count >= limits.nodes) checkNodes(count, limits);
  }
  return count;
}

/**
 * A payload made of what the wire has types for. In this order: a `toJSON` is asked, but for a Date,
 * which becomes its milliseconds (an invalid one null); a Set becomes an array; a Map becomes an object; an
 * Error becomes `{ name, message, code? }`; an ArrayBuffer or any view of one becomes its bytes; any
 * other object becomes its own enumerable fields. Half a surrogate pair in a key becomes U+FFFD, as
 * receivers refuse keys that are not valid UTF-8.
 * @throws WIRE_PROTOCOL_ERROR at a function, a symbol, a Map with a key that is no string, or where it
 * contains itself or nests deeper than 1,000; WIRE_LIMIT_EXCEEDED as {@link isPlain}, where asking a
 * `toJSON` counts as a level.
 */
export function toPlain(value: unknown, limits: DecodeLimits): unknown {
  return new Conversion(limits).plain(value, 0);
}

/** One payload on its way to being plain. */
class Conversion {
  readonly #limits: DecodeLimits;
  #nodes = 0;

  constructor(limits: DecodeLimits) {
    this.#limits = limits;
  }

  plain(value: unknown, depth: number): unknown {
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw notEncodable(`it holds a ${typeof value}: send data only`);
    }
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (value instanceof Date) {
      const ms = value.getTime();
      return Number.isNaN(ms) ? null : ms;
    }
    if (value instanceof ArrayBuffer) return new Uint8Array(value);
    if (depth >= this.#limits.depth) throw tooDeep(value, depth, this.#limits);
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      return this.plain(value.toJSON(), depth + 1);
    }
    if (ArrayBuffer.isView(value)) {
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
    if (Array.isArray(value) || value instanceof Set) {
      return Array.from(value, (item) => this.#counted(item, depth + 1));
    }
    return this.#fields(fieldsOf(value), depth);
  }

  #counted(value: unknown, depth: number): unknown {
    checkNodes(++this.#nodes, this.#limits);
    return this.plain(value, depth);
  }

  #fields(fields: Iterable<readonly [unknown, unknown]>, depth: number): object {
    // Without a prototype a key such as `__proto__` is a key like any other.
    const plain: Record<string, unknown> = Object.create(null);
    let entries = 0;
    for (const [key, field] of fields) {
      if (typeof key !== 'string') {
        throw notEncodable(`it holds a Map with a key that is a ${typeof key}: use strings`);
      }
      checkEntries(++entries, this.#limits);
      plain[(key as unknown as UnicodeText).toWellFormed()] = this.#counted(field, depth + 1);
    }
    return plain;
  }
}

function fieldsOf(value: object): Iterable<readonly [unknown, unknown]> {
  if (value instanceof Map) return value;
  if (!(value instanceof Error)) return Object.entries(value);
  const { name, message } = value;
  const code = 'code' in value ? value.code : undefined;
  return Object.entries(code === undefined ? { name, message } : { name, message, code });
}

/** @param within - values of all kinds, the outermost not counted. */
function checkNodes(within: number, { nodes }: DecodeLimits): void {
  if (within >= nodes) throw limitExceeded('nodes', nodes, within + 1);
}

function checkEntries(entries: number, { mapEntries }: DecodeLimits): void {
  if (entries > mapEntries) throw limitExceeded('mapEntries', mapEntries, entries);
}

function tooDeep(value: object, depth: number, { depth: allowed }: DecodeLimits): Error {
  if (!nests(value, deepest - depth, { left: mostLooks })) return limitExceeded('depth', allowed);
  return notEncodable(`it contains itself, or nests deeper than ${deepest}`);
}

/** Whether a value goes on for so many levels, as far as it can be seen in so many looks. */
function nests(value: unknown, levels: number, looks: { left: number }): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  if (levels === 0) return true;
  const parts =
    value instanceof Map || value instanceof Set ? [...value.values()] : Object.values(value);
  return parts.some((part) => looks.left-- > 0 && nests(part, levels - 1, looks));
}
