import { notEncodable } from './decode-errors.ts';

/**
 * How deep a payload may nest to be encoded. Far above what a receiver allows, far below what the
 * stack does: a payload that contains itself is found by it.
 */
const deepest = 1_000;

/** In Node since 20; missing in the types of ES2023. */
interface UnicodeText {
  isWellFormed(): boolean;
  toWellFormed(): string;
}

/**
 * Whether a payload is what the wire has types for as it stands: plain objects, arrays, bytes, text,
 * numbers, bigints, booleans, null and undefined, under keys that are whole text. Runs before every encoding, so it only looks.
 * @throws WIRE_PROTOCOL_ERROR where it contains itself or nests deeper than 1,000.
 */
export function isPlain(value: unknown): boolean {
  return isPlainAt(value, 0);
}

function isPlainAt(value: unknown, depth: number): boolean {
  if (typeof value !== 'object') return typeof value !== 'function' && typeof value !== 'symbol';
  if (value === null) return true;
  if (depth === deepest) throw tooDeep();
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!isPlainAt(value[i], depth + 1)) return false;
    }
    return true;
  }
  if (value.constructor !== Object) return value instanceof Uint8Array;
  for (const key in value) {
    if (!(key as unknown as UnicodeText).isWellFormed()) return false;
    const field = (value as Record<string, unknown>)[key];
    if (typeof field === 'string' || typeof field === 'number') continue;
    if (!isPlainAt(field, depth + 1)) return false;
  }
  return true;
}

/**
 * A payload made of what the wire has types for. In this order: a `toJSON` is asked, but for a Date,
 * which becomes its milliseconds (an invalid one null); a Set becomes an array; a Map becomes an object; an
 * Error becomes `{ name, message, code? }`; an ArrayBuffer or any view of one becomes its bytes; any
 * other object becomes its own enumerable fields. Half a surrogate pair in a key becomes U+FFFD, as
 * receivers refuse keys that are not valid UTF-8.
 * @throws WIRE_PROTOCOL_ERROR at a function, a symbol, a Map with a key that is no string, or where it
 * contains itself or nests deeper than 1,000.
 */
export function toPlain(value: unknown): unknown {
  return toPlainAt(value, 0);
}

function toPlainAt(value: unknown, depth: number): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw notEncodable(`it holds a ${typeof value}: send data only`);
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (depth === deepest) throw tooDeep();
  if (value instanceof Date) {
    const ms = value.getTime();
    return Number.isNaN(ms) ? null : ms;
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return toPlainAt(value.toJSON(), depth + 1);
  }
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (Array.isArray(value)) return value.map((item) => toPlainAt(item, depth + 1));
  if (value instanceof Set) return Array.from(value, (item) => toPlainAt(item, depth + 1));
  return plainFields(fieldsOf(value), depth);
}

function fieldsOf(value: object): Iterable<readonly [unknown, unknown]> {
  if (value instanceof Map) return value;
  if (!(value instanceof Error)) return Object.entries(value);
  const { name, message } = value;
  const code = 'code' in value ? value.code : undefined;
  return Object.entries(code === undefined ? { name, message } : { name, message, code });
}

function plainFields(fields: Iterable<readonly [unknown, unknown]>, depth: number): object {
  // Without a prototype a key such as `__proto__` is a key like any other.
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, field] of fields) {
    if (typeof key !== 'string') {
      throw notEncodable(`it holds a Map with a key that is a ${typeof key}: use strings`);
    }
    plain[(key as unknown as UnicodeText).toWellFormed()] = toPlainAt(field, depth + 1);
  }
  return plain;
}

function tooDeep(): Error {
  return notEncodable(`it contains itself, or nests deeper than ${deepest}`);
}
