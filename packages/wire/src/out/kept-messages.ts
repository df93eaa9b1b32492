import type { BusMessage, MessageTraits } from '@bus/core';
import type { DecodeLimits, PayloadCodec } from '../codec/payload-codec.ts';
import { allowsAll } from '../codec/payload-codec.ts';
import { noBytes, smallMemory, unwritten } from '../frames/memory.ts';
import type { PayloadReading } from '../in/received-payload.ts';
import { decodePayload, ReceivedPayload } from '../in/received-payload.ts';

/** The payload of a message that waits to leave. Its own codec has written it, and it needs no check. */
class KeptPayload extends ReceivedPayload {
  override passedOn(theirs: DecodeLimits): Uint8Array {
    const { codec, limits } = this.reading;
    if (!allowsAll(theirs, limits)) codec.check?.(this, theirs);
    return this.buffer.subarray(this.start, this.end);
  }
}

/** Makes the messages that wait to leave: each payload is bytes of its own. */
export class KeptMessages {
  /** Small payloads share memory: a piece of its own for each would cost more than its bytes. */
  #slab: Uint8Array = noBytes;
  #used = 0;
  /** The one kept last, which may have to wait for other interests and links too. */
  #given: BusMessage | undefined;
  #kept: BusMessage | undefined;
  #codec: PayloadCodec | undefined;
  /** Traits of the last, which all messages sent without options share. */
  #traits: MessageTraits | undefined;

  /** What is kept of a message, if it was the last. */
  of(message: BusMessage, codec: PayloadCodec): BusMessage | undefined {
    return message === this.#given && codec === this.#codec ? this.#kept : undefined;
  }

  /** Keeps a message whose payload is these bytes, which are copied. */
  add(message: BusMessage, bytes: Uint8Array, reading: PayloadReading): BusMessage {
    const payload = this.#copied(bytes, reading);
    const isLike = this.#kept !== undefined && this.#traits === message.traits;
    const kept = isLike
      ? message.withBody((this.#kept as BusMessage).traits, payload)
      : message.with({ payload, decode: decodePayload });
    this.#given = message;
    this.#kept = kept;
    this.#codec = reading.codec;
    this.#traits = message.traits;
    return kept;
  }

  #copied(bytes: Uint8Array, reading: PayloadReading): ReceivedPayload {
    const { length } = bytes;
    if (4 * length > smallMemory) {
      const own = unwritten(length);
      own.set(bytes);
      return new KeptPayload(reading, own, 0, length);
    }
    if (this.#used + length > this.#slab.length) {
      this.#slab = unwritten(smallMemory);
      this.#used = 0;
    }
    const at = this.#used;
    this.#slab.set(bytes, at);
    this.#used += length;
    return new KeptPayload(reading, this.#slab, at, this.#used);
  }
}
