/** Bytes that {@link writeVarint} needs for the largest number it takes. */
export const longestVarint = 8;

/** Writes an integer of at most 2^53 - 1, seven bits a byte, low ones first (LEB128). */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let left = value;
  let next = at;
  while (left >= 0x10000000) {
    bytes[next++] = (left % 128) | 0x80;
    left = Math.floor(left / 128);
  }
  while (left >= 0x80) {
    bytes[next++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  bytes[next++] = left;
  return next;
}
