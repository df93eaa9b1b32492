import type { BusError } from '@bus/core';
import { BusError as AnyBusError } from '@bus/core';
import { protocolError } from '../errors.ts';
import { fromJson, saidBy, toJson } from '../frames/control.ts';
import { FrameReader } from '../frames/frame-reader.ts';
import type { FrameType } from '../frames/frames.ts';
import { frame, helloBytes } from '../frames/frames.ts';
import { plainBytes } from '../frames/memory.ts';
import type { GreetingLink, LinkOrigin } from '../greeting/greeting.ts';
import { Greeting } from '../greeting/greeting.ts';
import type { Hello } from '../greeting/handshake.ts';
import { roomFor } from '../out/frame-room.ts';
import type { OutgoingOwner } from '../out/outgoing.ts';
import { Outgoing } from '../out/outgoing.ts';
import type { LinkInfo } from '../plugin/options.ts';
import type { Connection, ConnectionEvents } from '../plugin/transport.ts';
import type { LeavingLink } from './leaving.ts';
import { Leaving } from './leaving.ts';
import type { LinkContext } from './link-context.ts';
import { LinkedPeer } from './linked-peer.ts';
import { OwnLife } from './own-life.ts';
import type { PeerLifeOwner } from './peer-life.ts';
import { PeerLife } from './peer-life.ts';
import type { SessionLink } from './session.ts';
import { Session } from './session.ts';

/** Where a link stands: each side says hello, lets the other in, and only then do messages flow. */
export type LinkState = 'greeting' | 'up' | 'leaving' | 'closed';

/** Who keeps the links of a transport. */
export interface LinkOwner {
  readonly context: LinkContext;
  /** Why the peer may not be linked to, if so: it is ourselves, or linked already. */
  refusal(link: Link, hello: Hello): BusError | undefined;
  up(link: Link, session: Session): void;
  /** The peer has told what it offers for the first time. */
  ready(link: Link): void;
  down(link: Link, error: unknown): void;
  /** The peer has become suspect, or is not any more. */
  suspected(link: Link): void;
  /** The link is to be looked at more often from here on. */
  watched(link: Link): void;
  /** Will call {@link Link.flush} before this turn is over. */
  flushLater(link: Link): void;
}

