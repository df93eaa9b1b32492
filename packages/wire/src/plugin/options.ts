import type { DecodeLimits, PayloadCodec } from '../codec/payload-codec.ts';
import type { Heartbeat } from '../link/peer.ts';

/** What one side shows the other to prove who it is; sent in the first frame, never in an address. */
export interface Credentials {
  /** A secret that both sides know. `LinkOptions.token` puts it here, and asks it of the peer. */
  readonly token?: string | undefined;
  /**
   * How long they are good for. New ones are asked for and shown when four fifths of these
   * milliseconds have passed; default for ever.
   */
  readonly expiresInMs?: number | undefined;
  /**
   * Whatever else the peer's `authenticate` wants to see. Must be JSON; the whole hello has at most
   * 4,096 bytes.
   */
  readonly [claim: string]: unknown;
}

/** The first thing a peer says, as `authenticate` gets it. */
export interface PeerHello {
  /** The bus it says it is: a claim, unless `authenticate` says what it is. */
  readonly busId: string;
  /** What it shows. It comes from whoever has connected: check every part of it. */
  readonly credentials: Credentials;
}

/** Where a hello came in. */
export interface LinkInfo {
  /** The name of the transport, such as `ipc`. */
  readonly transport: string;
  /** Who is at the other end, as the transport says: an address, or the pid of a process. */
  readonly remote: string;
  /** Whether only this machine's user can be at the other end; see `Connection.local`. */
  readonly local: boolean;
}

/** Who a peer is, where `authenticate` says what its bus is called, too. */
export interface PeerIdentity {
  /** As `authorize` gets it; anything but undefined. */
  readonly principal: unknown;
  /**
   * What its bus is called here, whatever it calls itself: the `source` of its messages. Of 1 to 128
   * characters that can be printed. Whoever has proved an id takes the place of a link that has it.
   */
  readonly busId: string;
}

/**
 * Says who a peer is: a {@link PeerIdentity}, that is, an object with `principal` and `busId`; anything
 * else but an `Error` or undefined is its principal, and the id of its bus is what it claims. An
 * `Error`, undefined, and whatever it throws refuse the peer, which is told `WIRE_UNAUTHORIZED`. It may
 * return a promise, and has `limits.helloMs` for it.
 * @example
 * ```ts
 * const authenticate: Authenticate = ({ credentials }) => {
 *   const user = users.get(String(credentials.badge));
 *   return user === undefined ? new Error('no such badge') : { principal: user, busId: user.bus };
 * };
 * ```
 */
export type Authenticate = (hello: PeerHello, link: LinkInfo) => unknown;

/** What a peer wants to do: be sent messages of a pattern, or send one on a topic. */
export type LinkAction = 'subscribe' | 'send';

/**
 * Whether a principal may do something: true for yes, false or an `Error` for no. A no costs the peer
 * that pattern or topic (`WIRE_FORBIDDEN`), never its link. Asked once per pattern and per topic of a
 * link, and again about topics when the principal changes, so it has to be a rule. The principal is
 * undefined where nobody authenticates.
 */
export type Authorize = (
  principal: unknown,
  action: LinkAction,
  topicOrPattern: string,
) => boolean | Error;

/**
 * How long the side that connects waits before it tries again: exponential backoff with full jitter
 * (Brooker, "Exponential Backoff And Jitter"). After n failures that is a random time up to
 * `baseMs × factor^n`, and never more than `maxMs`. A link that was up starts the count anew.
 */
export interface ReconnectOptions {
  /** The bound before the first attempt to come back, in milliseconds; above 0, default 50. */
  readonly baseMs: number;
  /** By what the bound grows with each failure; above 0, default 2. */
  readonly factor: number;
  /**
   * The most the bound grows to, in milliseconds; above 0, default 750, so that a peer that is back is
   * linked again within a second. Raise it where thousands connect to one peer far away.
   */
  readonly maxMs: number;
}

/** When messages leave that nobody waits for: latency against work per message. */
export interface BatchingOptions {
  /** What has gathered leaves at once when it has this many bytes: 1 to 65,536, which is the default. */
  readonly bytes: number;
  /**
   * How long messages may gather, in milliseconds; default 0, until the end of a turn of the event
   * loop. Requests, replies, and events that are to be acknowledged do not wait, and what has gathered
   * before them leaves with them.
   */
  readonly waitMs: number;
}

/**
 * What a peer may cost. Those about what it sends are stated in the hello, so that an honest peer keeps
 * to them; one that goes past them loses its link, with `WIRE_LIMIT_EXCEEDED`. All are numbers above 0.
 */
