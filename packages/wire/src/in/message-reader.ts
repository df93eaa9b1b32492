import type { Headers, Stamp } from '@bus/core';
import { protocolError } from '../errors.ts';
import { ByteReader } from '../frames/byte-reader.ts';
import { extra, field, mostHeaders, priorities, record } from '../frames/frames.ts';
import { readU32 } from '../frames/u32.ts';
import { nameSlots } from '../out/names.ts';
import type { ReadMessage, ReceivedName } from './read-message.ts';
import { blankMessage } from './read-message.ts';

/** Gets what a frame of messages holds, record by record. */
export interface MessageListener {
  /** Runs what reads one message for several interests. */
  together(read: () => void): void;
  /** @param again - it is the message before, for another interest. */
  message(kind: 'event' | 'notification', message: ReadMessage, again: boolean): void;
  request(id: number, many: boolean, message: ReadMessage): void;
  /** The same as `message`, to be acknowledged. */
  ackedEvent(
    id: number,
    kind: 'event' | 'notification',
    message: ReadMessage,
    again: boolean,
  ): void;
  /** A run of events has been acknowledged, each by so many endpoints. */
  ack(first: number, length: number, endpoints: number): void;
  /** Something about a request or an event: its answer, a stream's item, what its sender says to it. */
  about(type: number, id: number, bytes: Uint8Array, start: number, end: number): void;
}

const longestName = 1024;
const recordHeaderBytes = 5;
/** Records about one message that carry a payload. */
const carriers: ReadonlySet<number> = new Set([
  record.stream,
  record.reply,
  record.failure,
  record.item,
  record.nack,
]);

/** Reads frames of messages; knows the names that the peer has told. */
export class MessageReader {
  readonly #listener: MessageListener;
  readonly #now: () => number;
  readonly #headerBytes: number;
  readonly #names: ReceivedName[] = [];
  readonly #reader = new ByteReader();
  readonly #message: ReadMessage = blankMessage();
  #stamp: Stamp = { now: 0, wall: 0 };
  /** What the message before in this frame is, where `also` may refer to it. */
  #repeatable: 'event' | 'notification' | undefined;

  constructor(listener: MessageListener, now: () => number, headerBytes: number) {
    this.#listener = listener;
    this.#now = now;
    this.#headerBytes = headerBytes;
  }

