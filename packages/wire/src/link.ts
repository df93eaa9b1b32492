import type { BusError, Timer } from '@bus/core';
import { BusError as AnyBusError } from '@bus/core';
import type { Entrance } from './access.ts';
import { ownCredentials, principalOf } from './access.ts';
import { fromJson, toJson } from './control.ts';
import { limitExceeded, protocolError, unauthorized } from './errors.ts';
import { FrameReader } from './frame-reader.ts';
import { countedBytes, frame, fullBatchBytes, helloBytes, protocolVersion } from './frames.ts';
import type { Hello } from './handshake.ts';
import { commonCodec, helloOf, statedLimits } from './handshake.ts';
import { interestOf, objectOf } from './interest.ts';
import type { LinkContext } from './link-context.ts';
import type { LinkInfo } from './options.ts';
import { Outbox } from './outbox.ts';
import type { SessionLink } from './session.ts';
import { Session } from './session.ts';
import type { Connection, ConnectionEvents, TransportFeatures } from './transport.ts';
import { ByteReader } from './varint.ts';

/** Who keeps the links of a transport. */
export interface LinkOwner {
  readonly context: LinkContext;
  readonly features: TransportFeatures;
  readonly entrance: Entrance;
  /** Why the peer may not be linked to, if so: it is ourselves, or linked already. */
  refusal(link: Link, hello: Hello): BusError | undefined;
  up(link: Link, session: Session): void;
  /** The peer has told what it offers for the first time. */
  ready(link: Link): void;
  down(link: Link, error: unknown): void;
  /** Will call {@link Link.flush} before this turn is over. */
  flushLater(link: Link): void;
}

/** Room in a frame for the names that a message makes known. */
const namesBytes = 4096;

/** Where a link stands: each side says hello, lets the other in, and only then do messages flow. */
export type LinkState = 'greeting' | 'up' | 'leaving' | 'closed';

const settled = Promise.resolve();

