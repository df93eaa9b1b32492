import { BusError } from '@bus/core';
import { limitExceeded, payloadUnsupported } from '../errors.ts';
import { toBase64 } from './base64.ts';
import { builtInOf, classNameOf, errorClasses, isPlainList, isPlainObject } from './built-in.ts';
import type { DecodeLimits } from './payload-codec.ts';
import { isPlainScalar, isWhole } from './plain.ts';

/** What the first item of each list in a tagged payload says the others are. See docs/wire-protocol.md. */
export const tag = {
  list: 0,
  undefined: 1,
  number: 2,
  bigint: 3,
  text: 4,
  object: 5,
  bare: 6,
  date: 7,
  map: 8,
  set: 9,
  bytes: 10,
  error: 11,
  url: 12,
} as const;

/** Fields of an error that are its own though nothing lists them. */
const hiddenFields = ['name', 'message', 'cause', 'errors'];
const { hasOwn } = Object;

const advice: Readonly<Record<string, string>> = {
  Promise: 'await it',
  RegExp: 'send its source and flags',
};

/**
 * A payload for which the format has no form as it stands, written in what the format has: each list
 * begins with a number that says what it is.
 * @throws BUS_PAYLOAD_UNSUPPORTED at what has no form at all, or would be changed;
 * WIRE_LIMIT_EXCEEDED at the receiver's limits.
 */
export function tagged(payload: unknown, limits: DecodeLimits, json: boolean): unknown {
  const tagging = new Tagging(limits, json);
  try {
    return tagging.value(payload, 0);
  } catch (cause) {
    if (BusError.is(cause)) throw cause;
    throw payloadUnsupported(tagging.path, 'throws when it is read', cause);
  }
}

class Tagging {
  readonly #limits: DecodeLimits;
  readonly #json: boolean;
  /** What leads to the value at hand: names of fields, indices of lists, keys of maps. */
  readonly #steps: (string | number | { readonly key: unknown })[] = [];
  /** The objects around the value at hand. */
  readonly #around: object[] = [];
  #nodes = 1;

  constructor(limits: DecodeLimits, json: boolean) {
    this.#limits = limits;
    this.#json = json;
  }