  /** @throws WIRE_PROTOCOL_ERROR, and what the listener throws */
  read(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 6) throw protocolError('a frame of messages has no time');
    const wall = ((bytes[start] ?? 0) * 256 + (bytes[start + 1] ?? 0)) * 0x100000000;
    this.#stamp = { now: this.#now(), wall: wall + readU32(bytes, start + 2) };
    this.#repeatable = undefined;
    let at = start + 6;
    while (at < end) {
      const next = this.#end(bytes, at, end);
      at = repeats(bytes, next, end) ? this.#together(bytes, at, end) : this.#read(bytes, at, end);
    }
  }

  /** Reads a message and the records that repeat it for other interests. */
  #together(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    this.#listener.together(() => {
      do at = this.#read(bytes, at, end);
      while (repeats(bytes, at, end));
    });
    return at;
  }

  /** Reads one record, and returns where the next begins. */
  #read(bytes: Uint8Array, at: number, end: number): number {
    const next = this.#end(bytes, at, end);
    this.#reader.open(bytes, at + recordHeaderBytes, next);
    this.#record(bytes[at] ?? 0, next - at);
    return next;
  }

  /** Where a record ends. */
  #end(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < recordHeaderBytes) throw protocolError('a record has no length');
    const next = at + recordHeaderBytes + readU32(bytes, at + 1);
    if (next > end) throw protocolError('a record is longer than its frame');
    return next;
  }

  #record(type: number, size: number): void {
    switch (type) {
      case record.name:
        this.#name();
        return;
      case record.event:
      case record.notification:
        this.#repeatable = type === record.event ? 'event' : 'notification';
        this.#fields(size);
        this.#listener.message(this.#repeatable, this.#message, false);
        return;
      case record.also: {
        const kind = this.#repeated();
        this.#forAnother(size);
        this.#listener.message(kind, this.#message, true);
        return;
      }
      case record.request: {
        const id = this.#reader.varint();
        const flags = this.#reader.byte();
        if (flags > 1) throw protocolError(`request flags ${flags} are not known`);
        this.#repeatable = undefined;
        this.#fields(size);
        this.#listener.request(id, flags === 1, this.#message);
        return;
      }
      case record.ackedEvent: {
        const id = this.#reader.varint();
        this.#repeatable = 'event';
        this.#fields(size);
        this.#listener.ackedEvent(id, 'event', this.#message, false);
        return;
      }
      case record.ackedAlso: {
        const kind = this.#repeated();
        const id = this.#reader.varint();
        this.#forAnother(size);
        this.#listener.ackedEvent(id, kind, this.#message, true);
        return;
      }
      case record.ack:
        this.#ack();
        return;
      default:
        this.#about(type);
    }
  }

  #repeated(): 'event' | 'notification' {
    if (this.#repeatable !== undefined) return this.#repeatable;
    throw protocolError('nothing went before a record that repeats it');
  }

  /** The message before is the one after, but for whom it is for and what it takes. */
  #forAnother(size: number): void {
    this.#message.interest = this.#reader.varint();
    this.#message.size = size;
    this.#reader.done();
  }

  #ack(): void {
    const reader = this.#reader;
    const first = reader.varint();
    const length = reader.varint();
    const endpoints = reader.varint();
    reader.done();
    if (length === 0) throw protocolError('an ack is of no event');
    this.#listener.ack(first, length, endpoints);
  }

  #about(type: number): void {
    const isKnown = type >= record.reply && type <= record.cancel;
    if (!isKnown && type !== record.ackedCancel) {
      throw protocolError(`record type ${type} is not known`);
    }
    const reader = this.#reader;
    const id = reader.varint();
    if (!carriers.has(type)) reader.done();
    this.#listener.about(type, id, reader.bytes, reader.at, reader.end);
  }

  #name(): void {
    const slot = this.#reader.varint();
    if (slot >= nameSlots) throw protocolError(`name slot ${slot} is out of range`);
    if (this.#reader.end - this.#reader.at > longestName) throw protocolError('a name is too long');
    this.#names[slot] = { text: this.#reader.rest(), permitted: undefined };
  }

  #known(slot: number): ReceivedName {
    const name = this.#names[slot];
    if (name === undefined) throw protocolError(`name slot ${slot} has not been told`);
    return name;
  }

  #fields(size: number): void {
    const reader = this.#reader;
    const message = this.#message;
    message.interest = reader.varint();
    const flags = reader.byte();
    if (flags > 127) throw protocolError('a message has fields that are not known');
    message.flags = flags;
    message.topic = this.#known(reader.varint());
    if (flags & field.relayed) {
      message.source = this.#known(reader.varint()).text;
      message.idPrefix = this.#known(reader.varint()).text;
    }
    message.sequence = reader.varint();
    message.hops = flags & field.relayed ? reader.varint() : 0;
    message.stamp = this.#stamp;
    if (flags > field.relayed) this.#rareFields(flags, message);
    message.bytes = reader.bytes;
    message.start = reader.at;
    message.end = reader.end;
    message.size = size;
  }

  #rareFields(flags: number, message: ReadMessage): void {
    const reader = this.#reader;
    if (flags & field.age) {
      const { now, wall } = this.#stamp;
      message.stamp = { now, wall: Math.max(0, wall - reader.varint()) };
    }
    message.remainingMs = flags & field.deadline ? reader.varint() : undefined;
    message.key = flags & field.key ? reader.text() : undefined;
    message.headers = flags & field.headers ? this.#headers() : undefined;
    message.correlationId = flags & field.correlationId ? reader.text() : undefined;
    const extras = flags & field.extra ? reader.byte() : 0;
    if (extras > 63) throw protocolError('a message has extra fields that are not known');
    const priority = priorities[extras & extra.priority];
    if (priority === undefined) throw protocolError('a message has a priority that is not known');
    message.priority = priority;
    message.attempt = extras & extra.attempt ? reader.varint() : 1;
    message.replyTo = extras & extra.replyTo ? reader.text() : undefined;
    message.id = extras & extra.id ? reader.text() : undefined;
    message.missed = extras & extra.missed ? reader.varint() : 0;
  }

  #headers(): Headers {
    const reader = this.#reader;
    const count = reader.varint();
    if (count > mostHeaders) throw protocolError(`a message has over ${mostHeaders} headers`);
    const before = reader.at;
    const headers: Record<string, string> = Object.create(null);
    for (let i = 0; i < count; i++) {
      const name = reader.text();
      headers[name] = reader.text();
    }
    if (reader.at - before > this.#headerBytes + 4 * count) {
      throw protocolError(`the headers of a message have over ${this.#headerBytes} bytes`);
    }
    return Object.freeze(headers);
  }
}

/** Whether a record repeats the message before it, for another interest. */
function repeats(bytes: Uint8Array, at: number, end: number): boolean {
  return at < end && (bytes[at] === record.also || bytes[at] === record.ackedAlso);
}
