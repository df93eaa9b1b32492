import type { BusMessage, Env } from '@bus/core';
import { allowsAll } from '../codec/payload-codec.ts';
import { record } from '../frames/frames.ts';
import { longestVarint, writeVarint } from '../frames/varint.ts';
import type { StatedLimits } from '../greeting/handshake.ts';
import { ageOf, appendFields } from './message-fields.ts';
import type { Name, SentNames } from './names.ts';
import type { Outbox } from './outbox.ts';
import { appendPayload, tooLarge } from './payload-writer.ts';
import type { Outlet } from './written.ts';
import { Written } from './written.ts';

/** Room for the fixed fields of a record: type, ids, flags, names, sequence, hops, age, deadline. */
const fixedBytes = 10 * longestVarint;

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

  /** @param isPlain - whether a message has the source and the id prefix that the peer knows of us. */
  constructor(env: Env, names: SentNames, isPlain: (message: BusMessage) => boolean) {
    this.#env = env;
    this.#names = names;
    this.#isPlain = isPlain;
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
    outbox.beginRecord(type, this.#wall(outbox), longestVarint);
    outbox.used = writeVarint(outbox.bytes, outbox.used, id);
    if (payload !== undefined) {
      try {
        appendPayload(outlet, payload.value, 'a reply');
      } catch (error) {
        outbox.undoRecord();
        throw error;
      }
    }
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
    const written = this.#stillThere(message, outlet);
    const names = written?.names ?? this.#namesOf(message);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as Name;
      if (outlet.told[name.slot] !== name) this.#tell(outlet, name);
    }
    outbox.beginRecord(type, message.time, fixedBytes);
    if (id >= 0) outbox.used = writeVarint(outbox.bytes, outbox.used, id);
    if (flags >= 0) outbox.bytes[outbox.used++] = flags;
    outbox.used = writeVarint(outbox.bytes, outbox.used, interest);
    if (written !== undefined) {
      outbox.append(written.view ?? written.bytes());
    } else {
      const start = outbox.used;
      try {
        appendFields(outlet, message, names, this.#env);
        appendPayload(outlet, message.encoded ?? message.payload, message.topic);
        const bytes = outbox.used - start;
        const { payloadLimit } = outlet;
        if (bytes > payloadLimit) throw tooLarge(message.topic, bytes, payloadLimit);
      } catch (error) {
        outbox.undoRecord();
        throw error;
      }
      this.#remember(outlet, message, start, names);
    }
    return outbox.endRecord();
  }

  #remember(outlet: Outlet, message: BusMessage, start: number, names: readonly Name[]): void {
    // What is relative to the moment of writing must not be copied at another.
    const timed = message.deadline !== undefined || ageOf(message, outlet.outbox) !== 0;
    this.#last.set(outlet, message, start, names, timed ? this.#env.now() : Number.NaN);
  }

  /** What was written of a message for another link, if it can be copied. */
  #stillThere(message: BusMessage, outlet: Outlet): Written | undefined {
    const last = this.#last;
    if (last.message !== message) return undefined;
    const { outbox, turn, codec, names, at, start, end, peerLimits } = last;
    const same =
      outbox?.turn === turn &&
      codec === outlet.codec &&
      end - start <= outlet.payloadLimit &&
      isAsLarge(outlet.peerLimits, peerLimits) &&
      (Number.isNaN(at) ? ageOf(message, outlet.outbox) === 0 : at === this.#env.now()) &&
      this.#names.hasAll(names);
    return same ? last : undefined;
  }

  #namesOf(message: BusMessage): readonly Name[] {
    const topic = this.#names.of(message.topic);
    if (this.#isPlain(message)) return topic.alone;
    return [topic, this.#names.of(message.source), this.#names.of(message.traits.idPrefix)];
  }

  /** The time for a frame, which matters only where none is open. */
  #wall(outbox: Outbox): number {
    return outbox.isOpen ? outbox.wall : this.#env.wall();
  }

  #tell(outlet: Outlet, name: Name): void {
    const { outbox } = outlet;
    outlet.told[name.slot] = name;
    outbox.beginRecord(record.name, this.#wall(outbox), longestVarint);
    outbox.used = writeVarint(outbox.bytes, outbox.used, name.slot);
    outbox.append(utf8.encode(name.text));
    outbox.endRecord();
  }
}

/** Whether what one peer takes, another takes as well. */
function isAsLarge(theirs: StatedLimits, others: StatedLimits | undefined): boolean {
  if (theirs === others) return true;
  if (others === undefined) return false;
  return allowsAll(theirs, others) && theirs.headerBytes >= others.headerBytes;
}
