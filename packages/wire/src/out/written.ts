import type { BusMessage } from '@bus/core';
import type { PayloadCodec } from '../codec/payload-codec.ts';
import { noBytes } from '../frames/memory.ts';
import type { StatedLimits } from '../greeting/handshake.ts';
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
}

/**
 * The part of a message that is the same for every link, where it was last written. One object for
 * all messages, since most are written once.
 */
export class Written {
  message: BusMessage | undefined;
  codec: PayloadCodec | undefined;
  peerLimits: StatedLimits | undefined;
  outbox: Outbox | undefined;
  turn = 0;
  /** When it was written, where that is part of what was written. */
  at: number = Number.NaN;
  start = 0;
  end = 0;
  names: readonly Name[] = [];
  /** Its bytes, once they are needed again. */
  view: Uint8Array | undefined;

  set(
    outlet: Outlet,
    message: BusMessage,
    start: number,
    names: readonly Name[],
    at: number,
  ): void {
    const { outbox, codec, peerLimits } = outlet;
    this.message = message;
    this.codec = codec;
    this.peerLimits = peerLimits;
    this.outbox = outbox;
    this.turn = outbox.turn;
    this.at = at;
    this.start = start;
    this.end = outbox.used;
    this.names = names;
    this.view = undefined;
  }

  /** Its bytes; what they were written into may have grown out of its memory since. */
  bytes(): Uint8Array {
    this.view ??= this.outbox?.bytes.subarray(this.start, this.end) ?? noBytes;
    return this.view;
  }
}
