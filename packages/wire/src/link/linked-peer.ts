import type { Origin } from '@bus/core';
import type { LinkInfo } from '../plugin/options.ts';
import type { Heartbeat, Peer } from './peer.ts';
import type { PeerLife } from './peer-life.ts';

/** The bus at the other end of a link, as other plugins get it. */
export class LinkedPeer implements Peer {
  readonly origin: Origin;
  readonly transport: string;
  readonly local: boolean;
  readonly ownHeartbeat: boolean;
  /** It has proved its id, by `authenticate`. */
  readonly isIdentified: boolean;
  readonly #life: PeerLife;
  readonly #close: (error: unknown) => void;

  /** @param ownHeartbeat - whether the user of the transport has said how silence is judged. */
  constructor(
    origin: Origin,
    { transport, local }: LinkInfo,
    isIdentified: boolean,
    life: PeerLife,
    ownHeartbeat: boolean,
    close: (error: unknown) => void,
  ) {
    this.origin = origin;
    this.transport = transport;
    this.local = local;
    this.isIdentified = isIdentified;
    this.#life = life;
    this.ownHeartbeat = ownHeartbeat;
    this.#close = close;
  }

  /** Closes its link, for one that has the better right to its id. */
  giveWay(error: unknown): void {
    this.#close(error);
  }

  get id(): string {
    return this.origin.peer;
  }

  get suspect(): boolean {
    return this.#life.suspect;
  }

  get heardAt(): number {
    return this.#life.heardAt;
  }

  get roundTripMs(): number | undefined {
    return this.#life.roundTripMs;
  }

  /** @throws BUS_OPTION_INVALID where the three do not rise */
  watch(heartbeat: Heartbeat): void {
    if (!this.ownHeartbeat) this.#life.watch(heartbeat);
  }

  /** @throws CORRELATION_PEER_GONE */
  ping(): Promise<number> {
    return this.#life.roundTrip();
  }
}
