import type { BusMessage, MessageTraits } from '@bus/core';
import type { DecodeLimits, PayloadCodec } from '../codec/payload-codec.ts';
import { allowsAll } from '../codec/payload-codec.ts';
import { copies } from '../frames/memory.ts';
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
    const memory = copies.of(bytes, 0, bytes.length);
    const payload = new KeptPayload(reading, memory, copies.at, copies.at + bytes.length);
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
}
