import type { BusMessage } from '@bus/core';
import type { PayloadCodec } from '../codec/payload-codec.ts';
import type { Failure } from '../failure.ts';
import { shortened } from '../failure.ts';
import type { FrameType } from '../frames/frames.ts';
import { record } from '../frames/frames.ts';
import { longestVarint, writeVarint } from '../frames/varint.ts';
import type { Hello } from '../greeting/handshake.ts';
import { commonCodec } from '../greeting/handshake.ts';
import type { PayloadReading } from '../in/received-payload.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { Name } from './names.ts';
import type { Outbox } from './outbox.ts';
import type { Outgoing, Urgency } from './outgoing.ts';
import { isSameMessage } from './same-message.ts';
import { SendWindow } from './window.ts';
import type { Outlet } from './written.ts';

/** Everything a session puts into the outbox, as far as the peer has given credit for it. */
export class Sender implements Outlet {
  readonly outbox: Outbox;
  readonly codec: PayloadCodec;
  readonly told: Name[] = [];
  readonly payloadLimit: number;
  readonly peerLimits: Hello['limits'];
  readonly reading: PayloadReading;
  readonly window: SendWindow;
  /** Messages sent so far. */
  messages = 0;
  /**
   * What the peer has yet to be told of our endpoints. It goes before the next message, or an answer
   * published to a subscription made just before the question would find nobody.
   */
  news: (() => void) | undefined;
  readonly #context: LinkContext;
  readonly #outgoing: Outgoing;
  /** The message last written, for `also`. */
  #lastWritten: BusMessage | undefined;
  #lastFrame = 0;
  #closed = false;

  constructor(context: LinkContext, outgoing: Outgoing, hello: Hello, payloadLimit: number) {
    const { limits, codecs } = hello;
    this.#context = context;
    this.#outgoing = outgoing;
    this.outbox = outgoing.outbox;
    this.codec = commonCodec(context.codecs, codecs);
    this.payloadLimit = payloadLimit;
    this.peerLimits = limits;
    this.reading = { codec: this.codec, limits, failed: () => undefined };
    this.window = new SendWindow(limits.windowMessages, limits.windowBytes);
  }

  get hasRoom(): boolean {
    return this.#outgoing.isClear && this.window.isOpen;
  }

  /** Whether the transport takes more. */
  get isClear(): boolean {
    return this.#outgoing.isClear;
  }

  /** Whether so much waits to leave that nothing of the peer should be begun which adds to it. */
  get isFull(): boolean {
    return this.#outgoing.isFull;
  }

  /** Sends an event or a notification to an interest of the peer. */
  message(interest: number, message: BusMessage): void {
    this.news?.();
    const { writer } = this.#context;
    if (this.#isJustWritten(message)) this.#sent(writer.also(this, interest), 'later');
    else {
      const type = message.kind === 'event' ? record.event : record.notification;
      const size = writer.message(this, type, interest, message);
      this.#justWrote(message);
      this.#sent(size, 'later');
    }
  }

  request(id: number, many: boolean, interest: number, message: BusMessage): void {
    this.news?.();
    this.#lastWritten = undefined;
    this.#sent(this.#context.writer.request(this, id, many, interest, message), 'soon');
  }

  /** Sends an event that the peer is to acknowledge under an id. */
  ackedEvent(id: number, interest: number, message: BusMessage): void {
    this.news?.();
    const { writer } = this.#context;
    if (this.#isJustWritten(message)) this.#sent(writer.also(this, interest, id), 'soon');
    else {
      const size = writer.ackedEvent(this, id, interest, message);
      this.#justWrote(message);
      this.#sent(size, 'soon');
    }
  }

  /** Acknowledges a run of events, each by so many endpoints; to be called when a batch leaves. */
  ack(first: number, length: number, endpoints: number): void {
    if (!this.#closed) this.#context.writer.ack(this, first, length, endpoints);
  }

  /**
   * Says how a request or an event has failed; in short, where the whole of it cannot be sent: somebody
   * waits to be told.
   */
  failed(type: number, id: number, failure: Failure): void {
    try {
      this.about(type, id, { value: failure });
    } catch {
      this.about(type, id, { value: shortened(failure) });
    }
  }

  /** Has a batch leave before this turn is over. */
  flushSoon(): void {
    if (!this.#closed) this.#outgoing.wrote('turn');
  }

  /** Sends what there is to say about a request or an event, of either side. */
  about(type: number, id: number, payload?: { readonly value: unknown }): void {
    if (this.#closed) return;
    this.#lastWritten = undefined;
    this.#context.writer.about(this, type, id, payload);
    this.#outgoing.wrote('soon');
  }

  /** Sends a frame of numbers. */
  numbers(type: FrameType, ...numbers: readonly number[]): void {
    const body = new Uint8Array(numbers.length * longestVarint);
    let at = 0;
    for (const number of numbers) at = writeVarint(body, at, number);
    this.frame(type, body.subarray(0, at));
  }

  frame(type: FrameType, body: Uint8Array): void {
    if (this.#closed) return;
    this.outbox.frame(type, body);
    this.#outgoing.wrote('turn');
  }

  /** Nothing is sent from here on. */
  close(): void {
    this.#closed = true;
  }

  /** Whether it can be sent for another interest without being written again. */
  #isJustWritten(message: BusMessage): boolean {
    const { outbox } = this;
    const last = this.#lastWritten;
    if (last === undefined || this.#lastFrame !== outbox.frames || !outbox.isOpen) return false;
    return last === message || isSameMessage(last, message);
  }

  #justWrote(message: BusMessage): void {
    this.#lastWritten = message;
    this.#lastFrame = this.outbox.frames;
  }

  #sent(size: number, when: Urgency): void {
    this.window.sent(size);
    this.messages++;
    this.#outgoing.wrote(when);
  }
}
