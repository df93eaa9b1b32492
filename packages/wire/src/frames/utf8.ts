import { protocolError } from '../errors.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text in part of some bytes.
 * @throws WIRE_PROTOCOL_ERROR where they are not UTF-8.
 */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  try {
    return strict.decode(bytes.subarray(start, end));
  } catch (cause) {
    throw protocolError('a text is not UTF-8', cause);
  }
}

/**
 * Whether bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Walks on from byte to byte, so it allocates nothing.
 */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const lead = bytes[at++] as number;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    if (at >= end) return false;
    const second = bytes[at++] as number;
    if (second < leastSecond(lead) || second > greatestSecond(lead)) return false;
    const more = lead < 0xe0 ? 0 : lead < 0xf0 ? 1 : 2;
    for (let i = 0; i < more; i++) {
      if (at >= end || ((bytes[at++] as number) & 0xc0) !== 0x80) return false;
    }
  }
  return true;
}

/** After 0xe0 and 0xf0 a smaller second byte would be an overlong form. */
function leastSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
}

/** After 0xed a greater second byte would be a surrogate, after 0xf4 one beyond U+10FFFF. */
function greatestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
}
