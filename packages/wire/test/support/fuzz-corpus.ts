import { Packr } from 'msgpackr';

/** Numbers from a seed, the same everywhere: mulberry32. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Payloads like those of programs, and some at the edges. */
export const payloads: readonly unknown[] = [
  null,
  0,
  -33,
  2 ** 53,
  1.5,
  '',
  'orders.created',
  'ünïcödé ✓ 𝄞',
  '\uFEFFa short byte order mark',
  [],
  {},
  [[[[]]]],
  { id: '8f14e45f', ts: 1_763_734_719_123, n: 42, s: 'x'.repeat(80) },
  { a: { b: { c: { d: [1, 2, 3, { e: null }] } } }, ключ: true, '': false },
  { bytes: new Uint8Array([1, 2, 3]), big: 2n ** 60n, less: -(2n ** 60n) },
  Array.from({ length: 20 }, (_, i) => ({
    sku: `SKU-${i}`,
    price: 12.5 * i,
    title: 'A fine thing',
  })),
  Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`key-${i}`, i * 1_000])),
];

/** Bytes that mean something to a decoder: containers, lengths, extensions, records. */
const telling = [
  0x40, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xcb, 0xcf, 0xd3,
  0xd4, 0xd6, 0xd8, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff, 0x00, 0x69, 0x70, 0x72, 0x62,
];

/** Frames that are valid, nearly valid, and noise: the same for the same seed. */
export function* hostileFrames(seed: number, count: number): Generator<Uint8Array> {
  const random = numbersFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const oneOf = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  // Its default writes records, clone pointers and extensions, which is what mutants should be made of.
  const packrs = [
    new Packr({ useRecords: false, variableMapSize: true }),
    new Packr({ structuredClone: true }),
    new Packr({ bundleStrings: true }),
  ];
  for (let i = 0; i < count; i++) {
    if (i % 4 === 0) {
      const length = below(200);
      yield Buffer.from(
        Array.from({ length }, () => (random() < 0.5 ? oneOf(telling) : below(256))),
      );
      continue;
    }
    const packr = packrs[random() < 0.8 ? 0 : 1 + below(2)] as Packr;
    const frame = [...packr.pack(oneOf(payloads))];
    for (let change = below(4); change > 0; change--) mutate(frame, below, oneOf);
    yield Buffer.from(frame);
  }
}

function mutate(
  frame: number[],
  below: (limit: number) => number,
  oneOf: <T>(from: readonly T[]) => T,
): void {
  const at = below(frame.length);
  const changes: readonly (() => void)[] = [
    () => frame.splice(at, 1, oneOf(telling)),
    () => frame.splice(at, 1, (frame[at] ?? 0) ^ (1 << below(8))),
    () => frame.splice(at, 0, oneOf(telling)),
    () => frame.splice(at, 1 + below(4)),
    () => frame.splice(at),
    () => frame.push(...frame.slice(at, at + 16)),
  ];
  oneOf(changes)();
}
