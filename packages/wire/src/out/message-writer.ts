import type { BusMessage, Env } from '@bus/core';
import { record } from '../frames/frames.ts';
import { noBytes } from '../frames/memory.ts';
import { longestVarint, writeVarint } from '../frames/varint.ts';
import { KeptMessages } from './kept-messages.ts';
import { appendFields, hasAny } from './message-fields.ts';
import type { Name, SentNames } from './names.ts';
import type { Outbox } from './outbox.ts';
import { payloadBytes, tooLarge } from './payload-writer.ts';
import type { Outlet } from './written.ts';
import { Written } from './written.ts';

const utf8 = new TextEncoder();

/**
 * Writes messages as records. What it wrote for one link it copies for the next, so that a fan-out to
 * many links encodes once.
 */
export class MessageWriter {
  readonly #env: Env;
  readonly #names: SentNames;
  readonly #isPlain: (message: BusMessage) => boolean;
  readonly #last = new Written();
  readonly #kept = new KeptMessages();

  /** @param isPlain - whether a message has the source and the id prefix that the peer knows of us. */
  constructor(env: Env, names: SentNames, isPlain: (message: BusMessage) => boolean) {
    this.#env = env;
    this.#names = names;
    this.#isPlain = isPlain;
  }

  /**
   * The same message, to wait until it can be written: nothing that is done to its payload changes it.
   * @throws what {@link message} throws
   */
  kept(outlet: Outlet, message: BusMessage): BusMessage {
    const { payloadLimit, reading } = outlet;
    const isLasting = message.encoded === undefined && cannotChange(message.payload, payloadLimit);
    const payload = isLasting ? noBytes : this.#payloadOf(outlet, message);
    // What comes before it may be too much only with headers, or where little room is left.
    if (hasAny(message.headers) || 2 * payload.length > payloadLimit) {
      this.#tryFields(outlet, message, payload.length);
    }
    if (isLasting || message.encoded !== undefined) return message;
    return this.#kept.of(message, outlet.codec) ?? this.#kept.add(message, payload, reading);
  }

  /**
   * Writes an event or a notification.
   * @returns how many bytes that took.
   * @throws BUS_PAYLOAD_TOO_LARGE, and what the codec throws
   */
  message(outlet: Outlet, type: number, interest: number, message: BusMessage): number {
    return this.#write(outlet, type, interest, -1, -1, message);
  }

  /** Writes a request, to be answered under `id`. */
  request(
    outlet: Outlet,
    id: number,
    many: boolean,
    interest: number,
    message: BusMessage,
  ): number {
    return this.#write(outlet, record.request, interest, id, many ? 1 : 0, message);
  }

  /** Writes an event that is to be acknowledged under `id`. */
  ackedEvent(outlet: Outlet, id: number, interest: number, message: BusMessage): number {
    return this.#write(outlet, record.ackedEvent, interest, id, -1, message);
  }

