import type { Reader } from './reader.ts';

const controls: ReadonlyMap<string, number> = new Map([
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
]);

/**
 * Reads the character of an escape. Starts behind the backslash. Undefined if the escape is not a
 * character, or if engines differ on it.
 */
export function escapedCharacter(reader: Reader, unicode: boolean): number | undefined {
  const control = controls.get(reader.next);
  if (control !== undefined) {
    reader.take();
    return control;
  }
  const hex =
    reader.eatMatch(/x([\dA-Fa-f]{2})/y) ??
    (unicode ? reader.eatMatch(/u\{([\dA-Fa-f]+)\}/y) : undefined);
  if (hex !== undefined) return Number.parseInt(hex, 16);
  const unit = reader.eatMatch(/u([\dA-Fa-f]{4})/y);
  if (unit !== undefined) {
    const high = Number.parseInt(unit, 16);
    const isHigh = unicode && high >= 0xd800 && high <= 0xdbff;
    const low = isHigh ? reader.eatMatch(/\\u([Dd][C-Fc-f][\dA-Fa-f]{2})/y) : undefined;
    if (low === undefined) return high;
    return 0x10000 + ((high - 0xd800) << 10) + (Number.parseInt(low, 16) - 0xdc00);
  }
  if (reader.eatMatch(/0(?!\d)/y) !== undefined) return 0;
  const letter = reader.eatMatch(/c([A-Za-z])/y);
  if (letter !== undefined) return letter.charCodeAt(0) % 32;
  return /[\dA-Za-z]/.test(reader.next) ? undefined : reader.take();
}
