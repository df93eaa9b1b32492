/** What is used of an HTTP server: those of `node:http` and `node:https` are such. */
export interface HttpServer {
  /** Where it listens, for `transport.address`; null before it does. */
  address(): unknown;
  /** Tells whether anybody else answers what is no path of a bus. */
  listenerCount(event: string): number;
  /** Hears `upgrade`, `close` and `error`, from the start of the bus to its end. */
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  /** Undoes that for the same listener. */
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** Where a bus accepts WebSockets: on a port of its own, or on a server of yours. */
export interface ListenOptions {
  /** Port of a server of its own; 0 takes a free one, which the transport's `address` then names. */
  readonly port?: number | undefined;
  /** Address of that server; default `127.0.0.1`. Peers of another machine must authenticate. */
  readonly host?: string | undefined;
  /** Your HTTP server, or HTTPS for `wss`. It stays yours: its other paths, and closing it. */
  readonly server?: HttpServer | undefined;
  /** Path of the URL, compared exactly; default `/`. */
  readonly path?: string | undefined;
  /**
   * Origins whose pages may connect, such as `https://app.example.com`, compared exactly. Default: the
   * pages of this very host and port, on a loopback name. Programs that are no browser show no origin
   * and are not refused by this.
   */
  readonly origins?: readonly string[] | undefined;
}

/** A bus that accepts links. */
export interface ListenTarget {
  /** Where it does. */
  readonly listen: ListenOptions;
}

/** A bus that asks for a link. */
export interface ConnectTarget {
  /** The listener's URL, `ws:` or `wss:`. Nothing is added to it: tokens travel in the first frame. */
  readonly connect: string;
}
