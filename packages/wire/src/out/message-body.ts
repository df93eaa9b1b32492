import type { BusMessage } from '@bus/core';
import type { PayloadCodec } from '../codec/payload-codec.ts';
import { allowsAll } from '../codec/payload-codec.ts';
import { ByteWriter } from '../frames/byte-writer.ts';
import { noBytes } from '../frames/memory.ts';
import type { StatedLimits } from '../greeting/handshake.ts';
import type { PayloadReading } from '../in/received-payload.ts';
import type { Name } from './names.ts';
import type { Outbox } from './outbox.ts';

/** Where a link writes, and what its peer knows already. */
export interface Outlet {
  readonly outbox: Outbox;
  readonly codec: PayloadCodec;
  /** By slot, the name the peer has been told. */
  readonly told: Name[];
  /** The most bytes that the peer takes of one message, or of one payload alone. */
  readonly payloadLimit: number;
  /** What the peer has said it takes. */
  readonly peerLimits: StatedLimits;
  /** How a payload that waits to be written is read, where another codec needs its value. */
  readonly reading: PayloadReading;
}

/** Memory of one larger than this is not kept for the next. */
const mostKeptBytes = 98_304;

/**
 * The part of a message that is the same for every link, encoded: its fields and its payload. One
 * object for all messages, which are encoded one after the other.
 */
export class MessageBody extends ByteWriter {
  message: BusMessage | undefined;
  names: readonly Name[] = [];
  /** Where its payload begins, unless that lies elsewhere. */
  payloadAt = 0;
  /** Its payload where that is bytes already, which need not be copied here. */
  payload: Uint8Array = noBytes;
  #codec: PayloadCodec | undefined;
  #peerLimits: StatedLimits | undefined;
  #age = 0;
  #view: Uint8Array | undefined;
  /** When it was encoded, where that is part of it; else no number. */
  #at: number = Number.NaN;

  /** How many bytes it is. */
  get size(): number {
    return this.used + this.payload.length;
  }

  /** Copies it behind what another writer has. */
  copyTo(writer: ByteWriter): void {
    this.#view ??= this.bytes.subarray(0, this.used);
    writer.append(this.#view);
    if (this.payload.length > 0) writer.append(this.payload);
  }

  /** Begins another. */
  begin(): void {
    this.message = undefined;
    this.used = 0;
    this.#view = undefined;
    this.payload = noBytes;
    if (this.bytes.length > mostKeptBytes) this.bytes = noBytes;
  }

  /**
   * All of a message has been written.
   * @param now - the time, where what is written depends on it; else no number.
   */
  end(outlet: Outlet, message: BusMessage, names: readonly Name[], age: number, now: number): void {
    this.message = message;
    this.names = names;
    this.#codec = outlet.codec;
    this.#peerLimits = outlet.peerLimits;
    this.#age = age;
    this.#at = now;
  }

  /** Whether it is what a link would send of a message. */
  isFor(outlet: Outlet, message: BusMessage, age: number, now: number): boolean {
    return (
      this.message === message &&
      this.#codec === outlet.codec &&
      this.#age === age &&
      // A deadline is told in whole milliseconds.
      (Number.isNaN(this.#at) || now - this.#at < 1) &&
      this.size <= outlet.payloadLimit &&
      isAsLarge(outlet.peerLimits, this.#peerLimits)
    );
  }
}

/** Whether what one peer takes, another takes as well. */
function isAsLarge(theirs: StatedLimits, others: StatedLimits | undefined): boolean {
  if (theirs === others) return true;
  if (others === undefined) return false;
  return allowsAll(theirs, others) && theirs.headerBytes >= others.headerBytes;
}
