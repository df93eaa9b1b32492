import type { BusMessage, Message, Origin } from '@bus/core';
import { BusError } from '@bus/core';
import { protocolError } from '../errors.ts';
import { ByteReader } from '../frames/byte-reader.ts';
import { fromJson, saidBy, toJson } from '../frames/control.ts';
import { controlBytes, frame, record } from '../frames/frames.ts';
import { shown } from '../frames/shown.ts';
import type { Hello } from '../greeting/handshake.ts';
import type { ReceivingSession } from '../in/receiver.ts';
import { Receiver } from '../in/receiver.ts';
import { InterestIntake } from '../interest/intake.ts';
import type { Interest } from '../interest/interest.ts';
import { interestOf } from '../interest/interest.ts';
import { Offers } from '../interest/offers.ts';
import type { Forwarder, Served } from '../interest/remote-endpoint.ts';
import { RemoteEndpoints } from '../interest/remote-endpoints.ts';
import type { AskingLink } from '../out/asked-requests.ts';
import { AskedRequests } from '../out/asked-requests.ts';
import type { Outgoing } from '../out/outgoing.ts';
import { Sender } from '../out/sender.ts';
import type { AckedLink } from '../out/unacked-events.ts';
import { UnackedEvents } from '../out/unacked-events.ts';
import type { LinkContext } from './link-context.ts';

/** What is below a session. */
export interface SessionLink {
  readonly outgoing: Outgoing;
  /** Closes the connection; the peer is told why. */
  fail(error: unknown): void;
  /** The peer owes an answer, and is to be looked at more often from here on. */
  watched(): void;
}

/** What two buses do once each has let the other in: offer, take, ask, answer. */
export class Session implements Forwarder, AskingLink, AckedLink, ReceivingSession {
  readonly context: LinkContext;
  readonly origin: Origin;
  readonly hello: Hello;
  readonly offers: Offers;
  readonly remotes: RemoteEndpoints;
  readonly asked: AskedRequests;
  readonly unacked: UnackedEvents;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly #link: SessionLink;
  readonly #numbers = new ByteReader();
  readonly #intake: InterestIntake;
  #heardOffer = false;
  #notices = 0;

