import type { BusMessage } from '@bus/core';
import type { PayloadCodec } from '../codec/payload-codec.ts';
import { allowsAll } from '../codec/payload-codec.ts';
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
  /** How a payload that waits to be written is read. */
  readonly reading: PayloadReading;
}

/**
 * The part of a message that is the same for every link, where it was last written. One object for
 * all messages, since most are written once.
 */
export class Written {
  names: readonly Name[] = [];
  #message: BusMessage | undefined;
  #codec: PayloadCodec | undefined;
  #peerLimits: StatedLimits | undefined;
  #outbox: Outbox | undefined;
  #turn = 0;
  #age = 0;
  /** When it was written, where that is part of what was written; else no number. */
  #at: number = Number.NaN;
  #start = 0;
  #payloadAt = 0;
  #end = 0;
  /** Its bytes, once they are needed again. */
  #view: Uint8Array | undefined;

  /**
   * A message stands at the end of an outbox.
   * @param age - how much older than its frame it was said to be.
   * @param now - the time, where what was written depends on it; else no number.
   */
  set(
    outlet: Outlet,
    message: BusMessage,
    start: number,
    payloadAt: number,
    names: readonly Name[],
    age: number,
    now: number,
  ): void {
    const { outbox, codec, peerLimits } = outlet;
    this.names = names;
    this.#message = message;
    this.#codec = codec;
    this.#peerLimits = peerLimits;
    this.#outbox = outbox;
    this.#turn = outbox.turn;
    this.#age = age;
    this.#at = now;
    this.#start = start;
    this.#payloadAt = payloadAt;
    this.#end = outbox.used;
    this.#view = undefined;
  }

  isOf(message: BusMessage): boolean {
    return this.#message === message;
  }

  /** Whether it is still there, and a link would write the same. */
  isFor(outlet: Outlet, age: number, now: number): boolean {
    return (
      this.#outbox?.turn === this.#turn &&
      this.#codec === outlet.codec &&
      this.#end - this.#start <= outlet.payloadLimit &&
      isAsLarge(outlet.peerLimits, this.#peerLimits) &&
      this.#age === age &&
      // A deadline is told in whole milliseconds.
      (Number.isNaN(this.#at) || now - this.#at < 1)
    );
  }

  /** Its bytes; what they were written into may have grown out of its memory since. */
  bytes(): Uint8Array {
    this.#view ??= this.#outbox?.bytes.subarray(this.#start, this.#end) ?? noBytes;
    return this.#view;
  }

  /** Those of its payload. */
  payload(): Uint8Array {
    return this.bytes().subarray(this.#payloadAt - this.#start);
  }
}

/** Whether what one peer takes, another takes as well. */
function isAsLarge(theirs: StatedLimits, others: StatedLimits | undefined): boolean {
  if (theirs === others) return true;
  if (others === undefined) return false;
  return allowsAll(theirs, others) && theirs.headerBytes >= others.headerBytes;
}
