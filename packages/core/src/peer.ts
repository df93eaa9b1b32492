import type { Origin } from './envelope.ts';

/**
 * How a peer's silence is judged. Whatever comes from a peer is a sign of life, so one that is busy is
 * never asked for any; nobody is suspected or given up who has not been asked and had an
 * {@link Heartbeat.intervalMs} to answer. Milliseconds since something last came; they rise in this order.
 */
export interface Heartbeat {
  /** Silent for this long, it is asked for a sign of life, and again each time this long has passed. */
  readonly intervalMs: number;
  /**
   * Silent for this long, it is suspect: observers of the hook `peer` are told, and told again when it
   * is heard.
   */
  readonly suspectMs: number;
  /** Silent for this long, it counts as lost: its link is closed. */
  readonly downMs: number;
}

/** The bus at the other end of a link, as long as the link is up. */
export interface Peer {
  /** The id of its bus. */
  readonly id: string;
  /** Such as `ipc`. */
  readonly transport: string;
  /** What messages that come from it, and endpoints that stand for its, have as their origin. */
  readonly origin: Origin;
  /** Both ends are on one machine. */
  readonly local: boolean;
  /** Its program has said itself how silence is to be judged, which goes before {@link Peer.watch}. */
  readonly ownHeartbeat: boolean;
  /** Silent for longer than it should be. */
  readonly suspect: boolean;
  /** When something last came from it, on the clock of `Env.now`. */
  readonly heardAt: number;
  /** The last round trip measured, in milliseconds. */
  readonly roundTripMs: number | undefined;
  /**
   * Sets how its silence is judged from here on; of no effect where {@link Peer.ownHeartbeat} holds.
   * @throws BUS_OPTION_INVALID where the times do not rise
   */
  watch(heartbeat: Heartbeat): void;
  /**
   * Asks for a sign of life; resolves to the round trip in milliseconds.
   * @throws CORRELATION_PEER_GONE, by its promise, where the link goes first
   */
  ping(): Promise<number>;
}

/** What the hook `peer` tells its observers. */
export interface PeerChange {
  /** `silent`: it has become suspect. `heard`: it is not any more. */
  readonly type: 'up' | 'silent' | 'heard' | 'down';
  /** The peer as it is after the change. */
  readonly peer: Peer;
  /** In words, for logs and for people. */
  readonly reason: string;
}
