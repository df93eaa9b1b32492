import type { Endpoint, Host, Origin } from '@bus/core';
import type { Heartbeat, Peer, PeerChange } from '@bus/wire';
import type { HealthState } from './api.ts';
import { announce } from './changes.ts';
import type { Trouble } from './trouble.ts';

/** How long, and how many, peers that were lost are remembered. */
const rememberedMs = 60_000;
const mostRemembered = 100;

/** One peer, and how it is. */
export interface WatchedPeer {
  readonly peer: Peer;
  state: HealthState;
  /** When it came into this state, in milliseconds of `Env.now`. */
  since: number;
  /** Undefined where it has never been in another state. */
  reason: string | undefined;
}

/** The peers at the other ends of links. */
export class Peers {
  readonly #host: Host;
  readonly #heartbeat: Heartbeat;
  readonly #trouble: Trouble;
  readonly #linked = new Map<Origin, WatchedPeer>();
  /** Oldest first. */
  readonly #lost = new Set<WatchedPeer>();

  constructor(host: Host, heartbeat: Heartbeat, trouble: Trouble) {
    this.#host = host;
    this.#heartbeat = heartbeat;
    this.#trouble = trouble;
  }

  /** How many there are links with. */
  get linked(): number {
    return this.#linked.size;
  }

  /** Those linked, and those lost of late. */
  all(): readonly WatchedPeer[] {
    this.#forget();
    return [...this.#linked.values(), ...this.#lost];
  }

  /** The peer of this bus id; where there are several links with it, the one that is best off. */
  find(id: string): WatchedPeer | undefined {
    const found = this.all().filter(({ peer }) => peer.id === id);
    return found.find(({ state }) => state === 'healthy') ?? found[0];
  }

  /** The peer that an endpoint is at. */
  of(endpoint: Endpoint): WatchedPeer | undefined {
    const origin = endpoint.extras?.origin;
    return origin === undefined ? undefined : this.#linked.get(origin);
  }

  /** Whether an endpoint gets nothing because its peer is silent. */
  isSilent(endpoint: Endpoint): boolean {
    return this.of(endpoint)?.state === 'suspect';
  }

  /** What keeps the links has told of a peer. */
  changed({ type, peer, reason }: PeerChange): void {
    const watched = this.#linked.get(peer.origin);
    if (type === 'up') this.#up(peer, reason);
    else if (watched === undefined) return;
    else if (type === 'down') this.#down(watched, reason);
    else if (type === 'silent') this.#become(watched, 'suspect', reason);
    else if (watched.state === 'suspect') this.#heard(watched, reason);
  }

  #up(peer: Peer, reason: string): void {
    if (peer.local) peer.watch(this.#heartbeat);
    const now = this.#host.env.now();
    const watched: WatchedPeer = { peer, state: 'healthy', since: now, reason: undefined };
    this.#linked.set(peer.origin, watched);
    for (const lost of this.#lost) {
      if (lost.peer.id !== peer.id) continue;
      this.#lost.delete(lost);
      watched.reason = reason;
      announce(this.#host, { kind: 'peer', id: peer.id }, lost.state, 'healthy', reason);
      return;
    }
  }

  #down(watched: WatchedPeer, reason: string): void {
    this.#linked.delete(watched.peer.origin);
    this.#lost.add(watched);
    this.#become(watched, 'down', reason);
    this.#forget();
  }

  /** What it has sent may have waited long: it is healthy when it answers what is asked now. */
  #heard(watched: WatchedPeer, reason: string): void {
    this.#become(watched, 'recovering', reason);
    const answered = (): void => {
      if (watched.state === 'recovering') this.#become(watched, 'healthy', 'it answers');
    };
    // If the link goes, that is told too.
    watched.peer.ping().then(answered, () => undefined);
  }

  #become(watched: WatchedPeer, state: HealthState, reason: string): void {
    const before = watched.state;
    if (before === state) return;
    if (before === 'suspect') this.#trouble.count--;
    if (state === 'suspect') this.#trouble.count++;
    watched.state = state;
    watched.since = this.#host.env.now();
    watched.reason = reason;
    announce(this.#host, { kind: 'peer', id: watched.peer.id }, before, state, reason);
  }

  #forget(): void {
    const now = this.#host.env.now();
    for (const lost of this.#lost) {
      if (now - lost.since < rememberedMs && this.#lost.size <= mostRemembered) return;
      this.#lost.delete(lost);
    }
  }
}
