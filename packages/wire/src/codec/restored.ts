import { withoutStack } from '@bus/core';
import { malformedPayload } from '../errors.ts';
import { fromBase64 } from './base64.ts';
import { errorClasses, views } from './built-in.ts';
import { tag } from './tagged.ts';

/**
 * What a tagged payload stands for, in place. Each of its lists has been counted before.
 * @throws WIRE_PROTOCOL_ERROR, and whatever the making of a value does
 */
export function restored(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return restoredList(value);
  if (ArrayBuffer.isView(value) || value instanceof Date) return value;
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    const field = fields[key];
    if (typeof field === 'object' && field !== null) fields[key] = restored(field);
  }
  return fields;
}

function restoredList(list: unknown[]): unknown {
  const [kind, first] = list;
  switch (kind) {
    case tag.list:
      return items(list);
    case tag.undefined:
      return undefined;
    case tag.number:
      return Number(text(first));
    case tag.bigint:
      return bigint(text(first));
    case tag.text:
      return textOfUnits(bytes(first));
    case tag.object:
      return object({}, items(list));
    case tag.bare:
      return object(Object.create(null), items(list));
    case tag.date:
      return new Date(typeof first === 'number' ? first : Number.NaN);
    case tag.map:
      return new Map(pairs(items(list)));
    case tag.set:
      return new Set(items(list));
    case tag.bytes:
      return view(text(first), bytes(list[2]));
    case tag.error:
      return error(text(first), restored(list[2]), restored(list[3]));
    case tag.url:
      return new URL(text(first));
    default:
      throw malformedPayload('a list has a tag that nobody knows');
  }
}

/** The list without its tag. */
function items(list: unknown[]): unknown[] {
  for (let i = 1; i < list.length; i++) list[i - 1] = restored(list[i]);
  list.pop();
  return list;
}

function* pairs(list: readonly unknown[]): Iterable<[unknown, unknown]> {
  if (list.length % 2 !== 0) throw malformedPayload('a key has no value');
  for (let i = 0; i < list.length; i += 2) yield [list[i], list[i + 1]];
}

function object(fields: object, list: readonly unknown[]): object {
  for (const [key, field] of pairs(list)) define(fields, text(key), field, true);
  return fields;
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

function view(name: string, { buffer, byteOffset, byteLength }: Uint8Array): unknown {
  const own = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  if (name === 'ArrayBuffer') return own;
  if (name === 'Buffer') {
    const { Buffer } = globalThis as {
      readonly Buffer?: { from(buffer: ArrayBuffer): Uint8Array };
    };
    return Buffer?.from(own) ?? new Uint8Array(own);
  }
  const View = Object.hasOwn(views, name) ? views[name] : undefined;
  if (View === undefined) throw malformedPayload('bytes have a class that nobody knows');
  return new View(own);
}

function error(name: string, hidden: unknown, shown: unknown): Error {
  const make = Object.hasOwn(errorClasses, name) ? errorClasses[name] : undefined;
  if (make === undefined) throw malformedPayload('an error has a class that nobody knows');
  // Its stack is of this line, and says nothing.
  const error = withoutStack(make);
  for (const [key, field] of Object.entries(hidden as object)) define(error, key, field, false);
  for (const [key, field] of Object.entries(shown as object)) define(error, key, field, true);
  const { name: called, message } = error as { readonly name: unknown; readonly message: unknown };
  if (typeof called === 'string' && typeof message === 'string') {
    define(error, 'stack', message === '' ? called : `${called}: ${message}`, false);
  }
  return error;
}

function bigint(hex: string): bigint {
  return hex.startsWith('-') ? -BigInt(`0x${hex.slice(1)}`) : BigInt(`0x${hex}`);
}

function textOfUnits(units: Uint8Array): string {
  let text = '';
  for (let i = 0; i + 1 < units.length; i += 2) {
    text += String.fromCharCode((units[i] as number) + 256 * (units[i + 1] as number));
  }
  return text;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw malformedPayload('a tag is not followed by text');
  return value;
}

function bytes(value: unknown): Uint8Array {
  // A runner of tests may give the bytes of a socket another realm.
  if (ArrayBuffer.isView(value)) return value as Uint8Array;
  return fromBase64(text(value));
}
