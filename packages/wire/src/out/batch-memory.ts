import { fullBatchBytes } from '../frames/frames.ts';
import { unwritten } from '../frames/memory.ts';

/** Room for a full batch and the record that filled it, if that is no larger than a frame. */
const batchBytes = fullBatchBytes + 32_768;
/** Batches kept for use again: 3 MiB at most. */
const mostSpare = 32;

/**
 * Memory for the batches of one transport, used again when it has left. Fresh memory costs more than
 * what is written into it: the system maps and clears every page of it.
 */
export class BatchMemory {
  readonly #spare: Uint8Array[] = [];

  /** Memory for `count` bytes, and mostly for what follows them. */
  take(count: number): Uint8Array {
    if (count > batchBytes) return unwritten(2 * count);
    return this.#spare.pop() ?? unwritten(batchBytes);
  }

  /** Gives memory back, if it is worth keeping. */
  give(bytes: Uint8Array): void {
    if (bytes.length === batchBytes && this.#spare.length < mostSpare) this.#spare.push(bytes);
  }
}
