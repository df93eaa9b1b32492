import type { BusMessage, Env, Headers, Priority } from '@bus/core';
import { busError } from '@bus/core';
import { limitExceeded } from './errors.ts';
import { field, mostHeaders, record } from './frames.ts';
import type { StatedLimits } from './handshake.ts';
import type { Name, SentNames } from './names.ts';
import type { Outbox } from './outbox.ts';
import { ReceivedPayload } from './received-payload.ts';
import { longestVarint, writeVarint } from './varint.ts';
import type { Outlet } from './written.ts';
import { Written } from './written.ts';

/** Room for the fixed fields of a record: type, ids, flags, names, sequence, hops, age, deadline. */
const fixedBytes = 10 * longestVarint;

/** The priority in the byte of extra fields. */
export const priorities: readonly Priority[] = ['normal', 'high', 'low'];
/** Which extra fields follow. */
export const extra = { priority: 3, attempt: 4, replyTo: 8, id: 16 } as const;

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
        this.#payload(outlet, payload.value, 'a reply');
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
        this.#content(outlet, message, names);
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
    this.#rest(outbox, name.text);
    outbox.endRecord();
  }

  #content(outlet: Outlet, message: BusMessage, names: readonly Name[]): void {
    const { outbox } = outlet;
    const { deadline, key, headers, correlationId } = message;
    const hasHeaders = hasAny(headers);
    const extras = extrasOf(message);
    let flags = 0;
    if (names.length > 1) flags |= field.relayed;
    if (ageOf(message, outbox) !== 0) flags |= field.age;
    if (deadline !== undefined) flags |= field.deadline;
    if (key !== undefined) flags |= field.key;
    if (hasHeaders) flags |= field.headers;
    if (correlationId !== undefined) flags |= field.correlationId;
    if (extras !== 0) flags |= field.extra;
    this.#fixed(outbox, message, names, flags);
    if (key !== undefined) this.#text(outbox, key);
    if (hasHeaders) this.#headers(outlet, headers);
    if (correlationId !== undefined) this.#text(outbox, correlationId);
    if (extras !== 0) this.#extra(outbox, message, extras);
    const { encoded } = message;
    this.#payload(outlet, encoded ?? message.payload, message.topic);
  }

  #fixed(outbox: Outbox, message: BusMessage, names: readonly Name[], flags: number): void {
    const { bytes } = outbox;
    let at = outbox.used;
    bytes[at++] = flags;
    for (let i = 0; i < names.length; i++) at = writeVarint(bytes, at, (names[i] as Name).slot);
    at = writeVarint(bytes, at, message.sequence);
    if (names.length > 1) at = writeVarint(bytes, at, message.hops);
    if (flags & field.age) at = writeVarint(bytes, at, ageOf(message, outbox));
    const { deadline } = message;
    if (deadline !== undefined) {
      at = writeVarint(bytes, at, Math.max(0, Math.ceil(deadline - this.#env.now())));
    }
    outbox.used = at;
  }

  #headers({ outbox, peerLimits }: Outlet, headers: Headers): void {
    const entries = Object.entries(headers);
    if (entries.length > mostHeaders) throw limitExceeded('headers', mostHeaders, entries.length);
    outbox.reserve(longestVarint);
    outbox.used = writeVarint(outbox.bytes, outbox.used, entries.length);
    const before = outbox.used;
    for (const [name, value] of entries) {
      this.#text(outbox, name);
      this.#text(outbox, value);
    }
    const bytes = outbox.used - before;
    const { headerBytes } = peerLimits;
    if (bytes > headerBytes + 4 * entries.length) {
      throw limitExceeded('headerBytes', headerBytes, bytes);
    }
  }

  #extra(outbox: Outbox, message: BusMessage, extras: number): void {
    outbox.reserve(1 + longestVarint);
    outbox.bytes[outbox.used++] = extras;
    if (extras & extra.attempt) {
      outbox.used = writeVarint(outbox.bytes, outbox.used, message.attempt);
    }
    if (extras & extra.replyTo) this.#text(outbox, message.replyTo ?? '');
    if (extras & extra.id) this.#text(outbox, message.id);
  }

  #payload(
    { outbox, codec, payloadLimit, peerLimits }: Outlet,
    payload: unknown,
    topic: string,
  ): void {
    if (payload === undefined) return;
    let bytes: Uint8Array;
    if (payload instanceof ReceivedPayload) {
      const isSame = payload.reading.codec.name === codec.name || payload.isNothing;
      bytes = isSame ? payload.passedOn(peerLimits) : codec.encode(payload.value(), peerLimits);
    } else bytes = codec.encode(payload, peerLimits);
    if (bytes.length > payloadLimit) throw tooLarge(topic, bytes.length, payloadLimit);
    outbox.append(bytes);
  }

  /** A text with its length before it. */
  #text(outbox: Outbox, text: string): void {
    const most = 3 * text.length;
    outbox.reserve(longestVarint + most);
    if (most < 128) {
      const { written } = utf8.encodeInto(text, outbox.bytes.subarray(outbox.used + 1));
      outbox.bytes[outbox.used] = written;
      outbox.used += 1 + written;
      return;
    }
    const bytes = utf8.encode(text);
    outbox.used = writeVarint(outbox.bytes, outbox.used, bytes.length);
    outbox.append(bytes);
  }

  #rest(outbox: Outbox, text: string): void {
    outbox.append(utf8.encode(text));
  }
}

/** Whether what one peer takes, another takes as well. */
function isAsLarge(theirs: StatedLimits, others: StatedLimits | undefined): boolean {
  if (theirs === others) return true;
  if (others === undefined) return false;
  return (
    theirs.depth >= others.depth &&
    theirs.nodes >= others.nodes &&
    theirs.mapEntries >= others.mapEntries &&
    theirs.headerBytes >= others.headerBytes
  );
}

/** How much older than its frame a message is; a few milliseconds do not count, nor does a future. */
function ageOf({ time }: BusMessage, { wall }: Outbox): number {
  return wall - time > 5 ? wall - time : 0;
}

function hasAny(headers: Headers): boolean {
  for (const _ in headers) return true;
  return false;
}

function extrasOf({ priority, attempt, replyTo, traits }: BusMessage): number {
  return (
    priorities.indexOf(priority) |
    (attempt === 1 ? 0 : extra.attempt) |
    (replyTo === undefined ? 0 : extra.replyTo) |
    (traits.id === undefined ? 0 : extra.id)
  );
}

function tooLarge(topic: string, bytes: number, limit: number): Error {
  return busError(
    'BUS_PAYLOAD_TOO_LARGE',
    `the payload of ${topic} has ${bytes} bytes encoded, and the peer takes ${limit}: send a reference, or raise limits.frameBytes there`,
    { topic, bytes, limit },
  );
}