  /**
   * Tells a peer that the message just written is also for another interest of its.
   * @param id - under which it is to be acknowledged there, if it is.
   */
  also(outlet: Outlet, interest: number, id = -1): number {
    const { outbox } = outlet;
    const type = id < 0 ? record.also : record.ackedAlso;
    outbox.beginRecord(type, this.#wall(outbox), 2 * longestVarint);
    if (id >= 0) outbox.used = writeVarint(outbox.bytes, outbox.used, id);
    outbox.used = writeVarint(outbox.bytes, outbox.used, interest);
    return outbox.endRecord();
  }

  /** Acknowledges a run of events. */
  ack(outlet: Outlet, first: number, length: number, endpoints: number): void {
    const { outbox } = outlet;
    outbox.beginRecord(record.ack, this.#wall(outbox), 3 * longestVarint);
    const { bytes } = outbox;
    const at = writeVarint(bytes, writeVarint(bytes, outbox.used, first), length);
    outbox.used = writeVarint(bytes, at, endpoints);
    outbox.endRecord();
  }

  /** Writes a record about a request or an event: its id, and a payload where there is one. */
  about(outlet: Outlet, type: number, id: number, payload?: { readonly value: unknown }): void {
    const { outbox } = outlet;
    const bytes = payload === undefined ? noBytes : payloadBytes(outlet, payload.value, 'a reply');
    outbox.beginRecord(type, this.#wall(outbox), longestVarint);
    outbox.used = writeVarint(outbox.bytes, outbox.used, id);
    outbox.append(bytes);
    outbox.endRecord();
  }

  /** @param id, flags - those below zero are not written. */
  #write(
    outlet: Outlet,
    type: number,
    interest: number,
    id: number,
    flags: number,
    message: BusMessage,
  ): number {
    const { outbox } = outlet;
    const written = this.#stillThere(outlet, message);
    // Before the record, since a getter in a payload may send a message of its own.
    const payload = written === undefined ? this.#payloadOf(outlet, message) : noBytes;
    const names = written?.names ?? this.#namesOf(message);
    const wall = this.#wall(outbox);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as Name;
      if (outlet.told[name.slot] !== name) this.#tell(outlet, name, wall);
    }
    outbox.beginRecord(type, wall, 3 * longestVarint);
    if (id >= 0) outbox.used = writeVarint(outbox.bytes, outbox.used, id);
    if (flags >= 0) outbox.bytes[outbox.used++] = flags;
    outbox.used = writeVarint(outbox.bytes, outbox.used, interest);
    if (written !== undefined) outbox.append(written.bytes());
    else {
      try {
        this.#append(outlet, message, names, payload);
      } catch (error) {
        outbox.undoRecord();
        throw error;
      }
    }
    return outbox.endRecord();
  }

  /** Writes what is the same for every link. */
  #append(outlet: Outlet, message: BusMessage, names: readonly Name[], payload: Uint8Array): void {
    const { outbox, payloadLimit, peerLimits } = outlet;
    const start = outbox.used;
    const age = ageOf(message, outbox.wall);
    appendFields(outbox, message, names, age, peerLimits.headerBytes, this.#env);
    const payloadAt = outbox.used;
    const bytes = payloadAt - start + payload.length;
    if (bytes > payloadLimit) throw tooLarge(message.topic, bytes, payloadLimit);
    outbox.append(payload);
    this.#last.set(outlet, message, start, payloadAt, names, age, this.#timeFor(message));
  }

  /** Finds out whether the peer takes what comes before a payload of so many bytes. */
  #tryFields(outlet: Outlet, message: BusMessage, payloadLength: number): void {
    const { outbox, payloadLimit, peerLimits } = outlet;
    const start = outbox.used;
    try {
      appendFields(outbox, message, this.#namesOf(message), 0, peerLimits.headerBytes, this.#env);
      const bytes = outbox.used - start + payloadLength;
      if (bytes > payloadLimit) throw tooLarge(message.topic, bytes, payloadLimit);
    } finally {
      outbox.used = start;
    }
  }

  /** What was written of a message for another link, if it can be copied. */
  #stillThere(outlet: Outlet, message: BusMessage): Written | undefined {
    const last = this.#last;
    if (!last.isOf(message)) return undefined;
    const age = ageOf(message, this.#wall(outlet.outbox));
    const isSame = last.isFor(outlet, age, this.#timeFor(message));
    return isSame && this.#names.hasAll(last.names) ? last : undefined;
  }

  /** The bytes of a payload, which may be those written or kept last. */
  #payloadOf(outlet: Outlet, message: BusMessage): Uint8Array {
    const written = this.#stillThere(outlet, message);
    if (written !== undefined) return written.payload();
    const { encoded } = this.#kept.of(message, outlet.codec) ?? message;
    return payloadBytes(outlet, encoded ?? message.payload, message.topic);
  }

  /** The time, where it is part of what is written of a message; else no number. */
  #timeFor({ deadline }: BusMessage): number {
    return deadline === undefined ? Number.NaN : this.#env.now();
  }

  #namesOf(message: BusMessage): readonly Name[] {
    const { topic, source, traits } = message;
    if (this.#isPlain(message)) return this.#names.of(topic).alone;
    return this.#names.together(topic, source, traits.idPrefix);
  }

  /** The time that the frame says which the next record goes to. */
  #wall(outbox: Outbox): number {
    return outbox.isOpen ? outbox.wall : this.#env.wall();
  }

  #tell(outlet: Outlet, name: Name, wall: number): void {
    const { outbox } = outlet;
    outlet.told[name.slot] = name;
    outbox.beginRecord(record.name, wall, longestVarint);
    outbox.used = writeVarint(outbox.bytes, outbox.used, name.slot);
    outbox.append(utf8.encode(name.text));
    outbox.endRecord();
  }
}

/** How much older than its frame a message is; a few milliseconds do not count, nor does a future. */
function ageOf({ time }: BusMessage, wall: number): number {
  return wall - time > 5 ? wall - time : 0;
}

/** Most bytes that a codec may make of a character: an escape in JSON. */
const characterBytes = 6;

/** Whether a payload needs no copy to stay as it is, and surely travels: whole numbers and text do. */
function cannotChange(payload: unknown, payloadLimit: number): boolean {
  switch (typeof payload) {
    case 'string':
      return characterBytes * (payload.length + 16) <= payloadLimit;
    case 'number':
    case 'boolean':
    case 'undefined':
      return true;
    default:
      return payload === null;
  }
}
