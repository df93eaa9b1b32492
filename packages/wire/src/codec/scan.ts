import { limitExceeded, malformedPayload } from '../errors.ts';
import { doubled } from '../frames/memory.ts';
import { isUtf8 } from '../frames/utf8.ts';
import type { DecodeLimits } from './payload-codec.ts';

/**
 * What is left to read in each container around the current one: above zero the values of a list,
 * below zero the entries of a map. Shared by all scans, as none calls out and so none meets another.
 */
let outer = new Int32Array(64);

/** By token, how many bytes an extension has. */
const extensionSizes = new Map([
  [0xd4, 1],
  [0xd6, 4],
  [0xd7, 8],
]);

/**
 * Checks that bytes are exactly one MessagePack value within limits, before a decoder sees them: maps
 * and lists nest no deeper and hold no more than allowed, every length lies within the bytes, keys
 * are strings of valid UTF-8, and there are no extensions but undefined and times. Takes a step per value and per byte of a
 * key, and allocates nothing for what it accepts. Texts that are no keys are not looked into.
 * @throws WIRE_PROTOCOL_ERROR, WIRE_LIMIT_EXCEEDED
 */
export function scanMsgpack(
  buffer: Uint8Array,
  start: number,
  end: number,
  limits: DecodeLimits,
): void {
  let at = start;
  let depth = 0;
  let left = 1;
  let nodes = 1;
  for (;;) {
    if (left === 0) {
      if (depth === 0) break;
      left = outer[--depth] as number;
      continue;
    }
    if (left < 0) {
      at = afterKey(buffer, at, end);
      left++;
    } else {
      left--;
    }
    if (at >= end) throw truncated(end - start);
    const token = buffer[at++] as number;
    if (token < 0x80 || token >= 0xe0) continue;
    if (token >= 0xa0 && token < 0xc0) {
      at += token & 0x1f;
      continue;
    }
    const container = token < 0xa0 || token >= 0xdc;
    if (!container) {
      at = afterScalar(buffer, at, end, token);
      continue;
    }
    const map = token < 0x90 || token >= 0xde;
    let count = token & 0x0f;
    if (token >= 0xdc) {
      const size = (token & 1) === 0 ? 2 : 4;
      if (at + size > end) throw truncated(end - start);
      count = unsigned(buffer, at, size);
      at += size;
    }
    checkContainer(map, count, end - at, limits);
    if (depth === limits.depth) throw limitExceeded('depth', limits.depth, depth + 1);
    nodes += count;
    if (nodes > limits.nodes) throw limitExceeded('nodes', limits.nodes, nodes);
    if (depth === outer.length) outer = doubled(outer);
    outer[depth++] = left;
    left = map ? -count : count;
  }
  if (at > end) throw truncated(end - start);
  if (at < end) throw malformedPayload(`${end - at} bytes follow the value`);
}

/** A claim beyond the bytes there are is refused here, so that nothing is ever made for it. */
function checkContainer(map: boolean, count: number, bytes: number, limits: DecodeLimits): void {
  if ((map ? 2 * count : count) > bytes) {
    throw malformedPayload(
      `a ${map ? 'map' : 'list'} claims ${count} entries, with ${bytes} bytes left`,
    );
  }
  if (map && count > limits.mapEntries) {
    throw limitExceeded('mapEntries', limits.mapEntries, count);
  }
}

/** The place after a scalar of its own token: a number, text, bytes, nil, true or false. */
function afterScalar(buffer: Uint8Array, at: number, end: number, token: number): number {
  switch (token) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return at;
    case 0xcc:
    case 0xd0:
      return at + 1;
    case 0xcd:
    case 0xd1:
      return at + 2;
    case 0xca:
    case 0xce:
    case 0xd2:
      return at + 4;
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return at + 8;
    case 0xc4:
    case 0xd9:
      return afterBytes(buffer, at, end, 1);
    case 0xc5:
    case 0xda:
      return afterBytes(buffer, at, end, 2);
    case 0xc6:
    case 0xdb:
      return afterBytes(buffer, at, end, 4);
    default:
      return afterExtension(buffer, at, end, token);
  }
}

/** The place after undefined or a time; nothing else has a type of its own. */
function afterExtension(buffer: Uint8Array, start: number, end: number, token: number): number {
  const isLong = token === 0xc7;
  const size = isLong ? buffer[start] : extensionSizes.get(token);
  const at = isLong ? start + 1 : start;
  const type = at < end ? buffer[at] : undefined;
  const isUndefined = type === 0 && size === 1;
  const isTime = type === 0xff && (size === 4 || size === 8 || size === 12);
  if (size === undefined || !(isUndefined || isTime)) {
    throw malformedPayload(`token 0x${token.toString(16)} has no meaning here`);
  }
  return at + 1 + size;
}

/** The place after text or bytes whose length takes `size` bytes; past the end where they are cut. */
function afterBytes(buffer: Uint8Array, at: number, end: number, size: number): number {
  return at + size > end ? at + size : at + size + unsigned(buffer, at, size);
}

function afterKey(buffer: Uint8Array, at: number, end: number): number {
  if (at >= end) throw malformedPayload('it ends within a map');
  const token = buffer[at] as number;
  let start = at + 1;
  let after = start + (token & 0x1f);
  if (token < 0xa0 || token >= 0xc0) {
    if (token < 0xd9 || token > 0xdb) throw malformedPayload('a map has a key that is no string');
    const size = 1 << (token - 0xd9);
    after = afterBytes(buffer, start, end, size);
    start += size;
  }
  if (after > end) throw malformedPayload('it ends within a key');
  for (let i = start; i < after; i++) {
    if ((buffer[i] as number) < 0x80) continue;
    if (!isUtf8(buffer, i, after))
      throw malformedPayload('a map has a key that is not valid UTF-8');
    break;
  }
  return after;
}

/** A number of so many bytes, high byte first. */
export function unsigned(buffer: Uint8Array, at: number, size: number): number {
  let value = buffer[at] as number;
  for (let i = 1; i < size; i++) value = value * 256 + (buffer[at + i] as number);
  return value;
}

function truncated(bytes: number): Error {
  return malformedPayload(`its ${bytes} bytes end before the value does`);
}
