import type { DecodeLimits } from '../../src/codec/payload-codec.ts';

/** What the reference finds no value in, for whatever reason. */
export const refused = Symbol('refused');

/**
 * The profile of MessagePack that links speak, written for reading and not for speed: the fuzz test
 * holds scanner and decoder together to it.
 */
export function referenceDecode(source: Uint8Array, limits: DecodeLimits): unknown {
  if (source.length === 0) return undefined;
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
  const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
  let at = 0;
  let nodes = 0;

  function take(bytes: number): number {
    if (bytes > source.length - at) throw refused;
    at += bytes;
    return at - bytes;
  }
  const unsigned: Record<number, () => number> = {
    1: () => view.getUint8(take(1)),
    2: () => view.getUint16(take(2)),
    4: () => view.getUint32(take(4)),
  };
  function length(size: 1 | 2 | 4): number {
    return (unsigned[size] as () => number)();
  }
  function bytes(size: number): Uint8Array {
    const start = take(size);
    return Uint8Array.prototype.slice.call(source, start, start + size);
  }
  function exactNumber(big: bigint): number | bigint {
    return big >= -(2n ** 53n) && big <= 2n ** 53n ? Number(big) : big;
  }
  function key(): string {
    const token = length(1);
    const size =
      token >= 0xa0 && token < 0xc0
        ? token - 0xa0
        : token === 0xd9
          ? length(1)
          : token === 0xda
            ? length(2)
            : token === 0xdb
              ? length(4)
              : undefined;
    if (size === undefined) throw refused;
    try {
      const text = strict.decode(bytes(size));
      return text === '__proto__' ? '__proto_' : text;
    } catch {
      throw refused;
    }
  }
  function map(count: number, depth: number): object {
    if (depth > limits.depth || count > limits.mapEntries) throw refused;
    const object: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const name = key();
      object[name] = value(depth);
    }
    return object;
  }
  function list(count: number, depth: number): unknown[] {
    if (depth > limits.depth) throw refused;
    const items: unknown[] = [];
    for (let i = 0; i < count; i++) items.push(value(depth));
    return items;
  }
  /** Undefined, or a time as the specification of MessagePack has it. */
  function extension(size: number): Date | undefined {
    const type = length(1);
    const at = take(size);
    if (type === 0 && size === 1) return undefined;
    if (type !== 0xff) throw refused;
    if (size === 4) return new Date(view.getUint32(at) * 1000);
    if (size === 8) {
      const both = view.getBigUint64(at);
      return timeOf(both & 0x3_ffff_ffffn, both >> 34n);
    }
    if (size !== 12) throw refused;
    return timeOf(view.getBigInt64(at + 4), BigInt(view.getUint32(at)));
  }
  function timeOf(seconds: bigint, nanoseconds: bigint): Date {
    return new Date(Number(seconds) * 1000 + Number(nanoseconds) / 1e6);
  }
  const others: Record<number, (depth: number) => unknown> = {
    192: () => null,
    194: () => false,
    195: () => true,
    196: () => bytes(length(1)),
    197: () => bytes(length(2)),
    198: () => bytes(length(4)),
    202: () => view.getFloat32(take(4)),
    203: () => view.getFloat64(take(8)),
    204: () => length(1),
    205: () => length(2),
    206: () => length(4),
    207: () => exactNumber(view.getBigUint64(take(8))),
    208: () => view.getInt8(take(1)),
    209: () => view.getInt16(take(2)),
    210: () => view.getInt32(take(4)),
    199: () => extension(length(1)),
    212: () => extension(1),
    214: () => extension(4),
    215: () => extension(8),
    211: () => exactNumber(view.getBigInt64(take(8))),
    217: () => lossy.decode(bytes(length(1))),
    218: () => lossy.decode(bytes(length(2))),
    219: () => lossy.decode(bytes(length(4))),
    220: (depth) => list(length(2), depth + 1),
    221: (depth) => list(length(4), depth + 1),
    222: (depth) => map(length(2), depth + 1),
    223: (depth) => map(length(4), depth + 1),
  };
  function value(depth: number): unknown {
    if (++nodes > limits.nodes) throw refused;
    const token = length(1);
    if (token < 0x80) return token;
    if (token >= 0xe0) return token - 0x100;
    if (token < 0x90) return map(token & 15, depth + 1);
    if (token < 0xa0) return list(token & 15, depth + 1);
    if (token < 0xc0) return lossy.decode(bytes(token & 31));
    const read = others[token];
    if (read === undefined) throw refused;
    return read(depth);
  }

  try {
    const result = value(0);
    return at === source.length ? result : refused;
  } catch (error) {
    if (error === refused) return refused;
    throw error;
  }
}
