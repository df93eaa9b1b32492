import type { DecodeLimits, PayloadCodec } from './payload-codec.ts';

/** What one side shows the other to prove who it is; sent in the first frame, never in an address. */
export interface Credentials {
  readonly token?: string | undefined;
  /** They are asked for and shown again before this many milliseconds have passed. */
  readonly expiresInMs?: number | undefined;
  readonly [claim: string]: unknown;
}

/** The first thing a peer says, as `authenticate` gets it. */
export interface PeerHello {
  /** The bus it says it is. */
  readonly busId: string;
  readonly credentials: Credentials;
}

/** Where a hello came in. */
export interface LinkInfo {
  readonly transport: string;
  readonly remote: string;
  /** See `Connection.local`. */
  readonly local: boolean;
}

/**
 * Says who a peer is: anything but an `Error` or undefined is its principal, an `Error` refuses it.
 * May take its time within `limits.helloMs`.
 */
export type Authenticate = (hello: PeerHello, link: LinkInfo) => unknown;

/** What a peer wants to do: be sent messages of a pattern, or send one on a topic. */
export type LinkAction = 'subscribe' | 'send';

/** Whether a principal may; asked once per pattern and per topic of a link, so it must be a rule. */
export type Authorize = (
  principal: unknown,
  action: LinkAction,
  topicOrPattern: string,
) => boolean | Error;

/** Signs of life. A late event loop here extends every deadline by its own lag. */
export interface HeartbeatOptions {
  /** Silence after which a sign of life is asked for; default 1,000 ms. */
  readonly intervalMs: number;
  /** Silence after which the link is suspect, which is reversible; default 2,500 ms. */
  readonly suspectMs: number;
  /** Silence after which the link is closed; default 5,000 ms. */
  readonly downMs: number;
}

/** Exponential backoff with full jitter: attempt n waits up to `baseMs × factor^n`, at most `maxMs`. */
export interface ReconnectOptions {
  /** Default 50. */
  readonly baseMs: number;
  /** Default 2. */
  readonly factor: number;
  /**
   * Default 750, so that a peer that is back is linked again within a second. Raise it where
   * thousands connect to one peer far away.
   */
  readonly maxMs: number;
}

/** When messages leave that nobody waits for: latency against work per message. */
export interface BatchingOptions {
  /** What has gathered leaves at once when it has this many bytes; default 65,536, which is the most. */
  readonly bytes: number;
  /**
   * How long messages may gather, in milliseconds; default 0, until the end of a turn of the event
   * loop. Requests, replies, and events that are to be acknowledged do not wait, and what has gathered
   * before them leaves with them.
   */
  readonly waitMs: number;
}

/** What a peer may cost. */
export interface LinkLimits extends DecodeLimits {
  /** Bytes of one frame, which bounds one payload; default 1 MiB and room for its header. */
  readonly frameBytes: number;
  /** Unanswered messages and bytes under way to this bus: its side of the credit; default 16,384. */
  readonly windowMessages: number;
  /** Default 4 MiB. */
  readonly windowBytes: number;
  /** Patterns a peer may ask for; default 1,000. */
  readonly interests: number;
  /** Requests of a peer that wait for their reply; default 1,024. */
  readonly pendingRequests: number;
  /** Events of a peer that it waits to be acknowledged; default 4,096, at most 32,768 are used. */
  readonly unacknowledged: number;
  /** Bytes given to a transport that has asked for a pause, above which the link is closed; default 16 MiB. */
  readonly outboxBytes: number;
  /** Within which a connection must have said hello and been accepted; default 5,000 ms. */
  readonly helloMs: number;
  /** Connections of one listener; default 1,024. */
  readonly connections: number;
  /** Connections of one listener that have not been accepted yet; default 100. */
  readonly pendingConnections: number;
  /** Refused credentials per address and second, above which all are refused; default 20. */
  readonly attemptsPerSecond: number;
}

/** What every transport takes beside its own options. */
export interface LinkOptions {
  /** Patterns of topics whose endpoints here are offered to the peer. */
  readonly export?: readonly string[] | undefined;
  /** Patterns of topics that may be sent to the peer's endpoints. */
  readonly import?: readonly string[] | undefined;
  /** Offers the peer what other links of this bus export to it; default true. False makes it a leaf. */
  readonly relay?: boolean | undefined;
  /** What this side shows; a function is asked at every connection. */
  readonly credentials?: Credentials | (() => Credentials | Promise<Credentials>) | undefined;
  /** Who the peer is; without it, whoever the transport's own border lets in. */
  readonly authenticate?: Authenticate | undefined;
  /** What the peer may do, beyond `export` and `import`. */
  readonly authorize?: Authorize | undefined;
  /** Shared secret: shown to the peer, and asked of it. Compared in constant time. */
  readonly token?: string | undefined;
  /** Believes what the peer says of others: the source and the `bus-*` headers of what it relays. */
  readonly trusted?: boolean | undefined;
  /** Payload codecs, the preferred one first; default msgpack, then JSON. */
  readonly codec?: PayloadCodec | readonly PayloadCodec[] | undefined;
  readonly batching?: Partial<BatchingOptions> | undefined;
  readonly heartbeat?: Partial<HeartbeatOptions> | undefined;
  readonly reconnect?: Partial<ReconnectOptions> | undefined;
  readonly limits?: Partial<LinkLimits> | undefined;
}
