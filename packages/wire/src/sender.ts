import type { BusMessage } from '@bus/core';
import type { FrameType } from './frames.ts';
import { record } from './frames.ts';
import type { Hello } from './handshake.ts';
import { commonCodec } from './handshake.ts';
import type { LinkContext } from './link-context.ts';
import type { Name } from './names.ts';
import type { Outbox } from './outbox.ts';
import type { PayloadCodec } from './payload-codec.ts';
import { longestVarint, writeVarint } from './varint.ts';
import { SendWindow } from './window.ts';
import type { Outlet } from './written.ts';

/** What is below a session: the way its bytes go. */
export interface SessionLink {
  readonly outbox: Outbox;
  /** Whether the transport takes more. */
  readonly isClear: boolean;
  /** To be called after something was put into the outbox; somebody may wait for what comes of it. */
  wrote(waitedFor: boolean): void;
  /** Closes the connection; the peer is told why. */
  fail(error: unknown): void;
}

/** Everything a session puts into the outbox, as far as the peer has given credit for it. */
export class Sender implements Outlet {
  readonly outbox: Outbox;
  readonly codec: PayloadCodec;
  readonly told: Name[] = [];
  readonly payloadLimit: number;
  readonly peerLimits: Hello['limits'];
  readonly window: SendWindow;
  /** Messages sent so far. */
  messages = 0;
  readonly #context: LinkContext;
  readonly #link: SessionLink;
  /** The message last written, for `also`. */
  #lastWritten: BusMessage | undefined;
  #lastFrame = 0;
  #closed = false;

  constructor(context: LinkContext, link: SessionLink, hello: Hello, payloadLimit: number) {
    const { limits, codecs } = hello;
    this.#context = context;
    this.#link = link;
    this.outbox = link.outbox;
    this.codec = commonCodec(context.codecs, codecs);
    this.payloadLimit = payloadLimit;
    this.peerLimits = limits;
    this.window = new SendWindow(limits.windowMessages, limits.windowBytes);
  }

  get hasRoom(): boolean {
    return this.#link.isClear && this.window.isOpen;
  }

  /** Sends an event or a notification to an interest of the peer. */
  message(interest: number, message: BusMessage): void {
    const { outbox } = this;
    let size: number;
    if (this.#lastWritten === message && this.#lastFrame === outbox.frames && outbox.isOpen) {
      size = this.#context.writer.also(this, interest);
    } else {
      const type = message.kind === 'event' ? record.event : record.notification;
      size = this.#context.writer.message(this, type, interest, message);
      this.#lastWritten = message;
      this.#lastFrame = outbox.frames;
    }
    this.#sent(size, false);
  }

  request(id: number, many: boolean, interest: number, message: BusMessage): void {
    this.#lastWritten = undefined;
    this.#sent(this.#context.writer.request(this, id, many, interest, message), true);
  }

  /** Sends what there is to say about a request, of either side. */
  about(type: number, id: number, payload?: { readonly value: unknown }): void {
    if (this.#closed) return;
    this.#lastWritten = undefined;
    this.#context.writer.about(this, type, id, payload);
    this.#link.wrote(true);
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
    this.#link.wrote(false);
  }

  /** Nothing is sent from here on. */
  close(): void {
    this.#closed = true;
  }

  #sent(size: number, waitedFor: boolean): void {
    this.window.sent(size);
    this.messages++;
    this.#link.wrote(waitedFor);
  }
}
