import type { MessageKind, MessageTraits, Origin } from '@bus/core';
import type { AskedRequests } from './asked-requests.ts';
import { forbidden } from './errors.ts';
import { field, frame, record } from './frames.ts';
import type { Hello } from './handshake.ts';
import type { InboxOwner } from './inbox.ts';
import { Inbox } from './inbox.ts';
import type { IncomingRequest } from './incoming-request.ts';
import { IncomingRequests } from './incoming-requests.ts';
import type { LinkContext } from './link-context.ts';
import type { MessageListener, ReadMessage } from './message-reader.ts';
import { MessageReader } from './message-reader.ts';
import type { Offers } from './offers.ts';
import { Offer } from './offers.ts';
import type { PayloadCodec } from './payload-codec.ts';
import { fieldsOf, plainFields } from './received-fields.ts';
import { ReceivedMessage } from './received-message.ts';
import type { PayloadReading } from './received-payload.ts';
import { ReceivedPayload } from './received-payload.ts';
import type { Sender } from './sender.ts';
import { ReceiveWindow } from './window.ts';

/** What the messages of a peer are checked against, and where they go. */
export interface ReceivingSession {
  readonly context: LinkContext;
  readonly origin: Origin;
  readonly hello: Hello;
  readonly offers: Offers;
  readonly asked: AskedRequests;
  readonly sender: Sender;
  /** The peer broke the protocol. */
  fail(error: unknown): void;
}

/** Endpoints come and go, names stay: verdicts of those that went are forgotten in the end. */
const mostVerdicts = 1024;

/** Takes the messages of one peer: those it may send go to the kernel, and it gets credit for them. */
export class Receiver implements MessageListener, InboxOwner, PayloadReading {
  readonly codec: PayloadCodec;
  readonly limits: LinkContext['limits'];
  /** Messages that have come so far, and those that came back to their own bus or may not come in. */
  readonly counts: { messages: number; loops: number; forbidden: number } = {
    messages: 0,
    loops: 0,
    forbidden: 0,
  };
  readonly #session: ReceivingSession;
  readonly #incoming: IncomingRequests;
  readonly #window: ReceiveWindow;
  readonly #inbox: Inbox;
  readonly #reader: MessageReader;
  /** What the plain messages of the peer have in common. */
  readonly #plain: Readonly<Record<'event' | 'notification', MessageTraits>>;
  /** What a message refers to that the peer has taken back. */
  readonly #nobody: Offer = new Offer(0, '', undefined, () => false);
  /** The message before, for `also`. */
  #last: ReceivedMessage | undefined;
  #closed = false;