/** One connection to one peer, from hello to goodbye. */
export class Link
  implements ConnectionEvents, SessionLink, GreetingLink, LeavingLink, OutgoingOwner, PeerLifeOwner
{
  readonly context: LinkContext;
  readonly info: LinkInfo;
  readonly outgoing: Outgoing;
  state: LinkState = 'greeting';
  session: Session | undefined;
  readonly life: PeerLife;
  /** What other plugins get of it, while it is up. */
  linkedPeer: LinkedPeer | undefined;
  receivedBytes = 0;
  readonly #owner: LinkOwner;
  readonly #connection: Connection;
  readonly #reader: FrameReader;
  readonly #greeting: Greeting;
  readonly #leaving = new Leaving(this);
  readonly #ownLife: OwnLife;

  constructor(owner: LinkOwner, connection: Connection) {
    this.#owner = owner;
    this.context = owner.context;
    this.#connection = connection;
    const { env, transport, heartbeat } = owner.context;
    this.info = { transport, remote: connection.remote, local: connection.local };
    this.life = new PeerLife(env, this, heartbeat);
    this.outgoing = new Outgoing(owner.context, connection, this);
    this.#ownLife = new OwnLife(this.outgoing);
    this.#reader = new FrameReader(helloBytes, 'helloBytes', (type, bytes, start, end) =>
      this.#frame(type, bytes, start, end),
    );
    this.#greeting = new Greeting(this);
  }

  get hello(): Hello | undefined {
    return this.#greeting.hello;
  }

  /** The peer has proved its id. */
  get isIdentified(): boolean {
    return this.#greeting.isIdentified;
  }

  /** The user of the transport has said how silence is judged. */
  get ownHeartbeat(): boolean {
    return this.context.options.heartbeat !== undefined;
  }

  get peer(): string {
    return this.hello?.busId ?? this.info.remote;
  }

  get isClosed(): boolean {
    return this.state === 'closed';
  }

  // What the transport tells.

  readonly receive = (bytes: Uint8Array): void => {
    if (this.isClosed) return;
    this.life.heard(bytes.length);
    this.receivedBytes += bytes.length;
    try {
      this.#reader.read(plainBytes(bytes));
      if (this.#reader.isWithin && this.context.features.framing === 'message') {
        throw protocolError('a frame is cut over two messages of the transport');
      }
    } catch (error) {
      this.fail(error);
    }
    this.life.isWithinFrame(this.#reader.isWithin);
    if (this.session !== undefined) this.#ownLife.tell(this.session, this.life.heardAt);
  };

  readonly writable = (): void => {
    if (this.isClosed) return;
    this.outgoing.clear();
    this.session?.writable();
  };

  readonly closed = (error?: unknown): void => {
    this.#end(error ?? new Error('the connection was closed'));
  };

  // What goes out.

  say(type: FrameType, body: Uint8Array): void {
    this.outgoing.say(type, body);
  }

  flush(): void {
    this.outgoing.flush();
  }

  flushLater(): void {
    this.#owner.flushLater(this);
  }

  /** A batch is about to leave: the acks of what has been done with until now go with it. */
  beforeFlush(): void {
    this.session?.receiver.events.settle();
  }

  suspected(): void {
    this.#owner.suspected(this);
  }

  get isAwaiting(): boolean {
    const { session } = this;
    return session !== undefined && (session.asked.count > 0 || session.unacked.count > 0);
  }

  watched(): void {
    this.#owner.watched(this);
  }

  ask(intervalMs: number): void {
    this.session?.sender.numbers(frame.ping, Math.ceil(intervalMs));
    this.flush();
  }

  /** Asks the peer to send no more, and resolves when all that it had has come to the kernel. */
  async leave(): Promise<void> {
    const { session } = this;
    if (this.state !== 'up' || session === undefined) return;
    this.state = 'leaving';
    session.offers.leave();
    await this.#leaving.ask();
    await session.receiver.handedOver();
  }

  /** Closes in good order: what was sent leaves first. */
  async bye(error: BusError): Promise<void> {
    if (this.isClosed) return;
    this.#sayBye(error);
    this.outgoing.handOver();
    try {
      await this.#connection.flush();
    } finally {
      this.#end(error);
    }
  }

  /** Closes at once, telling the peer why. */
  fail(error: unknown): void {
    if (this.isClosed) return;
    const coded = AnyBusError.is(error) ? error : protocolError('it could not be read', error);
    this.#sayBye(coded);
    this.#end(coded);
  }

  #sayBye({ code, message }: BusError): void {
    this.say(frame.bye, toJson({ code, message }));
  }

  #end(error: unknown): void {
    if (this.isClosed) return;
    this.state = 'closed';
    this.outgoing.close();
    this.#greeting.close();
    this.life.close(error);
    this.session?.close(error);
    this.#leaving.onLeft();
    this.#connection.close();
    this.#owner.down(this, error);
  }

  // The handshake.

  refusal(hello: Hello): BusError | undefined {
    return this.#owner.refusal(this, hello);
  }

  accepted(): void {
    this.#reader.setLimit(this.context.limits.frameBytes, 'frameBytes');
  }

  greeted(hello: Hello, origin: LinkOrigin): void {
    // Another of the same bus may have been let in meanwhile.
    const refusal = this.refusal(hello);
    if (refusal !== undefined) {
      this.fail(refusal);
      return;
    }
    this.state = 'up';
    const { features, batching } = this.context;
    const { fullBytes, payloadBytes } = roomFor(hello.limits.frameBytes, features.maxSendBytes);
    this.outgoing.fullBytes = Math.min(fullBytes, batching.bytes);
    this.session = new Session(this.context, this, hello, origin, payloadBytes);
    this.linkedPeer = new LinkedPeer(this, origin);
    this.#owner.up(this, this.session);
    if (this.isClosed) return;
    this.outgoing.outbox.frame(frame.offer, toJson([]));
    this.session.tellOffers();
    this.flush();
  }

  principalChanged(): void {
    this.session?.receiver.door.forget();
  }

  // What comes in.

  #frame(type: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.isClosed) return;
    this.life.isWithinFrame(false);
    const { session } = this;
    if (session !== undefined) {
      const meaning = session.frame(type, bytes, start, end);
      if (meaning === 'ready') this.#owner.ready(this);
      if (meaning !== 'unknown') return;
    }
    if (this.#greeting.frame(type, bytes, start, end)) return;
    if (type === frame.bye) this.#end(saidBy(this.peer, 'bye', fromJson(bytes, start, end)));
    else if (this.hello === undefined) {
      throw protocolError(`frame type ${type} came before a hello`);
    } else if (session === undefined) {
      throw protocolError(`frame type ${type} came before the handshake was done`);
    } else if (type === frame.ping) {
      this.#ownLife.asked(start < end ? session.number(bytes, start, end) : undefined);
    } else if (start < end) {
      throw protocolError(`frame type ${type} is not known, or has no body`);
    } else this.#signal(session, type);
  }

  /** A frame that says all by its type. */
  #signal(session: Session, type: number): void {
    switch (type) {
      case frame.pong:
        this.life.answered();
        return;
      case frame.leave:
        this.#leaving.onLeave(() => session.remotes.drain());
        return;
      case frame.left:
        this.#leaving.onLeft();
        return;
      default:
        throw protocolError(`frame type ${type} is not known`);
    }
  }
}
