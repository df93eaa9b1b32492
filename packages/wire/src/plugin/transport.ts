import type { Env, Logger } from '@bus/core';

/**
 * What a transport can and cannot do. Users read it, the wire acts on it, and the conformance kit of
 * `@bus/testkit` holds the transport to it: a feature declared and missing is a failure, and so is
 * one that works and is not declared.
 */
export interface TransportFeatures {
  /**
   * `stream`: bytes arrive in order but cut anywhere, as from a socket. `message`: what one `send` was
   * given arrives as one `receive`, as from a WebSocket or a `MessagePort`; a frame that is cut over two
   * of them ends the link.
   */
  readonly framing: 'stream' | 'message';
  /** Bytes arrive in the order sent. `defineTransport` refuses a transport where they do not. */
  readonly ordered: boolean;
  /** `send` returns false once much is waiting to leave, and `writable` follows when it has left. */
  readonly backpressure: boolean;
  /** After its connection was lost, `open` can be called again, and is where it connects. */
  readonly reconnect: boolean;
  /** `closed` is called when the far end has gone, without anything being sent to it. */
  readonly detectsClose: boolean;
  /** Memory given to `send` moves instead of being copied: its sender cannot read it any more. */
  readonly transfers: boolean;
  /** The most bytes one `send` may have, a whole number above 0; undefined where there is no limit. */
  readonly maxSendBytes: number | undefined;
}

/**
 * A way to move bytes, as its author writes it. It knows no message: bytes go in at one end and come
 * out at the other.
 */
export interface Transport<F extends TransportFeatures = TransportFeatures> {
  /** Shown in reports and system events, such as `ipc`; the plugin is called `@bus/transport-` and this. */
  readonly name: string;
  /** Where it listens or connects, for people. */
  readonly address: string;
  /** `listen` may get many connections; `connect` has one, and is opened again when that is lost. */
  readonly role: 'listen' | 'connect';
  /** What it can and cannot do. */
  readonly features: F;
  /**
   * Listens, or connects once. Resolves when that has succeeded: a transport that connects has called
   * `host.connected` by then.
   * @param signal - aborts when the bus stops or gives up starting.
   * @throws what went wrong, or the signal's reason once that aborts; nothing may stay open then.
   */
  open(host: TransportHost, signal: AbortSignal): Promise<void>;
  /**
   * Stops listening and closes what is still open. Idempotent; releases sockets, timers, listeners.
   */
  close(): Promise<void>;
}

/** What a transport gets when it is opened. */
export interface TransportHost {
  /** Time, timers and randomness: a transport that uses no others can be tested under a virtual clock. */
  readonly env: Env;
  /** The logger of the bus. */
  readonly log: Logger;
  /** The bus it is opened for. */
  readonly busId: string;
  /**
   * To be called for every connection, before any of its bytes are read. What it returns is to be told
   * of everything that happens to the connection. Never throws; it may call `send` and `close` at once.
   */
  connected(connection: Connection): ConnectionEvents;
  /** To be called when a listener has ceased to listen by itself; the bus reports it as an error. */
  failed(error: unknown): void;
}

/** One connection, as the transport provides it. */
export interface Connection {
  /**
   * Who is at the other end, for reports and for limits per address. Without port or the like, where
   * one peer could have many.
   */
  readonly remote: string;
  /**
   * Only this machine's user can be at the other end: a socket file of mode 0600, a loopback address,
   * a port of one's own thread. Without authentication a listener accepts no other.
   */
  readonly local: boolean;
  /**
   * Takes bytes to send. Never throws, never blocks, and takes them also when it returns false, which
   * asks for a pause until {@link ConnectionEvents.writable}. The bytes are the transport's from then
   * on: whoever sends them does not change them, nor read them where the transport transfers.
   * @param left - where given, may be called once the bytes have been read for the last time: their
   * memory is used again then. Never to be called where the transport transfers.
   */
  send(bytes: Uint8Array, left?: () => void): boolean;
  /** Resolves when everything taken has left; rejects or resolves soon where the connection is dead. */
  flush(): Promise<void>;
  /** Closes at once. Idempotent; `closed` follows. */
  close(): void;
}

/** What a transport tells of one connection. Safe to call at any time; after `closed` all is ignored. */
export interface ConnectionEvents {
  /** Bytes have come in. They belong to the wire from now on and must not change. */
  receive(bytes: Uint8Array): void;
  /** There is room again, after a `send` that returned false. */
  writable(): void;
  /** The connection is gone, for whatever reason. To be called once. */
  closed(error?: unknown): void;
}