  constructor(session: ReceivingSession) {
    const { context, hello, origin, sender } = session;
    const { windowMessages, windowBytes, frameBytes } = context.limits;
    this.#session = session;
    this.codec = sender.codec;
    this.limits = context.limits;
    this.#window = new ReceiveWindow(windowMessages, windowBytes, frameBytes);
    this.#inbox = new Inbox(context, this);
    const { host, env, limits } = context;
    const { peer } = origin;
    this.#incoming = new IncomingRequests(peer, limits.pendingRequests, sender, host);
    this.#reader = new MessageReader(this, env.now, host.limits.headerBytes);
    const fields = plainFields(hello, origin);
    this.#plain = {
      event: host.traits('event', fields),
      notification: host.traits('notification', fields),
    };
  }

  /** Requests that the peer waits for. */
  get answering(): number {
    return this.#incoming.count;
  }

  /** Reads a frame of messages. */
  read(bytes: Uint8Array, start: number, end: number): void {
    this.#reader.read(bytes, start, end);
  }

  /** The peer is somebody else now, so what it may send is asked anew. */
  principalChanged(): void {
    this.#reader.forgetVerdicts();
  }

  /** Resolves when the kernel has all that has come. */
  handedOver(): Promise<void> {
    return this.#inbox.empty();
  }

  /** Hands over what waits: nothing of a new link may overtake it. */
  handOver(): void {
    this.#closed = true;
    this.#inbox.close();
  }

  /** Ends the handlers that nobody waits for any more. */
  close(cause: unknown): void {
    this.#incoming.close(cause);
  }

  // What a frame of messages holds.

  message(kind: 'event' | 'notification', message: ReadMessage): void {
    this.#count(message.size);
    const offer = this.#offerOf(kind, message);
    if (offer === undefined) {
      this.accepted(message.size);
      return;
    }
    const traits = message.flags === 0 ? this.#plain[kind] : this.#fields(message);
    this.#take(offer, kind, message, traits, undefined, false);
  }

  also(interest: number, size: number): void {
    this.#count(size);
    const last = this.#last;
    const offer = this.#session.offers.of(interest) ?? this.#nobody;
    if (last !== undefined && (offer === this.#nobody || this.#mayRepeat(offer, last))) {
      this.#inbox.take(offer, last.again(size));
      return;
    }
    this.counts.forbidden++;
    this.accepted(size);
  }

  request(id: number, many: boolean, message: ReadMessage): void {
    this.#count(message.size);
    const request = this.#incoming.begin(id, many);
    const offer = this.#offerOf('request', message);
    if (offer !== undefined) {
      this.#take(offer, 'request', message, this.#fields(message), request, many);
      return;
    }
    this.accepted(message.size);
    const { peer } = this.#session.origin;
    const { code, message: text } = forbidden(peer, `send '${message.topic.text}'`);
    this.#incoming.refuse(id, { code, message: text });
  }

  about(type: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const { asked } = this.#session;
    const payload = new ReceivedPayload(this, bytes, start, end);
    switch (type) {
      case record.reply:
        asked.replied(id, payload);
        return;
      case record.failure:
        asked.failed(id, payload);
        return;
      case record.stream:
        asked.streams(id, payload);
        return;
      case record.item:
        asked.item(id, payload);
        return;
      default:
        this.#incoming.say(type, id);
    }
  }

  /** A payload of the peer's could not be read: that is the peer's fault, and ends the link. */
  failed(error: unknown): void {
    this.#session.fail(error);
  }

  // What becomes of messages.

  accepted(bytes: number): void {
    if (!this.#window.accepted(bytes) || this.#closed) return;
    const credit = this.#window.settle();
    this.#session.sender.numbers(frame.credit, credit.messages, credit.bytes);
  }

  hold(interest: number, on: boolean): void {
    this.#session.sender.numbers(on ? frame.hold : frame.resume, interest);
  }

  #take(
    offer: Offer,
    kind: MessageKind,
    read: ReadMessage,
    traits: ReceivedMessage['traits'],
    request: IncomingRequest | undefined,
    scatter: boolean,
  ): void {
    const { topic, sequence, stamp, size } = read;
    const message = new ReceivedMessage(
      this,
      read,
      kind,
      topic.text,
      traits,
      sequence,
      stamp,
      size,
      request,
      scatter,
      undefined,
    );
    this.#last = message;
    this.#inbox.take(offer, message);
  }

  /** The interest a message is for, unless the message may not come in. */
  #offerOf(kind: MessageKind, message: ReadMessage): Offer | undefined {
    const { interest, topic, flags, idPrefix } = message;
    const { context, offers } = this.#session;
    this.#last = undefined;
    if ((flags & field.relayed) !== 0 && idPrefix === context.idPrefix) {
      this.counts.loops++;
      return undefined;
    }
    const offer = offers.of(interest);
    if (offer === undefined) return this.#nobody;
    let permitted = topic.permitted?.get(offer);
    if (permitted === undefined) {
      permitted = this.#permits(offer, topic.text);
      if (topic.permitted === undefined || topic.permitted.size >= mostVerdicts) {
        topic.permitted = new Map();
      }
      topic.permitted.set(offer, permitted);
    }
    if (permitted && offer.isOf(kind)) return offer;
    this.counts.forbidden++;
    return undefined;
  }

  #mayRepeat(offer: Offer, { kind, topic }: ReceivedMessage): boolean {
    return offer.isOf(kind) && offer.takes(topic, this.#session.context);
  }

  #permits(offer: Offer, topic: string): boolean {
    const { context, origin } = this.#session;
    if (!offer.takes(topic, context)) return false;
    const authorize = context.authorize();
    return authorize === undefined || authorize(origin.principal, 'send', topic) === true;
  }

  #fields(message: ReadMessage): ReceivedMessage['traits'] {
    const { hello, origin, context } = this.#session;
    return fieldsOf(message, hello, origin, context);
  }

  #count(size: number): void {
    this.#window.received(size);
    this.counts.messages++;
  }
}
