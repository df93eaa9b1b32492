import type { FrameType } from './frames.ts';
import { countedBytes, frame, fullBatchBytes, fullFrameBytes, headerBytes } from './frames.ts';
import { unwritten } from './memory.ts';

/** Below this, bytes are copied out, and the memory they were gathered in is used again. */
const smallBytes = 2048;
const leastRoom = 4096;
/** `u8 type | u32 length` */
const recordHeaderBytes = 5;

/** What one link is about to send: whole frames, the last of which may still take records. */
export class Outbox {
  bytes: Uint8Array = new Uint8Array(0);
  used = 0;
  /** Rises when {@link take} has given the bytes away. */
  turn = 0;
  /** The time that the open frame of messages states; NaN where none is open. */
  wall: number = Number.NaN;
  /** Counts the frames of messages. */
  frames = 0;
  #frameAt = -1;
  #recordAt = 0;
  #room = leastRoom;

  /** Whether the last frame still takes records. */
  get isOpen(): boolean {
    return this.#frameAt >= 0 && this.used - this.#frameAt < fullFrameBytes;
  }

  /** Makes room, so that what is written need not check for it. */
  reserve(count: number): void {
    const needed = this.used + count;
    if (needed <= this.bytes.length) return;
    const grown = unwritten(Math.max(needed, 2 * this.bytes.length, this.#room));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
  }

  /** Begins a record within a frame of messages, with room for `count` bytes of content. */
  beginRecord(type: number, wall: number, count: number): void {
    if (!this.isOpen) {
      this.#closeMessages();
      this.#openMessages(wall);
    }
    this.reserve(recordHeaderBytes + count);
    this.#recordAt = this.used;
    this.bytes[this.used] = type;
    this.used += recordHeaderBytes;
  }

  endRecord(): void {
    const at = this.#recordAt + 1;
    writeLength(this.bytes, at, this.used - this.#recordAt - recordHeaderBytes);
  }

  /** Takes a record back that could not be written whole. */
  undoRecord(): void {
    this.used = this.#recordAt;
  }

  /** Copies bytes behind what there is. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
  }

  frame(type: FrameType, body: Uint8Array): void {
    this.#closeMessages();
    this.reserve(headerBytes + body.length);
    this.#header(type, body.length);
    this.append(body);
  }

  /** What there is to send; from here on it is not ours to change. */
  take(): Uint8Array {
    this.#closeMessages();
    const { bytes, used } = this;
    this.used = 0;
    this.turn++;
    if (used <= smallBytes) return bytes.slice(0, used);
    this.bytes = new Uint8Array(0);
    this.#room = Math.min(Math.max(used + (used >> 3), leastRoom), 2 * fullBatchBytes);
    return bytes.subarray(0, used);
  }

  #openMessages(wall: number): void {
    this.reserve(headerBytes + 6);
    this.#frameAt = this.used;
    this.frames++;
    this.wall = wall;
    this.#header(frame.messages, 0);
    const high = Math.floor(wall / 0x100000000);
    this.bytes[this.used] = high >>> 8;
    this.bytes[this.used + 1] = high;
    writeLength(this.bytes, this.used + 2, wall % 0x100000000);
    this.used += 6;
  }

  #closeMessages(): void {
    if (this.#frameAt < 0) return;
    const body = this.used - this.#frameAt - headerBytes;
    writeLength(this.bytes, this.#frameAt, body + countedBytes);
    this.#frameAt = -1;
    this.wall = Number.NaN;
  }

  #header(type: FrameType, bodyLength: number): void {
    const { bytes, used } = this;
    writeLength(bytes, used, bodyLength + countedBytes);
    bytes[used + 4] = type;
    bytes[used + 5] = 0;
    this.used = used + headerBytes;
  }
}

/** Writes a 32-bit number, high byte first. */
function writeLength(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
