import type { Heartbeat, Origin, Peer } from '@bus/core';
import type { Link } from './link.ts';

/** The bus at the other end of a link, as other plugins get it. */
export class LinkedPeer implements Peer {
  readonly origin: Origin;
  readonly transport: string;
  readonly local: boolean;
  readonly ownHeartbeat: boolean;
  readonly #link: Link;

  constructor(link: Link, origin: Origin) {
    const { context, info } = link;
    this.#link = link;
    this.origin = origin;
    this.transport = info.transport;
    this.local = info.local;
    this.ownHeartbeat = context.options.heartbeat !== undefined;
  }

  get id(): string {
    return this.origin.peer;
  }

  get suspect(): boolean {
    return this.#link.life.suspect;
  }

  get heardAt(): number {
    return this.#link.life.heardAt;
  }

  get roundTripMs(): number | undefined {
    return this.#link.life.roundTripMs;
  }

  /** @throws BUS_OPTION_INVALID where the three do not rise */
  watch(heartbeat: Heartbeat): void {
    if (!this.ownHeartbeat) this.#link.life.watch(heartbeat);
  }

  /** @throws CORRELATION_PEER_GONE */
  ping(): Promise<number> {
    return this.#link.life.roundTrip();
  }
}
