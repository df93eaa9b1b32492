import type { Origin } from '@bus/core';
import type { Hello } from '../greeting/handshake.ts';
import type { LinkInfo } from '../plugin/options.ts';
import type { Heartbeat, Peer } from './peer.ts';
import type { PeerLife } from './peer-life.ts';

/** The link to a peer. */
export interface LinkOfPeer {
  readonly info: LinkInfo;
  readonly hello: Hello | undefined;
  /** The peer has proved its id. */
  readonly isIdentified: boolean;
  readonly life: PeerLife;
  /** The user of the transport has said how silence is judged. */
  readonly ownHeartbeat: boolean;
  fail(error: unknown): void;
}

/** The bus at the other end of a link, as other plugins get it. */
export class LinkedPeer implements Peer {
  readonly origin: Origin;
  readonly #link: LinkOfPeer;

  constructor(link: LinkOfPeer, origin: Origin) {
    this.#link = link;
    this.origin = origin;
  }

  get id(): string {
    return this.origin.peer;
  }

  get transport(): string {
    return this.#link.info.transport;
  }

  get local(): boolean {
    return this.#link.info.local;
  }

  get ownHeartbeat(): boolean {
    return this.#link.ownHeartbeat;
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

  /** By whichever transport of this bus. */
  get link(): LinkOfPeer {
    return this.#link;
  }
}
