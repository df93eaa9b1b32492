import type { DecodeLimits } from '../codec/payload-codec.ts';
import { allowsAll } from '../codec/payload-codec.ts';
import { noBytes, unwritten } from '../frames/memory.ts';
import type { PayloadReading } from '../in/received-payload.ts';
import { ReceivedPayload } from '../in/received-payload.ts';

/** Small payloads share memory of this size: one of their own would cost more than its bytes. */
const slabBytes = 16_384;
/** Larger ones have their own. */
const mostSharedBytes = 4096;

/** The payload of a message that waits to leave. Its own codec has written it, and it needs no check. */
class KeptPayload extends ReceivedPayload {
  override passedOn(theirs: DecodeLimits): Uint8Array {
    const { codec, limits } = this.reading;
    if (!allowsAll(theirs, limits)) codec.check?.(this, theirs);
    return this.buffer.subarray(this.start, this.end);
  }
}

/** Keeps payloads of messages that wait to leave, each as bytes of its own. */
export class KeptPayloads {
  #slab: Uint8Array = noBytes;
  #used = 0;

  /** Copies the bytes of a payload that lie between two places. */
  add(reading: PayloadReading, from: Uint8Array, start: number, end: number): ReceivedPayload {
    const length = end - start;
    if (length > mostSharedBytes) {
      const own = unwritten(length);
      own.set(from.subarray(start, end));
      return new KeptPayload(reading, own, 0, length);
    }
    if (this.#used + length > this.#slab.length) {
      this.#slab = unwritten(slabBytes);
      this.#used = 0;
    }
    const at = this.#used;
    this.#slab.set(from.subarray(start, end), at);
    this.#used += length;
    return new KeptPayload(reading, this.#slab, at, this.#used);
  }
}
