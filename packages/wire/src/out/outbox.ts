import type { FrameType } from '../frames/frames.ts';
import { countedBytes, frame, fullFrameBytes, headerBytes } from '../frames/frames.ts';
import { noBytes, unwritten } from '../frames/memory.ts';
import { writeU32 } from '../frames/u32.ts';
import type { BatchMemory } from './batch-memory.ts';

/** Below this, bytes are copied out, and the memory they were gathered in is used again. */
const smallBytes = 2048;
/** What a quiet link makes do with. */
const quietBytes = 4096;
/** `u8 type | u32 length` */
const recordHeaderBytes = 5;

/** What one link is about to send: whole frames, the last of which may still take records. */
export class Outbox {
  bytes: Uint8Array = noBytes;
  used = 0;
  /** Rises when {@link take} has given the bytes away. */
  turn = 0;
  /** The time that the open frame of messages states; NaN where none is open. */
  wall: number = Number.NaN;
  /** Counts the frames of messages. */
  frames = 0;
  #frameAt = -1;
  #recordAt = 0;
  readonly #memory: BatchMemory;

  constructor(memory: BatchMemory) {
    this.#memory = memory;
  }

  /** Whether the last frame still takes records. */
  get isOpen(): boolean {
    return this.#frameAt >= 0 && this.used - this.#frameAt < fullFrameBytes;
  }

  /** Makes room, so that what is written need not check for it. */
  reserve(count: number): void {
    const needed = this.used + count;
    if (needed <= this.bytes.length) return;
    const grown = needed <= quietBytes ? unwritten(quietBytes) : this.#memory.take(needed);
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

  /** Returns how many bytes the record takes, its header with it, as the peer counts it. */
  endRecord(): number {
    const size = this.used - this.#recordAt;
    writeU32(this.bytes, this.#recordAt + 1, size - recordHeaderBytes);
    return size;
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

  /**
   * What there is to send; from here on it is not ours to change, until it is given back to the
   * memory it came from: that is `whole`, where there is one.
   */
  take(): { readonly bytes: Uint8Array; readonly whole: Uint8Array | undefined } {
    this.#closeMessages();
    const { bytes, used } = this;
    this.used = 0;
    this.turn++;
    if (used <= smallBytes) {
      const copy = bytes.slice(0, used);
      if (bytes.length > quietBytes) this.#giveBack();
      return { bytes: copy, whole: undefined };
    }
    this.bytes = noBytes;
    return { bytes: bytes.subarray(0, used), whole: bytes };
  }

  /** A link that has become quiet does not keep a batch of memory. */
  #giveBack(): void {
    this.#memory.give(this.bytes);
    this.bytes = noBytes;
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
    writeU32(this.bytes, this.used + 2, wall % 0x100000000);
    this.used += 6;
  }

  #closeMessages(): void {
    if (this.#frameAt < 0) return;
    const body = this.used - this.#frameAt - headerBytes;
    writeU32(this.bytes, this.#frameAt, body + countedBytes);
    this.#frameAt = -1;
    this.wall = Number.NaN;
  }

  #header(type: FrameType, bodyLength: number): void {
    const { bytes, used } = this;
    writeU32(bytes, used, bodyLength + countedBytes);
    bytes[used + 4] = type;
    bytes[used + 5] = 0;
    this.used = used + headerBytes;
  }
}
