import type { MessageFields, MessageKind, MessageTraits, Origin } from '@bus/core';
import type { PayloadCodec } from '../codec/payload-codec.ts';
import { forbidden } from '../errors.ts';
import type { Failure } from '../failure.ts';
import { record } from '../frames/frames.ts';
import type { Hello } from '../greeting/handshake.ts';
import type { Offer } from '../interest/offer.ts';
import type { Offers } from '../interest/offers.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { AskedRequests } from '../out/asked-requests.ts';
import type { Sender } from '../out/sender.ts';
import type { UnackedEvents } from '../out/unacked-events.ts';
import { Credit } from './credit.ts';
import { EntryCheck } from './entry-check.ts';
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
  readonly entry: EntryCheck;
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
  /** The message before, for `also`. */
  #last: ReceivedMessage | undefined;

  constructor(session: ReceivingSession) {
    const { context, hello, origin, sender } = session;
    this.#session = session;
    this.entry = new EntryCheck(context, origin, session.offers);
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

  message(kind: 'event' | 'notification', message: ReadMessage): void {
    this.credit.received(message.size);
    const offer = this.#offerOf(kind, message);
    if (offer === undefined) {
      this.credit.accepted(message.size);
      return;
    }
    const traits = message.flags === 0 ? this.#plain[kind] : this.#fields(message);
    this.#take(offer, kind, message, traits, undefined, false);
  }

  also(interest: number, size: number): void {
    this.credit.received(size);
    const last = this.#last;
    const offer = this.entry.alsoFor(interest, last);
    if (offer === undefined || last === undefined) this.credit.accepted(size);
    else this.#inbox.take(offer, last.again(size));
  }

  request(id: number, many: boolean, message: ReadMessage): void {
    this.credit.received(message.size);
    const request = this.requests.begin(id, many);
    const offer = this.#offerOf('request', message);
    if (offer !== undefined) {
      this.#take(offer, 'request', message, this.#fields(message), request, many);
      return;
    }
    this.credit.accepted(message.size);
    this.requests.refuse(id, this.#refusal(`send '${message.topic.text}'`));
  }

  ackedEvent(id: number, message: ReadMessage): void {
    this.credit.received(message.size);
    const event = this.events.begin(id);
    const offer = this.#offerOf('event', message);
    if (offer !== undefined) {
      const fields = message.flags === 0 ? this.#plainFields : this.#fields(message);
      this.#take(offer, 'event', message, fields, event, false);
      this.events.keep(event);
    } else this.#notTaken(event, message.size);
  }

  ackedAlso(id: number, interest: number, size: number): void {
    this.credit.received(size);
    const event = this.events.begin(id);
    const last = this.#last;
    const offer = this.entry.alsoFor(interest, last);
    if (offer === undefined || last === undefined) {
      this.#notTaken(event, size);
      return;
    }
    const fields = last.traits === this.#plain.event ? this.#plainFields : last.traits;
    this.#inbox.take(offer, last.again(size, fields, event));
    this.events.keep(event);
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

  #take(
    offer: Offer,
    kind: MessageKind,
    read: ReadMessage,
    traits: ReceivedMessage['traits'],
    completion: IncomingRequest | IncomingEvent | undefined,
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
      completion,
      scatter,
      undefined,
    );
    this.#last = message;
    this.#inbox.take(offer, message);
  }

  /** Answers an event that the kernel does not get. */
  #notTaken(event: IncomingEvent, size: number): void {
    this.credit.accepted(size);
    // One that has come round a ring has been everywhere: nothing of it is left to do.
    if (this.entry.looped) {
      this.events.acked(event.id, 0);
      return;
    }
    this.events.nacked(event.id, this.#refusal('send an event on its topic'));
  }

  #refusal(what: string): Failure {
    const { code, message, details } = forbidden(this.#session.origin.peer, what);
    return { code, message, details };
  }

  #offerOf(kind: MessageKind, message: ReadMessage): Offer | undefined {
    this.#last = undefined;
    return this.entry.offerOf(kind, message);
  }

  #fields(message: ReadMessage): ReceivedMessage['traits'] {
    const { hello, origin, context } = this.#session;
    return fieldsOf(message, hello, origin, context);
  }
}
