import type {
  BusError,
  BusMessage,
  Host,
  Message,
  MessageKind,
  MessageTraits,
  Origin,
} from '@bus/core';
import type { AskingLink } from './asked-requests.ts';
import { AskedRequests } from './asked-requests.ts';
import { toJson } from './control.ts';
import { cancelledByPeer, forbidden, limitExceeded, protocolError } from './errors.ts';
import { controlBytes, field, frame, record } from './frames.ts';
import type { Hello } from './handshake.ts';
import { commonCodec } from './handshake.ts';
import type { InboxOwner } from './inbox.ts';
import { Inbox } from './inbox.ts';
import type { AnsweringLink, Failure } from './incoming-request.ts';
import { IncomingRequest } from './incoming-request.ts';
import type { Interest } from './interest.ts';
import type { LinkContext } from './link-context.ts';
import type { MessageListener, ReadMessage } from './message-reader.ts';
import { MessageReader } from './message-reader.ts';
import type { Outlet } from './message-writer.ts';
import type { Name } from './names.ts';
import { Offer, Offers } from './offers.ts';
import type { Outbox } from './outbox.ts';
import type { PayloadCodec } from './payload-codec.ts';
import { ReceivedMessage } from './received-message.ts';
import type { PayloadReading } from './received-payload.ts';
import { decodePayload, ReceivedPayload } from './received-payload.ts';
import type { Forwarder, Served } from './remote-endpoints.ts';
import { RemoteEndpoints } from './remote-endpoints.ts';
import { longestVarint, writeVarint } from './varint.ts';
import { ReceiveWindow, SendWindow } from './window.ts';

/** What a session needs of the connection below it. */
export interface SessionLink {
  readonly outbox: Outbox;
  /** Whether the transport takes more. */
  readonly isClear: boolean;
  /** To be called after something was put into the outbox; somebody may wait for what comes of it. */
  wrote(waitedFor: boolean): void;
  /** Closes the connection; the peer is told why. */
  fail(error: unknown): void;
}

/** Endpoints come and go, names stay: verdicts of those that went are forgotten in the end. */
const mostVerdicts = 1024;

/** What one link has done, for reports. */
export interface SessionCounts {
  sentMessages: number;
  receivedMessages: number;
  strayReplies: number;
  loops: number;
  forbidden: number;
}