export interface LinkLimits extends DecodeLimits {
  /**
   * The most bytes of one frame, and so of one message or reply; default 16 MiB, or `limits.payloadBytes`
   * of the bus where that is more, and 128 KiB for headers and what comes before it.
   */
  readonly frameBytes: number;
  /** Messages under way to this bus that it has not accepted, its side of the credit; default 16,384. */
  readonly windowMessages: number;
  /** Bytes of these; the last message may go past it by one frame. Default 4 MiB. */
  readonly windowBytes: number;
  /**
   * Patterns that the peer may ask for, and that this side asks of it at most; default 10,000. What is
   * beyond is left out, and the log says so.
   */
  readonly interests: number;
  /** Requests of the peer that wait for their reply; default 1,024, at most 65,536 are used. */
  readonly pendingRequests: number;
  /** Events of the peer that it waits to be acknowledged; default 4,096, at most 32,768 are used. */
  readonly unacknowledged: number;
  /**
   * Bytes that wait for a peer which does not read, above which nothing more of its messages is begun
   * until it has read; default 16 MiB. The replies of what has begun are kept beyond it.
   */
  readonly outboxBytes: number;
  /** Within how many milliseconds each side must have let the other in; default 5,000. */
  readonly helloMs: number;
  /** Connections of one listener; one more is refused. Default 1,024. */
  readonly connections: number;
  /** Connections of one listener that have not been let in yet; one more is refused. Default 100. */
  readonly pendingConnections: number;
  /**
   * Refused credentials per address and second, above which everybody of that address is refused for
   * the rest of the second; default 20.
   */
  readonly attemptsPerSecond: number;
}

/** Parts of an option: those that are left out, or undefined, have their defaults. */
export type Given<T> = { readonly [Part in keyof T]?: T[Part] | undefined };

/**
 * What every transport takes beside its own options.
 * @example
 * ```ts
 * const options: LinkOptions = {
 *   receive: ['orders.**'],
 *   send: ['prices.*'],
 *   token: secret,
 *   limits: { pendingRequests: 100 },
 * };
 * ```
 */
export interface LinkOptions {
  /**
   * Globs of topics that this bus takes from the peer: it is told of endpoints here for these alone.
   * Default none where `send` is given, else as the transport says. Topics of the bus itself
   * (`$bus.…`) cross only where a glob names them.
   */
  readonly receive?: readonly string[] | undefined;
  /**
   * Globs of topics that this bus sends to the peer, whatever the peer asks for. Default none where
   * `receive` is given, else as the transport says.
   */
  readonly send?: readonly string[] | undefined;
  /**
   * Offers the peer what this bus may send over its other links; default true. False makes it a leaf.
   */
  readonly relay?: boolean | undefined;
  /**
   * What this side shows; default nothing but the token. A function is asked at every connection, and
   * again before `expiresInMs`; what it throws ends the connection. A side that listens shows it only
   * to a peer it has let in.
   */
  readonly credentials?: Credentials | (() => Credentials | Promise<Credentials>) | undefined;
  /**
   * Says who the peer is. Without it and `token`, and where no plugin provides `LinkGuard`, a side that
   * listens lets in only what its transport calls local, and a side that connects trusts the address.
   */
  readonly authenticate?: Authenticate | undefined;
  /** What the peer may do, within `receive` and `send`; default all, or what a `LinkGuard` says. */
  readonly authorize?: Authorize | undefined;
  /** Shared secret, not empty: shown to the peer, and asked of it. Compared in constant time. */
  readonly token?: string | undefined;
  /**
   * Believes what the peer says of others: the source and the `bus-*` headers of what it relays.
   * Default true where this side connects, false where it listens.
   */
  readonly trusted?: boolean | undefined;
  /** Payload codecs, the preferred one first; default `[msgpackCodec(), jsonCodec()]`. */
  readonly codec?: PayloadCodec | readonly PayloadCodec[] | undefined;
  /** When messages leave that nobody waits for; see {@link BatchingOptions} for the defaults. */
  readonly batching?: Given<BatchingOptions> | undefined;
  /**
   * How silence is judged. `intervalMs` of it (default 1,000) and a sign of life is asked for; while
   * nothing is under way, `idleMs` of it (default 1,000, or `intervalMs` where that is more).
   * `suspectMs` (default 2,500) and the peer is suspect, `downMs` (default 5,000) and the link is
   * closed. A peer has to have been asked for that long, and of a turn in which the event loop here was
   * late at most one interval counts. Where it is given, no plugin changes it.
   */
  readonly heartbeat?: Given<Heartbeat> | undefined;
  /** How a side that connects comes back; see {@link ReconnectOptions} for the defaults. */
  readonly reconnect?: Given<ReconnectOptions> | undefined;
  /** What the peer may cost; see {@link LinkLimits} for the defaults. */
  readonly limits?: Given<LinkLimits> | undefined;
}
