import { protocolError } from './errors.ts';

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

/** How many bytes {@link writeVarint} writes. */
export function varintLength(value: number): number {
  let length = 1;
  for (let left = value; left >= 128; left = Math.floor(left / 128)) length++;
  return length;
}

/** Reads what one peer wrote, up to `end`; every read that would go past it is a protocol error. */
export class ByteReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;

  open(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined || this.at >= this.end) throw cutShort();
    this.at++;
    return value;
  }

  varint(): number {
    const first = this.bytes[this.at];
    if (first !== undefined && first < 0x80 && this.at < this.end) {
      this.at++;
      return first;
    }
    return this.#longVarint();
  }

  #longVarint(): number {
    let value = 0;
    let factor = 1;
    for (let length = 0; length < longestVarint; length++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      factor *= 128;
    }
    throw protocolError('a number is longer than 53 bits');
  }

  /** Text of a length that stands before it. */
  text(): string {
    const length = this.varint();
    if (length > this.end - this.at) throw cutShort();
    this.at += length;
    return textOf(this.bytes, this.at - length, this.at);
  }

  /** @throws WIRE_PROTOCOL_ERROR where something is left. */
  done(): void {
    if (this.at < this.end)
      throw protocolError(`${this.end - this.at} bytes follow where none may`);
  }

  /** The text from here to the end. */
  rest(): string {
    const start = this.at;
    this.at = this.end;
    return textOf(this.bytes, start, this.end);
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text in part of some bytes. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  try {
    return strict.decode(bytes.subarray(start, end));
  } catch (cause) {
    throw protocolError('a text is not UTF-8', cause);
  }
}

function cutShort(): Error {
  return protocolError('a record ends before its content does');
}