  get path(): string {
    return this.#steps.reduce<string>((path, step) => {
      if (typeof step === 'number') return `${path}[${step}]`;
      const dot = path === '' ? '' : '.';
      if (typeof step === 'object') return `${path}${dot}get(${keyText(step.key)})`;
      if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(step)) return `${path}[${JSON.stringify(step)}]`;
      return path + dot + step;
    }, '');
  }

  value(value: unknown, depth: number): unknown {
    if (value === null || isPlainScalar(value, this.#json)) return value;
    switch (typeof value) {
      case 'object':
        return this.#object(value, depth);
      case 'string':
        return this.#list(depth, [tag.text, this.#bytes(unitsOf(value))]);
      case 'number':
        return this.#list(depth, [tag.number, Object.is(value, -0) ? '-0' : String(value)]);
      case 'bigint':
        return this.#list(depth, [tag.bigint, value.toString(16)]);
      case 'undefined':
        return this.#list(depth, [tag.undefined]);
      default:
        throw this.#refused(`is a ${typeof value}: send data only`);
    }
  }

  #object(value: object, depth: number): unknown {
    if (this.#around.includes(value)) {
      throw this.#refused('contains itself: name what it belongs to by an id');
    }
    this.#around.push(value);
    const written = this.#written(value, depth);
    this.#around.pop();
    return written;
  }

  #written(value: object, depth: number): unknown {
    if (Array.isArray(value)) {
      return isPlainList(value) ? this.#items(tag.list, value, depth) : this.#instance(value);
    }
    if (isPlainObject(value)) return this.#fields(value, depth);
    const name = builtInOf(value);
    if (name === undefined) return this.#instance(value);
    if (ArrayBuffer.isView(value)) return this.#view(name, value, depth);
    if (Object.hasOwn(errorClasses, name)) return this.#error(name, value, depth);
    if (Object.keys(value).length > 0) throw this.#refused(`is a ${name} with fields of its own`);
    return this.#contents(name, value, depth);
  }

  /** What has nothing but what its class keeps in it. */
  #contents(name: string, value: object, depth: number): unknown {
    switch (name) {
      case 'Date': {
        const ms = Date.prototype.getTime.call(value);
        if (Number.isNaN(ms)) return this.#list(depth, [tag.date, null]);
        return this.#json ? this.#list(depth, [tag.date, ms]) : new Date(ms);
      }
      case 'Map':
        return this.#pairs(tag.map, Map.prototype.entries.call(value), depth);
      case 'Set':
        return this.#items(tag.set, [...Set.prototype.values.call(value)], depth);
      case 'URL':
        return this.#list(depth, [tag.url, (value as URL).href]);
      default:
        return this.#list(depth, [
          tag.bytes,
          name,
          this.#bytes(new Uint8Array(value as ArrayBuffer)),
        ]);
    }
  }

  #view(name: string, { buffer, byteOffset, byteLength }: ArrayBufferView, depth: number): unknown {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    if (name === 'Uint8Array' && !this.#json) return bytes;
    return this.#list(depth, [tag.bytes, name, this.#bytes(bytes)]);
  }

  #items(kind: number, items: readonly unknown[], depth: number): unknown {
    const list: unknown[] = [kind];
    this.#open(depth, items.length + 1);
    for (let i = 0; i < items.length; i++) {
      this.#steps.push(i);
      if (!hasOwn(items, i)) throw this.#refused('is missing in a list: fill it');
      list.push(this.value(items[i], depth + 1));
      this.#steps.pop();
    }
    return list;
  }

  #fields(value: object, depth: number): unknown {
    const keys = Object.keys(value);
    const isBare = Object.getPrototypeOf(value) === null;
    if (isBare || !keys.every((key) => this.#isPlainKey(key))) {
      return this.#pairs(isBare ? tag.bare : tag.object, Object.entries(value), depth);
    }
    const { mapEntries } = this.#limits;
    if (keys.length > mapEntries) throw limitExceeded('mapEntries', mapEntries, keys.length);
    this.#open(depth, keys.length);
    const fields: Record<string, unknown> = {};
    for (const key of keys) {
      this.#steps.push(key);
      fields[key] = this.value((value as Record<string, unknown>)[key], depth + 1);
      this.#steps.pop();
    }
    return fields;
  }

  #isPlainKey(key: string): boolean {
    return key !== '__proto__' && (this.#json || isWhole(key));
  }

  #pairs(kind: number, pairs: Iterable<[unknown, unknown]>, depth: number): unknown {
    const list: unknown[] = [kind];
    this.#open(depth, 1);
    for (const [key, value] of pairs) {
      this.#count(2);
      this.#steps.push(kind === tag.map ? { key } : String(key));
      list.push(this.value(key, depth + 1), this.value(value, depth + 1));
      this.#steps.pop();
    }
    return list;
  }

  #error(name: string, error: object, depth: number): unknown {
    const shown = { ...error };
    const hidden = Object.fromEntries(
      hiddenFields
        .filter((field) => hasOwn(error, field) && !hasOwn(shown, field))
        .map((field) => [field, (error as Record<string, unknown>)[field]]),
    );
    this.#open(depth, 4);
    return [tag.error, name, this.#fields(hidden, depth + 1), this.#fields(shown, depth + 1)];
  }

  #bytes(bytes: Uint8Array): unknown {
    return this.#json ? toBase64(bytes) : bytes;
  }

  #list(depth: number, list: readonly unknown[]): unknown {
    this.#open(depth, list.length);
    return list;
  }

  /** Begins a list or map of so many values. */
  #open(depth: number, values: number): void {
    if (depth >= this.#limits.depth) throw limitExceeded('depth', this.#limits.depth, depth + 1);
    this.#count(values);
  }

  #count(values: number): void {
    this.#nodes += values;
    const { nodes } = this.#limits;
    if (this.#nodes > nodes) throw limitExceeded('nodes', nodes, this.#nodes);
  }

  #instance(value: object): never {
    const name = classNameOf(value);
    throw this.#refused(
      `is an instance of ${name}: ${advice[name] ?? 'send its data as a plain object'}`,
    );
  }

  #refused(why: string): BusError {
    return payloadUnsupported(this.path, why);
  }
}

function keyText(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key) : String(key);
}

/** The UTF-16 of text, low bytes first. */
function unitsOf(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[2 * i] = unit;
    bytes[2 * i + 1] = unit >> 8;
  }
  return bytes;
}
