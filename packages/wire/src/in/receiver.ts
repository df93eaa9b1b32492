import type { MessageFields, MessageKind, MessageTraits, Origin } from '@bus/core';
import type { PayloadCodec } from '../codec/payload-codec.ts';
import { forbidden } from '../errors.ts';
import type { Failure } from '../failure.ts';
import { record } from '../frames/frames.ts';
import { shown } from '../frames/shown.ts';
import type { Hello } from '../greeting/handshake.ts';
import type { Offers } from '../interest/offers.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { AskedRequests } from '../out/asked-requests.ts';
import type { Sender } from '../out/sender.ts';
import type { UnackedEvents } from '../out/unacked-events.ts';
import { Credit } from './credit.ts';
import { Door } from './door.ts';
import { Inbox } from './inbox.ts';
import type { IncomingEvent } from './incoming-event.ts';
import { IncomingEvents } from './incoming-events.ts';
import type { IncomingRequest } from './incoming-request.ts';
import { IncomingRequests } from './incoming-requests.ts';
import type { MessageListener } from './message-reader.ts';
import { MessageReader } from './message-reader.ts';
import type { ReadMessage } from './read-message.ts';
import { fieldsOf, plainFields } from './received-fields.ts';
import { ReceivedMessage } from './received-message.ts';
import type { PayloadReading } from './received-payload.ts';
import { ReceivedPayload } from './received-payload.ts';

/** What the messages of a peer are checked against, and where they go. */
export interface ReceivingSession {
  readonly context: LinkContext;
  readonly origin: Origin;
  readonly hello: Hello;
  readonly offers: Offers;
  readonly asked: AskedRequests;
  readonly unacked: UnackedEvents;
  readonly sender: Sender;
  /** The peer broke the protocol. */
  fail(error: unknown): void;
}

/** Takes the messages of one peer: those it may send go to the kernel, and it gets credit for them. */
export class Receiver implements MessageListener, PayloadReading {
  readonly codec: PayloadCodec;
  readonly limits: LinkContext['limits'];
  readonly door: Door;
  readonly credit: Credit;
  /** Requests that the peer waits for. */
  readonly requests: IncomingRequests;
  /** Events that the peer waits to be acknowledged. */
  readonly events: IncomingEvents;
  readonly #session: ReceivingSession;
  readonly #inbox: Inbox;
  readonly #reader: MessageReader;
  /** What the plain messages of the peer have in common. */
  readonly #plain: Readonly<Record<'event' | 'notification', MessageTraits>>;
  readonly #plainFields: MessageFields;
  /** The message before, where it came in: what repeats it shares its payload. */
  #last: ReceivedMessage | undefined;

  constructor(session: ReceivingSession) {
    const { context, hello, origin, sender } = session;
    this.#session = session;
    this.door = new Door(context, origin, session.offers);
    this.codec = sender.codec;
    this.limits = context.limits;
    this.credit = new Credit(context.limits, sender);
    this.#inbox = new Inbox(context, this.credit);
    const { host, env, limits } = context;
    const { peer } = origin;
    this.requests = new IncomingRequests(peer, limits.pendingRequests, sender, host);
    this.events = new IncomingEvents(peer, limits.unacknowledged, sender, host);
    this.#reader = new MessageReader(this, env.now, host.limits.headerBytes);
    this.#plainFields = plainFields(hello, origin);
    this.#plain = {
      event: host.traits('event', this.#plainFields),
      notification: host.traits('notification', this.#plainFields),
    };
  }

  /** Reads a frame of messages. */
  read(bytes: Uint8Array, start: number, end: number): void {
    this.#reader.read(bytes, start, end);
  }

  /** What is sent to the peer leaves again: it gets credit, and what has come goes on. */
  resume(): void {
    this.credit.settle();
    this.#inbox.resume();
  }

  /** Resolves when the kernel has all that has come. */
  handedOver(): Promise<void> {
    return this.#inbox.empty();
  }

  /** Hands over what waits: nothing of a new link may overtake it. */
  handOver(): void {
    this.credit.close();
    this.#inbox.close();
  }

  /** Ends the handlers that nobody waits for any more. */
  close(cause: unknown): void {
    this.requests.close(cause);
    this.events.close();
  }

  // What a frame of messages holds.

  together(read: () => void): void {
    this.#session.context.host.together(read);
  }

  message(kind: 'event' | 'notification', message: ReadMessage, again: boolean): void {
    this.#enter(kind, message, undefined, false, again);
  }

  request(id: number, many: boolean, message: ReadMessage): void {
    const request = this.requests.begin(id, many);
    if (this.#enter('request', message, request, many, false)) return;
    this.requests.refuse(id, this.#refusal(`send '${shown(message.topic.text)}'`));
  }

  ackedEvent(
    id: number,
    kind: 'event' | 'notification',
    message: ReadMessage,
    again: boolean,
  ): void {
    const event = this.events.begin(id);
    if (this.#enter(kind, message, event, false, again)) this.events.keep(event);
    // One that has come round a ring has been everywhere: nothing of it is left to do.
    else if (this.door.looped) this.events.acked(id, 0);
    else this.events.nacked(id, this.#refusal('send an event on its topic'));
  }

  ack(first: number, length: number, endpoints: number): void {
    this.#session.unacked.acked(first, length, endpoints);
  }

  about(type: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const { asked, unacked } = this.#session;
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
      case record.nack:
        unacked.nacked(id, payload);
        return;
      case record.ackedCancel:
        this.events.cancel(id);
        return;
      default:
        this.requests.say(type, id);
    }
  }

  /** A payload of the peer's could not be read: that is the peer's fault, and ends the link. */
  failed(error: unknown): void {
    this.#session.fail(error);
  }

  /**
   * Takes one message for one interest, if it may come in: every record that leads to somebody here
   * passes this. Credit is due either way.
   */
  #enter(
    kind: MessageKind,
    read: ReadMessage,
    completion: IncomingRequest | IncomingEvent | undefined,
    scatter: boolean,
    again: boolean,
  ): boolean {
    this.credit.received(read.size);
    if (!again) this.#last = undefined;
    const offer = this.door.offerFor(kind, read);
    if (offer === undefined) {
      this.credit.accepted(read.size);
      return false;
    }
    const last = this.#last;
    const traits = this.#traits(kind, read, completion, last);
    const message = new ReceivedMessage(this, read, kind, traits, completion, scatter, last);
    this.#last ??= message;
    this.#inbox.take(offer, message);
    return true;
  }

  /** Messages that are told of their end have traits of their own. */
  #traits(
    kind: MessageKind,
    read: ReadMessage,
    completion: IncomingRequest | IncomingEvent | undefined,
    last: ReceivedMessage | undefined,
  ): ReceivedMessage['traits'] {
    if (read.flags === 0) {
      const isPlain = completion === undefined && (kind === 'event' || kind === 'notification');
      return isPlain ? this.#plain[kind] : this.#plainFields;
    }
    const { hello, origin, context } = this.#session;
    return last?.traits ?? fieldsOf(read, hello, origin, context);
  }

  #refusal(what: string): Failure {
    const { code, message, details } = forbidden(this.#session.origin.peer, what, 'receive');
    return { code, message, details, outcome: 'rejected' };
  }
}
