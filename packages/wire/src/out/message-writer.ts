import type { BusMessage, Env } from '@bus/core';
import { record } from '../frames/frames.ts';
import { noBytes } from '../frames/memory.ts';
import { longestVarint, writeVarint } from '../frames/varint.ts';
import { decodePayload, ReceivedPayload } from '../in/received-payload.ts';
import { KeptPayloads } from './kept-payloads.ts';
import type { Outlet } from './message-body.ts';
import { MessageBody } from './message-body.ts';
import { appendFields } from './message-fields.ts';
import type { Name, SentNames } from './names.ts';
import type { Outbox } from './outbox.ts';
import { payloadBytes, tooLarge } from './payload-writer.ts';

const utf8 = new TextEncoder();

/**
 * Encodes messages, and writes them as records. What is encoded for one link is copied for the next,
 * so that a fan-out to many links encodes once.
 */
export class MessageWriter {
  readonly #env: Env;
  readonly #names: SentNames;
  readonly #isPlain: (message: BusMessage) => boolean;
  readonly #body = new MessageBody();
  readonly #kept = new KeptPayloads();

  /** @param isPlain - whether a message has the source and the id prefix that the peer knows of us. */
  constructor(env: Env, names: SentNames, isPlain: (message: BusMessage) => boolean) {
    this.#env = env;
    this.#names = names;
    this.#isPlain = isPlain;
  }

  /**
   * Encodes a message, unless it is the one encoded last.
   * @throws BUS_PAYLOAD_TOO_LARGE, WIRE_LIMIT_EXCEEDED, and what the codec throws
   */
  encode(outlet: Outlet, message: BusMessage): void {
    const body = this.#body;
    const age = ageOf(message, this.#wall(outlet.outbox));
    const now = message.deadline === undefined ? Number.NaN : this.#env.now();
    if (body.isFor(outlet, message, age, now) && this.#names.hasAll(body.names)) return;
    const { payloadLimit, peerLimits } = outlet;
    // First, since a getter in a payload may send a message of its own.
    const { encoded } = message;
    const payload = payloadBytes(outlet, encoded ?? message.payload, message.topic);
    const names = this.#namesOf(message);
    body.begin();
    appendFields(body, message, names, age, peerLimits.headerBytes, this.#env);
    body.payloadAt = body.used;
    if (encoded instanceof ReceivedPayload && encoded.has(payload)) body.payload = payload;
    else body.append(payload);
    if (body.size > payloadLimit) throw tooLarge(message.topic, body.size, payloadLimit);
    body.end(outlet, message, names, age, now);
  }

  /**
   * The same message, to wait until it can be written: its payload is bytes of its own.
   * @param isShared - others get it too, which get the payload as its sender has given it.
   * @throws what {@link encode} throws
   */
  kept(outlet: Outlet, message: BusMessage, isShared: boolean): BusMessage {
    this.encode(outlet, message);
    if (message.encoded !== undefined) return message;
    const { payload } = message;
    // Text and numbers cannot change.
    if (typeof payload !== 'object') return message;
    const body = this.#body;
    const encoded = this.#kept.add(outlet.reading, body.bytes, body.payloadAt, body.used);
    const decode = isShared ? () => payload : decodePayload;
    const kept = message.with({ payload: encoded, decode });
    body.message = kept;
    return kept;
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
    const body = this.#body;
    this.encode(outlet, message);
    for (let i = 0; i < body.names.length; i++) {
      const name = body.names[i] as Name;
      if (outlet.told[name.slot] === name) continue;
      this.#tell(outlet, name);
      // That may have filled the frame whose time it was encoded for.
      this.encode(outlet, message);
    }
    outbox.beginRecord(type, this.#wall(outbox), 3 * longestVarint);
    if (id >= 0) outbox.used = writeVarint(outbox.bytes, outbox.used, id);
    if (flags >= 0) outbox.bytes[outbox.used++] = flags;
    outbox.used = writeVarint(outbox.bytes, outbox.used, interest);
    body.copyTo(outbox);
    return outbox.endRecord();
  }

  #namesOf(message: BusMessage): readonly Name[] {
    const topic = this.#names.of(message.topic);
    if (this.#isPlain(message)) return topic.alone;
    return [topic, this.#names.of(message.source), this.#names.of(message.traits.idPrefix)];
  }

  /** The time that the frame says which the next record goes to. */
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

/** How much older than its frame a message is; a few milliseconds do not count, nor does a future. */
function ageOf({ time }: BusMessage, wall: number): number {
  return wall - time > 5 ? wall - time : 0;
}