/** The same memory without a platform's additions: payloads hold the same class on every transport. */
function plain(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An `Origin` whose principal may change, when the peer shows new credentials. */
interface LinkOrigin {
  readonly peer: string;
  principal: unknown;
}

/** One connection to one peer, from hello to goodbye. */
export class Link implements ConnectionEvents, SessionLink {
  readonly outbox: Outbox;
  readonly info: LinkInfo;
  state: LinkState = 'greeting';
  session: Session | undefined;
  hello: Hello | undefined;
  /** When something last came from the peer; its heartbeat. */
  heardAt: number;
  pingedAt = 0;
  roundTripMs: number | undefined;
  suspect = false;
  sentBytes = 0;
  receivedBytes = 0;
  /** Since when a frame has come in part only. */
  partialSince: number | undefined;
  /** Called when everything the peer had for us has come. */
  left: (() => void) | undefined;
  readonly #owner: LinkOwner;
  readonly #context: LinkContext;
  readonly #connection: Connection;
  readonly #reader: FrameReader;
  readonly #numbers = new ByteReader();
  #origin: LinkOrigin | undefined;
  /** Resolves when our hello has been sent, which goes before all else. */
  readonly #greeted: Promise<void>;
  #accepted = false;
  #welcomed = false;
  #heardOffer = false;
  #heardLeave = false;
  #authenticating = false;
  #clear = true;
  #sentUnclear = 0;
  #flushing = false;
  #rounding = false;
  /** What was in the outbox when the round before ended. */
  #roundUsed = 0;
  #fullBytes = fullBatchBytes;
  #helloTimer: Timer;
  #credentialsTimer: Timer;

  constructor(owner: LinkOwner, connection: Connection) {
    this.#owner = owner;
    this.#context = owner.context;
    this.#connection = connection;
    this.outbox = new Outbox(owner.context.memory);
    const { env, transport, limits } = owner.context;
    this.info = { transport, remote: connection.remote, local: connection.local };
    this.heardAt = env.now();
    this.#reader = new FrameReader(helloBytes, 'helloBytes', (type, bytes, start, end) =>
      this.#frame(type, bytes, start, end),
    );
    this.#helloTimer = env.setTimer(() => {
      this.#helloTimer = undefined;
      this.fail(unauthorized(this.info.remote, `it was not let in within ${limits.helloMs} ms`));
    }, limits.helloMs);
    this.#greeted = this.#greet();
  }

  get peer(): string {
    return this.hello?.busId ?? this.info.remote;
  }

  /** This side was too late to read what came: its peer is not to blame. */
  forgive(lagMs: number): void {
    this.heardAt += lagMs;
    if (this.partialSince !== undefined) this.partialSince += lagMs;
  }

  get isClear(): boolean {
    return this.#clear && this.state !== 'closed';
  }

  // What the transport tells.

  readonly receive = (bytes: Uint8Array): void => {
    if (this.state === 'closed') return;
    this.heardAt = this.#context.env.now();
    this.suspect = false;
    this.receivedBytes += bytes.length;
    try {
      this.#reader.read(plain(bytes));
      if (this.#reader.isWithin && this.#owner.features.framing === 'message') {
        throw protocolError('a frame is cut over two messages of the transport');
      }
    } catch (error) {
      this.fail(error);
    }
    this.partialSince = this.#reader.isWithin ? (this.partialSince ?? this.heardAt) : undefined;
  };

  readonly writable = (): void => {
    this.#clear = true;
    this.#sentUnclear = 0;
    this.session?.go();
  };

  readonly closed = (error?: unknown): void => {
    this.#end(error ?? new Error('the connection was closed'));
  };

  // What goes out.

  wrote(waitedFor: boolean): void {
    if (this.outbox.used >= this.#fullBytes) this.flush();
    else if (waitedFor) this.#soon();
    else this.#schedule();
  }

  /**
   * Flushes as soon as what runs now has no more to add. A turn of the event loop gathers more, but
   * is time that somebody waits for a reply.
   */
  #soon(): void {
    if (this.#rounding) return;
    this.#rounding = true;
    this.#roundUsed = this.outbox.used;
    void settled.then(this.#round);
  }

  readonly #round = (): void => {
    const { used } = this.outbox;
    if (used !== this.#roundUsed && used > 0) {
      this.#roundUsed = used;
      void settled.then(this.#round);
      return;
    }
    this.#rounding = false;
    this.flush();
  };

  flush(): void {
    this.#flushing = false;
    if (this.state === 'closed' || this.outbox.used === 0) return;
    const { bytes, whole } = this.outbox.take();
    const { memory } = this.#context;
    this.#send(bytes, whole === undefined ? undefined : () => memory.give(whole));
  }

  ping(): void {
    this.pingedAt = this.#context.env.now();
    this.outbox.frame(frame.ping, new Uint8Array(0));
    this.flush();
  }

  /** Tells the peer what it is offered now, with the next flush. */
  tellOffers(): void {
    this.session?.tellOffers();
    this.#schedule();
  }

  /** Asks the peer to send no more, and resolves when all that it had has come to the kernel. */
  async leave(): Promise<void> {
    const { session } = this;
    if (this.state !== 'up' || session === undefined) return;
    this.state = 'leaving';
    session.offers.leave();
    this.outbox.frame(frame.leave, new Uint8Array(0));
    this.flush();
    await new Promise<void>((resolve) => {
      this.left = resolve;
    });
    await session.handedOver();
  }

  /** Closes in good order: what was sent leaves first. */
  async bye(error: BusError): Promise<void> {
    if (this.state === 'closed') return;
    this.#sayBye(error);
    try {
      await this.#connection.flush();
    } finally {
      this.#end(error);
    }
  }

  fail(error: unknown): void {
    if (this.state === 'closed') return;
    const coded = AnyBusError.is(error) ? error : protocolError('it could not be read', error);
    this.#sayBye(coded);
    this.#end(coded);
  }

  #sayBye({ code, message }: BusError): void {
    this.outbox.frame(frame.bye, toJson({ code, message }));
    this.flush();
  }

  #send(bytes: Uint8Array, left: (() => void) | undefined): void {
    this.sentBytes += bytes.length;
    if (!this.#connection.send(bytes, left)) this.#clear = false;
    if (this.#clear) return;
    this.#sentUnclear += bytes.length;
    const { outboxBytes } = this.#context.limits;
    if (this.#sentUnclear > outboxBytes) this.#end(limitExceeded('outboxBytes', outboxBytes));
  }

  #schedule(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#owner.flushLater(this);
  }

  #end(error: unknown): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    const { env } = this.#context;
    if (this.#helloTimer !== undefined) env.clearTimer(this.#helloTimer);
    if (this.#credentialsTimer !== undefined) env.clearTimer(this.#credentialsTimer);
    this.session?.close(error);
    this.left?.();
    this.#connection.close();
    this.#owner.down(this, error);
  }

  // The handshake.

  async #greet(): Promise<void> {
    const { options, host, instance, idPrefix, codecs, limits } = this.#context;
    try {
      const credentials = await ownCredentials(options);
      const hello: Hello = {
        protocol: protocolVersion,
        busId: host.busId,
        instance,
        idPrefix,
        codecs: codecs.map(({ name }) => name),
        limits: statedLimits(limits, host.limits.headerBytes),
        credentials,
      };
      const body = toJson(hello);
      if (body.length > helloBytes - countedBytes) throw limitExceeded('helloBytes', helloBytes);
      if (this.state === 'closed') return;
      this.outbox.frame(frame.hello, body);
      this.flush();
      this.#renewCredentials(credentials.expiresInMs);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Shows new credentials before the old ones expire. */
  #renewCredentials(expiresInMs: number | undefined): void {
    if (expiresInMs === undefined || this.state === 'closed') return;
    const { env, options } = this.#context;
    this.#credentialsTimer = env.setTimer(async () => {
      this.#credentialsTimer = undefined;
      try {
        const credentials = await ownCredentials(options);
        if (this.state === 'closed') return;
        this.outbox.frame(frame.credentials, toJson(credentials));
        this.flush();
        this.#renewCredentials(credentials.expiresInMs);
      } catch (error) {
        this.fail(error);
      }
    }, expiresInMs * 0.8);
  }

  #onHello(value: unknown): void {
    if (this.hello !== undefined) throw protocolError('it said hello twice');
    const hello = helloOf(value);
    this.hello = hello;
    commonCodec(this.#context.codecs, hello.codecs);
    const principal = principalOf(this.#owner.entrance, hello, this.info);
    Promise.all([principal, this.#greeted]).then(
      ([known]) => this.#letIn(hello, known),
      (error) => this.fail(error),
    );
  }

  #letIn(hello: Hello, principal: unknown): void {
    if (this.state === 'closed') return;
    const refusal = this.#owner.refusal(this, hello);
    if (refusal !== undefined) {
      this.fail(refusal);
      return;
    }
    this.#origin = { peer: hello.busId, principal };
    this.#accepted = true;
    this.#reader.setLimit(this.#context.limits.frameBytes, 'frameBytes');
    this.outbox.frame(frame.welcome, new Uint8Array(0));
    this.flush();
    this.#upIfBoth();
  }

  #upIfBoth(): void {
    const { hello } = this;
    const origin = this.#origin;
    if (!this.#accepted || !this.#welcomed || hello === undefined || origin === undefined) return;
    const { env } = this.#context;
    env.clearTimer(this.#helloTimer);
    this.#helloTimer = undefined;
    this.state = 'up';
    const most = Math.min(
      hello.limits.frameBytes,
      this.#owner.features.maxSendBytes ?? Number.POSITIVE_INFINITY,
    );
    this.#fullBytes = Math.min(fullBatchBytes, most >> 2);
    const payloadLimit = most - this.#fullBytes - Math.min(namesBytes, most >> 2);
    this.session = new Session(this.#context, this, hello, origin, payloadLimit);
    this.#owner.up(this, this.session);
    this.outbox.frame(frame.offer, toJson([]));
    this.session.tellOffers();
    this.flush();
  }

  #newCredentials(value: unknown): void {
    const origin = this.#origin;
    const { hello } = this;
    if (origin === undefined || hello === undefined) return;
    if (this.#authenticating)
      throw protocolError('it showed credentials before others were checked');
    this.#authenticating = true;
    const shown = { ...hello, credentials: objectOf(value, 'credentials') };
    const principal = principalOf(this.#owner.entrance, shown, this.info);
    void Promise.resolve(principal).then(
      (known) => {
        this.#authenticating = false;
        origin.principal = known;
        this.session?.principalChanged();
      },
      (error) => this.fail(error),
    );
  }

  // What comes in.

  #frame(type: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.state === 'closed') return;
    this.partialSince = undefined;
    const { session } = this;
    if (type === frame.messages && session !== undefined) session.readMessages(bytes, start, end);
    else if (type === frame.hello) this.#onHello(fromJson(bytes, start, end, helloBytes));
    else if (this.hello === undefined && type !== frame.bye) {
      throw protocolError(`frame type ${type} came before a hello`);
    } else if (type === frame.welcome) {
      if (this.#welcomed) throw protocolError('it said welcome twice');
      if (start < end) throw protocolError('a welcome has a body');
      this.#welcomed = true;
      this.#upIfBoth();
    } else if (type === frame.bye) this.#onBye(fromJson(bytes, start, end));
    else if (session === undefined) {
      throw protocolError(`frame type ${type} came before the handshake was done`);
    } else this.#sessionFrame(session, type, bytes, start, end);
  }

  #sessionFrame(
    session: Session,
    type: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    switch (type) {
      case frame.offer:
      case frame.credentials:
      case frame.notice:
        this.#jsonFrame(session, type, fromJson(bytes, start, end));
        return;
      case frame.credit:
        session.credited(...this.#twoNumbers(bytes, start, end));
        return;
      case frame.hold:
      case frame.resume:
        session.remotes.hold(this.#oneNumber(bytes, start, end), type === frame.hold);
        return;
      case frame.revoke:
        session.remotes.revoked(this.#oneNumber(bytes, start, end));
        return;
      default:
        if (start < end) throw protocolError(`frame type ${type} is not known, or has no body`);
        this.#signal(session, type);
    }
  }

  /** A frame that says all by its type. */
  #signal(session: Session, type: number): void {
    switch (type) {
      case frame.ping:
        this.outbox.frame(frame.pong, new Uint8Array(0));
        this.#schedule();
        return;
      case frame.pong:
        if (this.pingedAt > 0) this.roundTripMs = this.heardAt - this.pingedAt;
        return;
      case frame.leave:
        this.#onLeave(session);
        return;
      case frame.left:
        this.left?.();
        return;
      default:
        throw protocolError(`frame type ${type} is not known`);
    }
  }

  #onLeave(session: Session): void {
    if (this.#heardLeave) throw protocolError('it said twice that it leaves');
    this.#heardLeave = true;
    void session.remotes.drain().then(() => {
      if (this.state === 'closed') return;
      this.outbox.frame(frame.left, new Uint8Array(0));
      this.#schedule();
    });
  }

  #oneNumber(bytes: Uint8Array, start: number, end: number): number {
    this.#numbers.open(bytes, start, end);
    const number = this.#numbers.varint();
    this.#numbers.done();
    return number;
  }

  #twoNumbers(bytes: Uint8Array, start: number, end: number): [number, number] {
    this.#numbers.open(bytes, start, end);
    const numbers: [number, number] = [this.#numbers.varint(), this.#numbers.varint()];
    this.#numbers.done();
    return numbers;
  }

  #jsonFrame(session: Session, type: number, value: unknown): void {
    switch (type) {
      case frame.offer:
        if (!Array.isArray(value)) throw protocolError('an offer is no list');
        for (const interest of value) session.remotes.offered(interestOf(interest));
        if (this.#heardOffer) return;
        this.#heardOffer = true;
        this.#owner.ready(this);
        return;
      case frame.credentials:
        this.#newCredentials(value);
        return;
      case frame.notice:
        this.#context.host.report(this.#said(value));
        return;
    }
  }

  #onBye(value: unknown): void {
    this.#end(this.#said(value));
  }

  /** What the peer says went wrong, as an error of this side. */
  #said(value: unknown): BusError {
    const { code, message } = objectOf(value, 'a goodbye');
    const text = typeof message === 'string' ? message.slice(0, 500) : 'it said no reason';
    const known =
      typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? code : 'WIRE_PROTOCOL_ERROR';
    return new AnyBusError(known, `'${this.peer}' says: ${text}`, { peer: this.peer });
  }
}
