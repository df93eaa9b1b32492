import type { Origin } from '@bus/core';

/**
 * How long a peer may be silent, in milliseconds. Everything that comes from a peer is a sign of life, so
 * a busy one is never asked for any. `intervalMs`, `suspectMs` and `downMs` rise in this order.
 */
export interface Heartbeat {
  /**
   * While something is under way to the peer that it has to answer, it is asked for a sign of life after
   * this much silence; and one that was asked is asked again after each such interval.
   */
  readonly intervalMs: number;
  /** The same while nothing is under way; at least `intervalMs`. */
  readonly idleMs: number;
  /** Silent for this long, it is suspect: observers are told. Counts from `intervalMs` before it was asked. */
  readonly suspectMs: number;
  /** Silent for this long, counted in the same way, it is lost: its link is closed. */
  readonly downMs: number;
}

/** The bus at the other end of a link, as long as the link is up. */
export interface Peer {
  /** The id of its bus. */
  readonly id: string;
  /** Such as `ipc`. */
  readonly transport: string;
  /** The origin of messages that come from it, and of endpoints that stand for its own. */
  readonly origin: Origin;
  /** Both ends are on one machine. */
  readonly local: boolean;
  /** Its program has set how silence is judged, which overrides {@link Peer.watch}. */
  readonly ownHeartbeat: boolean;
  /** Silent for longer than it should be. */
  readonly suspect: boolean;
  /** When something last came from it, on the clock of `Env.now`. */
  readonly heardAt: number;
  /** The last round trip measured, in milliseconds. */
  readonly roundTripMs: number | undefined;
  /**
   * Sets how its silence is judged from here on; has no effect where {@link Peer.ownHeartbeat} holds.
   * @throws BUS_OPTION_INVALID where the times do not rise
   */
  watch(heartbeat: Heartbeat): void;
  /** Asks for a sign of life; resolves to the round trip in milliseconds, rejects if the link goes. */
  ping(): Promise<number>;
}

/** A change of a peer, which transports tell by the hook `fact`. */
export interface PeerChange {
  /** `silent`: it has become suspect. `heard`: it no longer is. */
  readonly type: 'up' | 'silent' | 'heard' | 'down';
  /** The peer as it is after the change. */
  readonly peer: Peer;
  /** In words, for logs and for people. */
  readonly reason: string;
}

/** What transports tell other plugins. */
export interface WireFacts {
  /** Links came up, fell silent, were heard again, and went. */
  readonly peer: PeerChange;
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface Facts extends WireFacts {}
}