  /** @param payloadLimit - the most bytes of one payload that peer and transport take. */
  constructor(
    context: LinkContext,
    link: SessionLink,
    hello: Hello,
    origin: Origin,
    payloadLimit: number,
  ) {
    this.context = context;
    this.#link = link;
    this.hello = hello;
    this.origin = origin;
    const { interests, pendingRequests, unacknowledged } = hello.limits;
    this.offers = new Offers(context, origin, Math.min(interests, context.limits.interests));
    this.remotes = new RemoteEndpoints(context, origin, this);
    this.#intake = new InterestIntake(
      context.env,
      this.remotes,
      context.limits.interests,
      (error) => this.fail(error),
    );
    this.asked = new AskedRequests(this, pendingRequests);
    this.unacked = new UnackedEvents(this, unacknowledged);
    this.sender = new Sender(context, link.outgoing, hello, payloadLimit);
    this.receiver = new Receiver(this);
  }

  get peer(): string {
    return this.origin.peer;
  }

  /**
   * Reads a frame that is the session's.
   * @returns what it means to the link: `ready` when the peer has offered for the first time,
   * `unknown` when it is no frame of the session's.
   * @throws WIRE_PROTOCOL_ERROR, WIRE_LIMIT_EXCEEDED
   */
  frame(type: number, bytes: Uint8Array, start: number, end: number): 'ready' | 'unknown' | 'read' {
    switch (type) {
      case frame.messages:
        this.receiver.read(bytes, start, end);
        return 'read';
      case frame.offer:
        return this.#offered(fromJson(bytes, start, end)) ? 'ready' : 'read';
      case frame.notice:
        this.#noticed(saidBy(this.peer, 'notice', fromJson(bytes, start, end)));
        return 'read';
      case frame.credit: {
        const [messages = 0, credit = 0] = this.#read(2, bytes, start, end);
        this.sender.window.confirmed(messages, credit);
        this.go();
        return 'read';
      }
      case frame.hold:
      case frame.resume:
      case frame.revoke: {
        const id = this.number(bytes, start, end);
        if (type === frame.revoke) this.#intake.revoked(id);
        else this.remotes.hold(id, type === frame.hold);
        return 'read';
      }
      default:
        return 'unknown';
    }
  }

  /** There is something to tell, by {@link tellOffers}: before the next message, or else this turn. */
  offersChanged(): void {
    this.sender.news = this.tellOffers;
  }

  /** Tells the peer what has changed in what it is offered; what a slow one cannot take yet, later at once. */
  readonly tellOffers = (): void => {
    // What changes again meanwhile is told once.
    if (!this.#link.outgoing.isClear) return;
    this.sender.news = undefined;
    const { offered, revoked } = this.offers.news();
    const most = Math.min(controlBytes, this.sender.payloadLimit);
    let batch: Interest[] = [];
    // The brackets of the list; with each interest comes a comma.
    let size = 2;
    for (const interest of offered) {
      const bytes = toJson(interest).length + 1;
      if (size + bytes > most && batch.length > 0) {
        this.sender.frame(frame.offer, toJson(batch));
        batch = [];
        size = 2;
      }
      size += bytes;
      batch.push(interest);
    }
    if (batch.length > 0) this.sender.frame(frame.offer, toJson(batch));
    for (const id of revoked) this.sender.numbers(frame.revoke, id);
  };

  /** Sends what was held back, as far as there is room. */
  go(): void {
    this.sender.news?.();
    if (this.sender.hasRoom) this.remotes.go();
  }

  /** The transport takes more again, and with that this side more of the peer's. */
  writable(): void {
    this.go();
    this.receiver.resume();
  }

  close(cause: unknown): void {
    this.#intake.close();
    this.sender.close();
    this.receiver.handOver();
    this.remotes.close(cause, 'peer-gone');
    this.asked.close(cause);
    this.unacked.close(cause);
    this.receiver.close(cause);
  }

  fail(error: unknown): void {
    this.#link.fail(error);
  }

  // What endpoints here have for the peer.

  kept(message: BusMessage): BusMessage {
    return this.context.writer.kept(this.sender, message);
  }

  canSend(served: Served, message: BusMessage): boolean {
    if (!this.sender.hasRoom) return false;
    if (message.kind === 'request') return this.asked.hasRoom;
    return !isAcked(served, message) || this.unacked.hasRoom;
  }

  forward(served: Served, message: BusMessage, given: BusMessage): unknown {
    if (message.kind === 'request') return this.#awaited(this.asked.ask(served, message, given));
    if (isAcked(served, message)) return this.#awaited(this.unacked.send(served, message, given));
    this.sender.message(served.interest.id, message);
    return undefined;
  }

  giveUp(served: Served, message: Message): void {
    if (message.kind === 'request') this.asked.cancel(served, message);
    else this.unacked.cancel(served, message);
  }

  refused(error: BusError): void {
    this.receiver.door.refused.forbidden++;
    const { code, details, cause } = error;
    // It names a pattern of the peer's.
    const message = shown(error.message);
    // That no router here reads a pattern is news to who offered it.
    if (code !== 'BUS_PATTERN_UNSUPPORTED') {
      this.context.host.report(new BusError(code, message, details, { cause }));
    }
    if (this.sender.isFull) return;
    this.sender.frame(frame.notice, toJson({ code, message }));
  }

  // What askers here have to say.

  now(): number {
    return this.context.env.now();
  }

  sendRequest(id: number, many: boolean, interest: number, message: BusMessage): void {
    this.sender.request(id, many, interest, message);
  }

  tell(what: 'more' | 'enough' | 'cancel', id: number): void {
    this.sender.about(record[what], id);
  }

  // What publishers here have to say.

  sendEvent(id: number, interest: number, message: BusMessage): void {
    this.sender.ackedEvent(id, interest, message);
  }

  withdraw(id: number): void {
    this.sender.about(record.ackedCancel, id);
  }

  freed(): void {
    this.go();
  }

  #awaited(answer: unknown): unknown {
    this.#link.watched();
    return answer;
  }

  /** Whether this was the first offer. */
  #offered(value: unknown): boolean {
    if (!Array.isArray(value)) throw protocolError('an offer is no list');
    for (const interest of value) this.#intake.offered(interestOf(interest));
    const isFirst = !this.#heardOffer;
    this.#heardOffer = true;
    return isFirst;
  }

  /** The peer refuses an interest that it was offered: once each, so that its words are bounded. */
  #noticed(refusal: BusError): void {
    if (++this.#notices > this.offers.made) {
      throw protocolError('it has refused more interests than it was offered');
    }
    this.context.host.report(refusal);
  }

  /** The one number that is the body of a frame. */
  number(bytes: Uint8Array, start: number, end: number): number {
    const [number = 0] = this.#read(1, bytes, start, end);
    return number;
  }

  #read(count: number, bytes: Uint8Array, start: number, end: number): number[] {
    const reader = this.#numbers;
    reader.open(bytes, start, end);
    const numbers = Array.from({ length: count }, () => reader.varint());
    reader.done();
    return numbers;
  }
}

/** Whether the peer is to say what became of a message that is no request. */
function isAcked({ interest }: Served, { kind, traits }: BusMessage): boolean {
  return interest.acknowledges === true && kind === 'event' && traits.completion !== undefined;
}
