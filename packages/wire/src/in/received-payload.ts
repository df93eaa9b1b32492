import type { DecodeLimits, PayloadBytes, PayloadCodec } from '../codec/payload-codec.ts';
import { allowsAll } from '../codec/payload-codec.ts';
import { copies, smallMemory } from '../frames/memory.ts';

/** How the payloads of one peer are read. */
export interface PayloadReading {
  readonly codec: PayloadCodec;
  readonly limits: DecodeLimits;
  /** Called with what was wrong with a payload, before that is thrown. */
  failed(error: unknown): void;
}

/**
 * A payload as it came, decoded when somebody first reads it. A link that passes it on to a peer of
 * the same codec sends these very bytes.
 */
export class ReceivedPayload implements PayloadBytes {
  buffer: Uint8Array;
  start: number;
  end: number;
  readonly reading: PayloadReading;
  #value: unknown;
  #read = false;
  #checked = false;

  constructor(reading: PayloadReading, buffer: Uint8Array, start: number, end: number) {
    this.reading = reading;
    this.buffer = buffer;
    this.start = start;
    this.end = end;
  }

  /** A payload of undefined is no bytes, whatever the codec. */
  get isNothing(): boolean {
    return this.start === this.end;
  }

  /**
   * To be called where it has to wait: what came with it and is much larger need not wait as well. The
   * peer has credit for its own bytes alone.
   */
  leaveFrame(): void {
    const { buffer, start, end } = this;
    const length = end - start;
    if (buffer.buffer.byteLength <= Math.max(smallMemory, 4 * length)) return;
    this.buffer = copies.of(buffer, start, end);
    this.start = copies.at;
    this.end = this.start + length;
  }

  /** Every reader gets the same value, as it would of a payload that never left its process. */
  value(): unknown {
    if (this.#read) return this.#value;
    if (this.isNothing) return undefined;
    const { codec, limits } = this.reading;
    try {
      this.#value = codec.decode(this, limits);
    } catch (error) {
      this.reading.failed(error);
      throw error;
    }
    this.#read = true;
    return this.#value;
  }

  /**
   * The bytes as they came, for another link of the same codec: that link must not be closed for what
   * this one brought.
   * @throws WIRE_PROTOCOL_ERROR, WIRE_LIMIT_EXCEEDED, also where only the limits of the other peer
   * are against it.
   */
  passedOn(theirs: DecodeLimits): Uint8Array {
    const { codec, limits } = this.reading;
    if (!this.#checked && !this.#read) {
      try {
        codec.check?.(this, limits);
      } catch (error) {
        this.reading.failed(error);
        throw error;
      }
      this.#checked = true;
    }
    if (!allowsAll(theirs, limits)) codec.check?.(this, theirs);
    return this.buffer.subarray(this.start, this.end);
  }
}

/** What the kernel calls when a handler first reads the payload of a message from a link. */
export function decodePayload(received: unknown): unknown {
  return received instanceof ReceivedPayload ? received.value() : received;
}
