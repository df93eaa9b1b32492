import { limitExceeded, protocolError } from '../errors.ts';
import { countedBytes, fullBatchBytes, headerBytes } from './frames.ts';
import { noBytes, unwritten } from './memory.ts';
import { readU32 } from './u32.ts';

/** Gets each whole frame: its type and where its body lies. The bytes stay as they are. */
export type FrameListener = (type: number, bytes: Uint8Array, start: number, end: number) => void;

/**
 * Cuts a stream of bytes into frames, however the bytes come. Each byte is copied at most once, and
 * only of frames that came in parts; room for those grows with what has come, not with what is claimed.
 */
export class FrameReader {
  /** The most bytes a frame may have, of its header type and flags alone counted. */
  #limit: number;
  #limitName: string;
  readonly #listener: FrameListener;
  /** The frame that has come in part: its first `#have` bytes. */
  #part: Uint8Array = noBytes;
  #have = 0;

  constructor(limit: number, limitName: string, listener: FrameListener) {
    this.#limit = limit;
    this.#limitName = limitName;
    this.#listener = listener;
  }

  /** Whether a frame has come in part only. */
  get isWithin(): boolean {
    return this.#have > 0;
  }

  /** Takes frames up to another size from here on. */
  setLimit(limit: number, limitName: string): void {
    this.#limit = limit;
    this.#limitName = limitName;
  }

  /** @throws WIRE_PROTOCOL_ERROR, WIRE_LIMIT_EXCEEDED, and what the listener throws */
  read(bytes: Uint8Array): void {
    let at = 0;
    if (this.#have > 0) {
      at = this.#complete(bytes);
      if (this.#have > 0) return;
    }
    while (bytes.length - at >= headerBytes) {
      const end = at + headerBytes + this.#bodyLength(bytes, at);
      if (end > bytes.length) break;
      const start = at;
      at = end;
      this.#tell(bytes, start, end);
    }
    if (at === bytes.length) return;
    const claimed = bytes.length - at < headerBytes ? 0 : this.#bodyLength(bytes, at);
    this.#keep(bytes, at, bytes.length, claimed);
  }

  /** Goes on with the frame that came in part; returns how many bytes that took. */
  #complete(bytes: Uint8Array): number {
    let at = 0;
    if (this.#have < headerBytes) {
      at = Math.min(headerBytes - this.#have, bytes.length);
      this.#keep(bytes, 0, at, 0);
      if (this.#have < headerBytes) return at;
    }
    const whole = headerBytes + this.#bodyLength(this.#part, 0);
    const end = Math.min(bytes.length, at + whole - this.#have);
    this.#keep(bytes, at, end, whole);
    if (this.#have < whole) return end;
    const part = this.#part;
    this.#part = noBytes;
    this.#have = 0;
    this.#tell(part, 0, whole);
    return end;
  }

  /** @param claimed - how long the frame says it is, which is believed up to one full batch. */
  #keep(bytes: Uint8Array, start: number, end: number, claimed: number): void {
    const needed = this.#have + end - start;
    if (needed > this.#part.length) {
      const believed = Math.min(claimed + headerBytes, 2 * this.#part.length + fullBatchBytes);
      const grown = unwritten(Math.max(needed, believed));
      grown.set(this.#part.subarray(0, this.#have));
      this.#part = grown;
    }
    this.#part.set(bytes.subarray(start, end), this.#have);
    this.#have = needed;
  }

  #bodyLength(bytes: Uint8Array, at: number): number {
    const length = readU32(bytes, at);
    if (length < countedBytes) throw protocolError('a frame is shorter than its header');
    if (length > this.#limit) throw limitExceeded(this.#limitName, this.#limit, length);
    return length - countedBytes;
  }

  #tell(bytes: Uint8Array, start: number, end: number): void {
    const flags = bytes[start + 5];
    if (flags !== 0) throw protocolError(`frame flags ${flags} are not known`);
    this.#listener(bytes[start + 4] ?? 0, bytes, start + headerBytes, end);
  }
}
