import { protocolError } from '../errors.ts';
import { noBytes } from './memory.ts';
import { textOf } from './utf8.ts';
import { longestVarint } from './varint.ts';

/** Reads what one peer wrote, up to `end`; every read that would go past it is a protocol error. */
export class ByteReader {
  bytes: Uint8Array = noBytes;
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

function cutShort(): Error {
  return protocolError('a record ends before its content does');
}
