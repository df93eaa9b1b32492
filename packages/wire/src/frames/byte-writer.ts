import { noBytes, unwritten } from './memory.ts';

/** Writes bytes one after the other, into memory that grows. */
export class ByteWriter {
  bytes: Uint8Array = noBytes;
  used = 0;

  /** Makes room, so that what is written need not check for it. */
  reserve(count: number): void {
    const needed = this.used + count;
    if (needed <= this.bytes.length) return;
    const grown = this.grown(needed);
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
  }

  /** Copies bytes behind what there is. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** Memory for `count` bytes, and mostly for what follows them. */
  protected grown(count: number): Uint8Array {
    return unwritten(Math.max(1024, 2 * count));
  }
}
