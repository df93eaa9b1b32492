import type { Origin } from './envelope.ts';

/** How long a peer may be silent, in milliseconds. */
export interface Heartbeat {
  /** After this long a sign of life is asked for. */
  readonly intervalMs: number;
  /** After this long the peer is suspect, which is reversible. */
  readonly suspectMs: number;
  /** After this long the link is closed. */
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
  /** Its program has said itself how silence is to be judged, which goes before {@link watch}. */
  readonly ownHeartbeat: boolean;
  /** Silent for longer than it should be. */
  readonly suspect: boolean;
  /** When something last came from it, on the clock of `Env.now`. */
  readonly heardAt: number;
  /** The last round trip measured, in milliseconds. */
  readonly roundTripMs: number | undefined;
  /** Sets how its silence is judged from here on; of no effect where {@link ownHeartbeat} holds. */
  watch(heartbeat: Heartbeat): void;
  /** Asks for a sign of life. Resolves to the round trip in milliseconds; rejects if the link goes. */
  ping(): Promise<number>;
}

export interface PeerChange {
  /** `silent`: it has become suspect. `heard`: it is not any more. */
  readonly type: 'up' | 'silent' | 'heard' | 'down';
  readonly peer: Peer;
  readonly reason: string;
}
