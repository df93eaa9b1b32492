import type { Endpoint, EndpointView, Host, Subscription } from '@bus/core';
import type { HealthReport, HealthState, PeerHealth, SubjectHealth } from './api.ts';
import type { Blame } from './blame.ts';
import type { Guard } from './guard.ts';
import type { Guards } from './guards.ts';
import { stateOf } from './guards.ts';
import type { Peers, WatchedPeer } from './peers.ts';

/** What the report is made of. */
export interface ReportSources {
  readonly host: Host;
  readonly guards: Guards | undefined;
  readonly peers: Peers;
  readonly blame: Blame;
}

/** Says how everything is, when somebody asks. */
export class Report {
  readonly #sources: ReportSources;
  #startedAt = 0;
  #running = false;

  constructor(sources: ReportSources) {
    this.#sources = sources;
  }

  started(): void {
    this.#startedAt = this.#sources.host.env.now();
    this.#running = true;
  }

  stopping(): void {
    this.#running = false;
  }

  check(): HealthReport {
    const { host, peers, blame } = this.#sources;
    const now = host.env.now();
    const unhealthy = this.#unhealthy();
    const seen = peers.all().map((watched) => this.#peer(watched, now));
    const isDegraded = unhealthy.length > 0 || seen.some(({ state }) => state !== 'healthy');
    const isDown = isDegraded && this.#isAnyAlone(unhealthy);
    return {
      status: isDown ? 'down' : isDegraded ? 'degraded' : 'healthy',
      ready: this.#running && !isDown,
      loop: blame.loop.report(),
      peers: seen,
      endpoints: unhealthy.map((endpoint) => this.#endpoint(endpoint, now)),
      slow: blame.slow.report(now),
    };
  }

  of(subject: string | EndpointView | Subscription): SubjectHealth | undefined {
    const { host, peers } = this.#sources;
    const now = host.env.now();
    const id = typeof subject === 'string' ? subject : idOf(subject);
    const endpoint = host.endpoints().find((other) => other.id === id);
    if (endpoint !== undefined) return this.#endpoint(endpoint, now);
    const peer = typeof subject === 'string' ? peers.find(subject) : undefined;
    return peer && subjectOf('peer', peer.peer.id, peer.peer.id, peer, now);
  }

  #peer(watched: WatchedPeer, now: number): PeerHealth {
    const { id, transport, roundTripMs } = watched.peer;
    return { ...subjectOf('peer', id, id, watched, now), transport, roundTripMs };
  }

  #endpoint(endpoint: Endpoint, now: number): SubjectHealth {
    const { guards, peers } = this.#sources;
    const { id, name } = endpoint;
    const peer = peers.of(endpoint);
    const guard = guards?.of(endpoint);
    const of = peer !== undefined && peer.state !== 'healthy' ? peer : this.#guarded(guard);
    return subjectOf('endpoint', id, name, of, now);
  }

  #guarded(guard: Guard | undefined): Omit<WatchedPeer, 'peer'> {
    const since = Math.max(guard?.breaker.since ?? 0, this.#startedAt);
    return { state: stateOf(guard), since, reason: guard?.reason };
  }

  #stateOf(endpoint: Endpoint): HealthState {
    const { guards, peers } = this.#sources;
    const state = peers.of(endpoint)?.state ?? 'healthy';
    return state === 'healthy' ? stateOf(guards?.of(endpoint)) : state;
  }

  #unhealthy(): readonly Endpoint[] {
    const { host, guards, peers } = this.#sources;
    const broken = [...(guards?.unhealthy ?? [])].map(({ endpoint }) => endpoint);
    if (!peers.all().some(({ state }) => state === 'suspect' || state === 'recovering')) {
      return broken;
    }
    const found = new Set(broken);
    for (const endpoint of host.endpoints()) {
      if (this.#stateOf(endpoint) !== 'healthy') found.add(endpoint);
    }
    return [...found];
  }

  /** Whether requests are refused for any, as nobody stands in; other messages come all the same. */
  #isAnyAlone(unhealthy: readonly Endpoint[]): boolean {
    const held = unhealthy.filter((endpoint) => {
      const state = this.#stateOf(endpoint);
      return endpoint.takes('request') && (state === 'suspect' || state === 'down');
    });
    if (held.length === 0) return false;
    const able = this.#sources.host.endpoints().filter((endpoint) => {
      const state = this.#stateOf(endpoint);
      return endpoint.takes('request') && (state === 'healthy' || state === 'recovering');
    });
    const patterns = new Set(able.map(({ pattern }) => String(pattern)));
    const broad = able.filter(({ matcher }) => matcher !== undefined);
    return held.some(
      (endpoint) =>
        !patterns.has(String(endpoint.pattern)) &&
        !broad.some((other) => standsIn(other, endpoint)),
    );
  }
}

function subjectOf(
  kind: 'peer' | 'endpoint',
  id: string,
  name: string | undefined,
  { state, since, reason }: Omit<WatchedPeer, 'peer'>,
  now: number,
): SubjectHealth {
  return { kind, id, name, state, reason, sinceMs: now - since };
}

function idOf(subject: EndpointView | Subscription): string | undefined {
  return 'id' in subject ? subject.id : undefined;
}

/** Whether a handler of many topics handles this one's topic too. */
function standsIn(broad: Endpoint, { matcher, pattern }: Endpoint): boolean {
  if (matcher !== undefined || typeof pattern !== 'string') return false;
  return broad.matcher?.matches(broad, pattern) === true;
}