/** Everything two buses say to each other once each has accepted the other. */
export class Session
  implements
    Forwarder,
    AskingLink,
    AnsweringLink,
    InboxOwner,
    MessageListener,
    Outlet,
    PayloadReading
{
  readonly origin: Origin;
  readonly outbox: Outbox;
  readonly codec: PayloadCodec;
  readonly told: Name[] = [];
  readonly payloadLimit: number;
  readonly peerLimits: Hello['limits'];
  readonly limits: LinkContext['limits'];
  readonly offers: Offers;
  readonly remotes: RemoteEndpoints;
  readonly asked: AskedRequests;
  readonly counts: SessionCounts = {
    sentMessages: 0,
    receivedMessages: 0,
    strayReplies: 0,
    loops: 0,
    forbidden: 0,
  };
  readonly #context: LinkContext;
  readonly #host: Host;
  readonly #link: SessionLink;
  readonly #hello: Hello;
  readonly #incoming = new Map<number, IncomingRequest>();
  readonly #sendWindow: SendWindow;
  readonly #receiveWindow: ReceiveWindow;
  readonly #inbox: Inbox;
  readonly #reader: MessageReader;
  /** What the plain messages of the peer have in common. */
  readonly #plain: Readonly<Record<'event' | 'notification', MessageTraits>>;
  /** What a message refers to that the peer has taken back. */
  readonly #nobody: Offer = new Offer(0, '', undefined, () => false);
  /** The message last written, for `also`. */
  #lastWritten: BusMessage | undefined;
  #lastFrame = 0;
  #lastReceived: ReceivedMessage | undefined;
  #closed = false;

  constructor(
    context: LinkContext,
    link: SessionLink,
    hello: Hello,
    origin: Origin,
    payloadLimit: number,
  ) {
    this.#context = context;
    this.#host = context.host;
    this.#link = link;
    this.#hello = hello;
    this.origin = origin;
    this.outbox = link.outbox;
    this.limits = context.limits;
    this.codec = commonCodec(context.codecs, hello.codecs);
    this.payloadLimit = payloadLimit;
    this.peerLimits = hello.limits;
    const { windowMessages, windowBytes, frameBytes, interests } = context.limits;
    this.#sendWindow = new SendWindow(hello.limits.windowMessages, hello.limits.windowBytes);
    this.#receiveWindow = new ReceiveWindow(windowMessages, windowBytes, frameBytes);
    this.offers = new Offers(context, origin, Math.min(hello.limits.interests, interests));
    this.remotes = new RemoteEndpoints(context, origin, this);
    this.asked = new AskedRequests(this, hello.limits.pendingRequests);
    this.#inbox = new Inbox(context, this);
    this.#reader = new MessageReader(this, context.env.now, context.host.limits.headerBytes);
    this.#plain = { event: this.#traits('event'), notification: this.#traits('notification') };
  }

  get peer(): string {
    return this.origin.peer;
  }

  get unconfirmed(): number {
    return this.#sendWindow.unconfirmed;
  }

  get answering(): number {
    return this.#incoming.size;
  }

  readMessages(bytes: Uint8Array, start: number, end: number): void {
    this.#reader.read(bytes, start, end);
  }

  /** Tells the peer what has changed in what it is offered. */
  tellOffers(): void {
    const { offered, revoked } = this.offers.news();
    let batch: Interest[] = [];
    let size = 0;
    for (const interest of offered) {
      size += 3 * JSON.stringify(interest).length + 1;
      if (size > controlBytes && batch.length > 0) {
        this.#frame(frame.offer, toJson(batch));
        batch = [];
        size = 0;
      }
      batch.push(interest);
    }
    if (batch.length > 0) this.#frame(frame.offer, toJson(batch));
    for (const id of revoked) this.#numbers(frame.revoke, id);
  }

  /** The peer gives credit back. */
  credited(messages: number, bytes: number): void {
    this.#sendWindow.confirmed(messages, bytes);
    this.go();
  }

  /** Sends what was held back, as far as there is room. */
  go(): void {
    this.remotes.go();
  }

  /** The peer is somebody else now, so what it may send is asked anew. */
  principalChanged(): void {
    this.#reader.forgetVerdicts();
  }

  /** Resolves when the kernel has all that has come. */
  handedOver(): Promise<void> {
    return this.#inbox.empty();
  }

  close(error: unknown): void {
    this.#closed = true;
    this.#inbox.close();
    this.remotes.close(error, 'peer-gone');
    this.asked.close(error);
    const reason = cancelledByPeer(this.peer, error);
    for (const request of [...this.#incoming.values()]) {
      request.cancel(reason);
    }
    this.#incoming.clear();
  }

  // What is sent to the peer.

  canSend(message: BusMessage): boolean {
    return (
      this.#link.isClear &&
      this.#sendWindow.isOpen &&
      (message.kind !== 'request' || this.asked.hasRoom)
    );
  }

  forward(served: Served, message: BusMessage): unknown {
    if (message.kind === 'request') return this.asked.ask(served, message);
    const { id } = served.interest;
    const { outbox } = this;
    let size: number;
    if (this.#lastWritten === message && this.#lastFrame === outbox.frames && outbox.isOpen) {
      size = this.#context.writer.also(this, id);
    } else {
      const type = message.kind === 'event' ? record.event : record.notification;
      size = this.#context.writer.message(this, type, id, message);
      this.#lastWritten = message;
      this.#lastFrame = outbox.frames;
    }
    this.#sent(size, false);
    return undefined;
  }

  giveUp(served: Served, message: Message): void {
    this.asked.cancel(served, message);
  }

  cancel(message: Message, reason: BusError): void {
    this.#host.cancel(message, reason);
  }

  refused(error: BusError): void {
    this.counts.forbidden++;
    // That no router here reads a pattern is news to who offered it.
    if (error.code !== 'BUS_PATTERN_UNSUPPORTED') this.#host.report(error);
    const { code, message } = error;
    this.#frame(frame.notice, toJson({ code, message }));
  }

  now(): number {
    return this.#context.env.now();
  }

  sendRequest(id: number, many: boolean, interest: number, message: BusMessage): void {
    this.#lastWritten = undefined;
    this.#sent(this.#context.writer.request(this, id, many, interest, message), true);
  }

  tell(what: 'more' | 'enough' | 'cancel', id: number): void {
    this.#about(record[what], id);
  }

  stray(): void {
    this.counts.strayReplies++;
  }

  freed(): void {
    this.go();
  }

  reply(id: number, value: unknown): void {
    this.#about(record.reply, id, { value });
  }

  fail(id: number, failure: Failure): void {
    try {
      this.#about(record.failure, id, { value: failure });
    } catch {
      // Its asker must be told something.
      const { code } = failure;
      const message = 'the handler failed, with more to say than the link takes';
      this.#about(record.failure, id, { value: { code: code.slice(0, 64), message } });
    }
  }

  streams(id: number): void {
    this.#about(record.stream, id);
  }

  item(id: number, value: unknown): void {
    this.#about(record.item, id, { value });
  }

  answered(id: number): void {
    this.#incoming.delete(id);
  }

  accepted(bytes: number): void {
    if (!this.#receiveWindow.accepted(bytes) || this.#closed) return;
    const credit = this.#receiveWindow.settle();
    this.#numbers(frame.credit, credit.messages, credit.bytes);
  }

  hold(interest: number, on: boolean): void {
    this.#numbers(on ? frame.hold : frame.resume, interest);
  }

  // What comes from the peer.

  message(kind: 'event' | 'notification', message: ReadMessage): void {
    this.#count(message.size);
    const offer = this.#offerOf(kind, message);
    if (offer === undefined) {
      this.accepted(message.size);
      return;
    }
    const traits = message.flags === 0 ? this.#plain[kind] : this.#fields(message);
    this.#take(offer, this.#received(kind, message, traits, undefined, false));
  }

  also(interest: number, size: number): void {
    this.#count(size);
    const last = this.#lastReceived;
    const offer = this.offers.of(interest) ?? this.#nobody;
    const isFree = last !== undefined && (offer === this.#nobody || this.#mayRepeat(offer, last));
    if (!isFree) {
      this.counts.forbidden++;
      this.accepted(size);
    } else this.#inbox.take(offer, last.again(size));
  }

  request(id: number, many: boolean, message: ReadMessage): void {
    this.#count(message.size);
    const { pendingRequests } = this.limits;
    if (this.#incoming.size >= pendingRequests) {
      throw limitExceeded('pendingRequests', pendingRequests);
    }
    if (this.#incoming.has(id)) throw protocolError(`request ${id} has been sent twice`);
    const request = new IncomingRequest(this, id, many);
    this.#incoming.set(id, request);
    const offer = this.#offerOf('request', message);
    if (offer === undefined) {
      this.accepted(message.size);
      const { code, message: text } = forbidden(this.peer, `send '${message.topic.text}'`);
      this.fail(id, { code, message: text });
      this.answered(id);
      return;
    }
    const fields = this.#fields(message);
    this.#take(offer, this.#received('request', message, fields, request, many));
  }

  about(type: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const payload = new ReceivedPayload(this, bytes, start, end);
    switch (type) {
      case record.reply:
        this.asked.replied(id, payload);
        return;
      case record.failure:
        this.asked.failed(id, payload);
        return;
      case record.stream:
        this.asked.streams(id);
        return;
      case record.item:
        this.asked.item(id, payload);
        return;
      default:
        this.#askerSays(type, id);
    }
  }

  /** A payload of the peer's could not be read: that is the peer's fault, and ends the link. */
  failed(error: unknown): void {
    this.#link.fail(error);
  }

  #askerSays(type: number, id: number): void {
    const request = this.#incoming.get(id);
    // It may have been answered meanwhile.
    if (request === undefined) return;
    if (type === record.cancel) request.cancel(cancelledByPeer(this.peer, undefined));
    else request.took(type === record.more);
  }

  #take(offer: Offer, message: ReceivedMessage): void {
    this.#lastReceived = message;
    this.#inbox.take(offer, message);
  }

  /** The interest a message is for, unless the message may not come in. */
  #offerOf(kind: MessageKind, message: ReadMessage): Offer | undefined {
    const { interest, topic, flags, idPrefix } = message;
    this.#lastReceived = undefined;
    if ((flags & field.relayed) !== 0 && idPrefix === this.#context.idPrefix) {
      this.counts.loops++;
      return undefined;
    }
    const offer = this.offers.of(interest);
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
    return offer.isOf(kind) && offer.takes(topic, this.#context);
  }

  #permits(offer: Offer, topic: string): boolean {
    if (!offer.takes(topic, this.#context)) return false;
    const authorize = this.#context.authorize();
    return authorize === undefined || authorize(this.origin.principal, 'send', topic) === true;
  }

  #count(size: number): void {
    this.#receiveWindow.received(size);
    this.counts.receivedMessages++;
  }

  #received(
    kind: MessageKind,
    message: ReadMessage,
    traits: ReceivedMessage['traits'],
    completion: ReceivedMessage['completion'],
    scatter: boolean,
  ): ReceivedMessage {
    const { topic, sequence, stamp, size } = message;
    return new ReceivedMessage(
      this,
      message,
      kind,
      topic.text,
      traits,
      sequence,
      stamp,
      size,
      completion,
      scatter,
      undefined,
    );
  }

  /** What all plain messages of the peer have: they were sent on its own bus. */
  #traits(kind: MessageKind): MessageTraits {
    return this.#host.traits(kind, {
      source: this.peer,
      idPrefix: this.#hello.idPrefix,
      hops: 1,
      origin: this.origin,
      decode: decodePayload,
    });
  }

  #fields(message: ReadMessage): ReceivedMessage['traits'] {
    const { flags, remainingMs, hops } = message;
    const relayed = (flags & field.relayed) !== 0;
    const rare = flags > field.relayed;
    const deadline = rare && remainingMs !== undefined ? this.now() + remainingMs : undefined;
    const source = relayed && this.#context.trusted ? message.source : this.peer;
    return {
      source,
      idPrefix: relayed ? message.idPrefix : this.#hello.idPrefix,
      hops: hops + 1,
      origin: this.origin,
      decode: decodePayload,
      deadline,
      key: rare ? message.key : undefined,
      headers: rare ? this.#headers(message.headers) : undefined,
      correlationId: rare ? message.correlationId : undefined,
      priority: rare ? message.priority : 'normal',
      attempt: rare ? message.attempt : 1,
      replyTo: rare ? message.replyTo : undefined,
      id: rare ? message.id : undefined,
    };
  }

  /** The bus's own headers are a peer's to set only where it is believed. */
  #headers(headers: ReadMessage['headers']): ReadMessage['headers'] {
    if (headers === undefined || this.#context.trusted) return headers;
    if (!Object.keys(headers).some((name) => name.startsWith('bus-'))) return headers;
    const own = Object.entries(headers).filter(([name]) => !name.startsWith('bus-'));
    return Object.freeze(Object.assign(Object.create(null), Object.fromEntries(own)));
  }

  #sent(size: number, waitedFor: boolean): void {
    this.#sendWindow.sent(size);
    this.counts.sentMessages++;
    this.#link.wrote(waitedFor);
  }

  #about(type: number, id: number, payload?: { readonly value: unknown }): void {
    if (this.#closed) return;
    this.#lastWritten = undefined;
    this.#context.writer.about(this, type, id, payload);
    this.#link.wrote(true);
  }

  #numbers(type: Parameters<Outbox['frame']>[0], ...numbers: readonly number[]): void {
    const body = new Uint8Array(numbers.length * longestVarint);
    let at = 0;
    for (const number of numbers) at = writeVarint(body, at, number);
    this.#frame(type, body.subarray(0, at));
  }

  #frame(type: Parameters<Outbox['frame']>[0], body: Uint8Array): void {
    if (this.#closed) return;
    this.outbox.frame(type, body);
    this.#link.wrote(false);
  }
}
