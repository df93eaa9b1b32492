/**
 * The payloads of docs/concepts/payloads.md, and one test of them for every way between two buses. Runs
 * in Node and in browsers.
 */
interface AskingBus {
  request(topic: string, payload: unknown, options?: { timeoutMs: number }): Promise<unknown>;
}

interface AnsweringBus {
  handle(topic: string, handler: (message: { readonly payload: unknown }) => unknown): unknown;
}

const runsNode = 'Buffer' in globalThis;
const circle: { inner?: unknown } = {};
circle.inner = [circle];
const twice = { n: 1 };
class Order {
  readonly id = 1;
}
class Orders extends Array<number> {}
class Hidden {
  readonly #cents = 5;
  get cents(): number {
    return this.#cents;
  }
}

/** By what they are: what arrives as it was sent. */
const keptPayloads: Readonly<Record<string, () => unknown>> = {
  undefined: () => [undefined, { a: undefined }],
  'undefined alone': () => undefined,
  null: () => null,
  'numbers that are special': () => [Number.NaN, Number.POSITIVE_INFINITY, -Infinity, -0, 0],
  'large numbers': () => [2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, 1e300, 5e-324],
  'a bigint': () => [0n, 5n, -5n, 2n ** 53n, 2n ** 64n, -(2n ** 200n)],
  'a Date': () => [new Date(5), new Date(-1), new Date(1_763_734_719_123), new Date(-8.64e15)],
  'an invalid Date': () => new Date(Number.NaN),
  'a Map': () =>
    new Map<unknown, unknown>([
      ['a', 1],
      [{ b: 1 }, new Map([[-0, new Date(1)]])],
    ]),
  'a Set': () => new Set<unknown>([1, 'a', new Set([undefined])]),
  'an Error': () =>
    Object.assign(new TypeError('no', { cause: new RangeError('why') }), { code: 'E_NO' }),
  'an AggregateError': () => new AggregateError([new Error('a'), 'b'], 'both'),
  'a Uint8Array': () => new Uint8Array([1, 2, 255]),
  'large bytes': () => ({ bytes: new Uint8Array(10_000).fill(7), at: -0 }),
  'typed arrays': () => [
    new Uint8ClampedArray([1]),
    new Int8Array([-1]),
    new Uint16Array([1, 65_535]),
    new Int16Array([-1]),
    new Uint32Array([2 ** 31]),
    new Int32Array([-1]),
    new Float32Array([1.5]),
    new Float64Array([0.1, -0]),
    new BigInt64Array([-5n]),
    new BigUint64Array([5n]),
  ],
  'many floats': () => [new Float64Array(1_000).fill(0.1), -0],
  'part of a buffer': () => new Uint16Array(new Uint16Array([1, 2, 3]).buffer, 2, 1),
  'an ArrayBuffer': () => new Uint8Array([1, 2]).buffer,
  'a DataView': () => new DataView(new Uint8Array([1, 2, 3]).buffer, 1),
  'an object without a prototype': () => Object.assign(Object.create(null), { a: 1 }),
  'a key __proto__': () => JSON.parse('{"__proto__":{"polluted":true},"b":1}'),
  'keys of Object.prototype': () => ({ constructor: new Set(), toJSON: 2, hasOwnProperty: -0 }),
  'half a surrogate pair': () => ['a\ud800', { '\udc00': 1 }],
  'a byte order mark': () => [`\uFEFF${'x'.repeat(80)}`, { [`\uFEFF${'x'.repeat(80)}`]: 1 }],
  'a URL': () => new URL('https://a.example/b?c#d'),
  'an object in two places': () => ({ a: twice, b: [twice] }),
  '17,000 numbers': () => Array.from({ length: 17_000 }, (_, i) => i),
  '33 levels': () => JSON.parse(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`),
  '2 MB of text in an object': () => ({ text: 'x'.repeat(2_000_000) }),
  '100,000 records': () =>
    Array.from({ length: 100_000 }, (_, id) => ({ id, a: 'a', b: 1.5, c: true, d: null })),
};

/** By what they are: what is refused. */
const refusedPayloads: Readonly<Record<string, () => unknown>> = {
  'a function': () => () => 1,
  'a Proxy of a function': () => new Proxy(() => 1, {}),
  'a symbol': () => Symbol('a'),
  'what contains itself': () => circle,
  'an instance of a class': () => new Order(),
  'an instance with private fields': () => new Hidden(),
  'an instance of a class of lists': () => new Orders(1, 2, 3),
  'what has toJSON': () => ({ toJSON: () => 1 }),
  // biome-ignore lint/suspicious/noSparseArray: it is what is refused.
  'a list with a hole': () => [1, , 3],
  'a RegExp': () => /a+/gi,
  'a Promise': () => Promise.resolve(7),
  'a WeakMap': () => new WeakMap(),
  'a WeakRef': () => new WeakRef({}),
  'boxed text': () => Object('abc'),
  'a boxed number': () => Object(5),
  'a boxed boolean': () => Object(true),
  'an iterator': () => [1, 2][Symbol.iterator](),
  'a generator': () =>
    (function* () {
      yield 1;
    })(),
  'a Blob': () => new Blob(['abc']),
  'a stream': () => new ReadableStream(),
  'an AbortSignal': () => new AbortController().signal,
  'a MessagePort': () => new MessageChannel().port1,
  Headers: () => new Headers({ a: '1' }),
  URLSearchParams: () => new URLSearchParams('a=1'),
  'a Response': () => new Response('x'),
  FormData: () => new FormData(),
  'a SharedArrayBuffer': () =>
    'SharedArrayBuffer' in globalThis ? new SharedArrayBuffer(4) : new WeakSet(),
  'a DOMException': () => new DOMException('no', 'AbortError'),
  'an error of a class of its own': () => new (class Declined extends Error {})('no'),
  'the namespace Math': () => Math,
};

/** By what is refused: where in it, if not all of it. */
const within: Readonly<Record<string, string>> = {
  'what contains itself': '.inner[0]',
  'what has toJSON': '.toJSON',
  'a list with a hole': '[1]',
};

/** Answers what {@link payloadFaults} asks, at the far end. */
export function answerPayloads(bus: AnsweringBus): void {
  bus.handle('payload.shown', ({ payload }) => shown(payload));
  bus.handle('payload.echo', ({ payload }) => payload);
  bus.handle('payload.refused', ({ payload }) => ({
    reply: refusedPayloads[String(payload)]?.(),
  }));
}

/** What does not arrive as it was sent, there or back, or is refused in another way than the page says. */
export async function payloadFaults(bus: AskingBus, isLink: boolean): Promise<string[]> {
  const faults: string[] = [];
  const options = { timeoutMs: 20_000 };
  const ask = (topic: string, payload: unknown) => bus.request(topic, payload, options);
  const kept = runsNode ? { ...keptPayloads, 'a Buffer': bufferOf } : keptPayloads;
  for (const [what, make] of Object.entries(kept)) {
    const wanted = shown(make());
    const there = await ask('payload.shown', make());
    if (there !== wanted) faults.push(`${what}: ${clip(wanted)} arrived as ${clip(there)}`);
    const back = shown(await ask('payload.echo', make()));
    if (back !== wanted) faults.push(`${what}: ${clip(wanted)} came back as ${clip(back)}`);
  }
  if (!isLink) return faults;
  for (const [what, make] of Object.entries(refusedPayloads)) {
    const sent = await refusal(ask('payload.echo', { items: [0, { when: make() }] }));
    const replied = await refusal(ask('payload.refused', what));
    const path = within[what] ?? '';
    if (sent === `items[1].when${path}` && replied === `reply${path}`) continue;
    faults.push(`${what}: sent: ${sent}; replied: ${replied}`);
  }
  return faults;
}

function bufferOf(): unknown {
  const { Buffer } = globalThis as { Buffer?: { from(text: string): unknown } };
  return Buffer?.from('abc');
}

/** The path that a refusal names. */
async function refusal(answer: Promise<unknown>): Promise<string> {
  try {
    return `not refused: ${clip(shown(await answer))}`;
  } catch (error) {
    const { code, details } = error as { code?: string; details?: { path?: string } };
    return code === 'BUS_PAYLOAD_UNSUPPORTED' ? String(details?.path) : `not so: ${String(error)}`;
  }
}

const clip = (value: unknown): string => String(value).slice(0, 200);

/** A text that is the same for what is the same, and for nothing else that a payload may be. */
function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null)
    return Object.is(value, -0) ? '-0' : String(value);
  const name = Object.getPrototypeOf(value)?.constructor.name ?? 'none';
  return `${name}(${insideOf(value)})`;
}

function insideOf(value: object): string {
  if (Array.isArray(value)) return value.map(shown).join();
  if (value instanceof Date) return String(value.getTime());
  if (value instanceof URL) return value.href;
  if (value instanceof Map || value instanceof Set) return [...value].map(shown).join();
  if (value instanceof ArrayBuffer) return String(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    return String(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  const fields = Object.entries(value).map(
    ([key, field]) => `${JSON.stringify(key)}:${shown(field)}`,
  );
  if (!(value instanceof Error)) return fields.join();
  const { name, message, cause } = value;
  const errors = value instanceof AggregateError ? value.errors : undefined;
  return [name, message, shown(cause), shown(errors), ...fields].join();
}
