import { BusError } from '@bus/core';

type Getter = (this: unknown) => unknown;
type ViewClass = new (buffer: ArrayBuffer) => ArrayBufferView;

const { getPrototypeOf } = Object;
const nativeCode = /^function \w+\(\) \{\s*\[native code\]\s*\}$/;

/** By name of a class, what only its instances have: it throws for everything else, of whatever realm. */
const slots: Readonly<Record<string, Getter>> = {
  Date: Date.prototype.getTime,
  Map: getterOf(Map.prototype, 'size'),
  Set: getterOf(Set.prototype, 'size'),
  ArrayBuffer: getterOf(ArrayBuffer.prototype, 'byteLength'),
  DataView: getterOf(DataView.prototype, 'byteLength'),
  URL: getterOf(URL.prototype, 'href'),
};

/** The name of a typed array's class; undefined for everything else. */
const viewName = getterOf(getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag);

/** Classes that show bytes, and that every receiver has. */
export const views: Readonly<Record<string, ViewClass>> = {
  Uint8Array: Uint8Array,
  Uint8ClampedArray: Uint8ClampedArray,
  Int8Array: Int8Array,
  Uint16Array: Uint16Array,
  Int16Array: Int16Array,
  Uint32Array: Uint32Array,
  Int32Array: Int32Array,
  Float32Array: Float32Array,
  Float64Array: Float64Array,
  BigUint64Array: BigUint64Array,
  BigInt64Array: BigInt64Array,
  DataView: DataView,
};

/** Makes an error of each class that every receiver has. */
export const errorClasses: Readonly<Record<string, () => Error>> = {
  Error: () => new Error(),
  TypeError: () => new TypeError(),
  RangeError: () => new RangeError(),
  SyntaxError: () => new SyntaxError(),
  ReferenceError: () => new ReferenceError(),
  EvalError: () => new EvalError(),
  URIError: () => new URIError(),
  AggregateError: () => new AggregateError([]),
  BusError: () => new BusError('', '', undefined),
};

/** Whether an object is no instance of a class and nothing of the language's own, in whatever realm. */
export function isPlainObject(value: object): boolean {
  if (tagOf(value) !== 'Object') return false;
  const prototype = getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || isNative(prototype, 'Object');
}

/** Whether a list is no instance of a class made of `Array`. */
export function isPlainList(list: readonly unknown[]): boolean {
  return Array.isArray(getPrototypeOf(list));
}

/**
 * The class that an object is a direct instance of, where that is one that payloads may hold. Asks for
 * what only its instances have, so that those of other realms count (iframes, vm, test runners), and
 * what merely says so does not.
 */
export function builtInOf(value: object): string | undefined {
  const prototype = getPrototypeOf(value);
  if (prototype === null) return undefined;
  const view = viewName.call(value);
  if (typeof view === 'string') {
    const { Buffer } = globalThis as { readonly Buffer?: { readonly prototype: object } };
    if (prototype === Buffer?.prototype) return 'Buffer';
    return Object.hasOwn(views, view) && isClass(prototype, view) ? view : undefined;
  }
  const name = tagOf(value);
  if (name === 'Error') return errorClassOf(value, prototype);
  const slot = Object.hasOwn(slots, name) ? slots[name] : undefined;
  if (slot === undefined || !isClass(prototype, name)) return undefined;
  try {
    slot.call(value);
    return name;
  } catch {
    return undefined;
  }
}

function errorClassOf(value: object, prototype: object): string | undefined {
  const name = ownNameOf(prototype);
  if (!Object.hasOwn(errorClasses, name)) return undefined;
  if (name === 'BusError') return BusError.is(value) ? name : undefined;
  return isClass(prototype, name) ? name : undefined;
}

/** What people call the class of a value that cannot be sent. */
export function classNameOf(value: object): string {
  const prototype = getPrototypeOf(value);
  const name = prototype === null ? '' : ownNameOf(prototype);
  return name === '' || name === 'Object' ? tagOf(value) : name;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function isClass(prototype: object, name: string): boolean {
  const here = (globalThis as Readonly<Record<string, unknown>>)[name];
  const isOurs = typeof here === 'function' && here.prototype === prototype;
  return isOurs || isNative(prototype, name);
}

function isNative(prototype: object, name: string): boolean {
  if (ownNameOf(prototype) !== name) return false;
  return nativeCode.test(Function.prototype.toString.call(prototype.constructor));
}

function ownNameOf(prototype: object): string {
  if (!Object.hasOwn(prototype, 'constructor')) return '';
  const made: unknown = prototype.constructor;
  return typeof made === 'function' ? String(made.name) : '';
}

function getterOf(prototype: object, name: PropertyKey): Getter {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as Getter;
}
