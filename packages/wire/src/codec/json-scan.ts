import { limitExceeded, malformedPayload } from '../errors.ts';
import { doubled } from '../frames/memory.ts';
import type { DecodeLimits } from './payload-codec.ts';

/** Values so far in each container around the current one: of a list above zero, of a map below. */
let outer = new Int32Array(64);

const quote = 0x22;
const backslash = 0x5c;

/**
 * Checks that the values of a JSON text nest no deeper and are no more than allowed, without making
 * any. Whether it is JSON at all is left to the parser, which is safe to ask after this.
 * @throws WIRE_PROTOCOL_ERROR, WIRE_LIMIT_EXCEEDED
 */
export function scanJson(
  buffer: Uint8Array,
  start: number,
  end: number,
  limits: DecodeLimits,
): void {
  let depth = 0;
  let nodes = 0;
  let values = 0;
  let map = false;
  for (let at = start; at < end; at++) {
    const char = buffer[at] as number;
    if (char <= 0x20 || char === 0x3a) continue;
    if (char === 0x7d || char === 0x5d) {
      if (depth === 0) throw malformedPayload('a bracket closes what none has opened');
      values = outer[--depth] as number;
      map = values < 0;
      values = Math.abs(values);
      continue;
    }
    // A comma announces the next value, and only the first one of a container comes without.
    if (char === 0x2c || values === 0) {
      values++;
      nodes++;
      if (nodes > limits.nodes) throw limitExceeded('nodes', limits.nodes, nodes);
      if (map && values > limits.mapEntries) {
        throw limitExceeded('mapEntries', limits.mapEntries, values);
      }
    }
    if (char === quote) {
      at = lastOfString(buffer, at, end);
    } else if (char === 0x7b || char === 0x5b) {
      if (depth === limits.depth) throw limitExceeded('depth', limits.depth, depth + 1);
      if (depth === outer.length) outer = doubled(outer);
      outer[depth++] = map ? -values : values;
      map = char === 0x7b;
      values = 0;
    }
  }
}

function lastOfString(buffer: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  while (at < end && buffer[at] !== quote) at += buffer[at] === backslash ? 2 : 1;
  return at;
}
