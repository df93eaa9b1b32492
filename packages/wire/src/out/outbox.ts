import { ByteWriter } from '../frames/byte-writer.ts';
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
export class Outbox extends ByteWriter {
  /** The time that the open frame of messages states; NaN where none is open. */
  wall: number = Number.NaN;
  /** Counts the frames of messages. */
  frames = 0;
  #frameAt = -1;
  #recordAt = 0;
  readonly #memory: BatchMemory;

  constructor(memory: BatchMemory) {
    super();
    this.#memory = memory;
  }

  /** Whether the last frame still takes records. */
  get isOpen(): boolean {
    return this.#frameAt >= 0 && this.used - this.#frameAt < fullFrameBytes;
  }

  protected override grown(count: number): Uint8Array {
    return count <= quietBytes ? unwritten(quietBytes) : this.#memory.take(count);
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
