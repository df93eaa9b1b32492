import type { Endpoint, EndpointDefinition, Host, Message, Origin } from '@bus/core';
import { BusError, Verdict } from '@bus/core';
import type { Heartbeat, Peer } from '@bus/wire';

/** An error with a code, as a link makes it of a peer's answer. */
export function coded(code: string, details: object = {}): BusError {
  return new BusError(code, 'as the peer said', details);
}

export function gone(peer: string, topic = 'q'): BusError {
  return new BusError('CORRELATION_PEER_GONE', 'lost', { topic, peer, isLost: true });
}

/** How a link ends a message that was lost with its peer, or that the bus there says was lost beyond. */
export function lost(peer: string): Verdict {
  return new Verdict('rejected', gone(peer));
}

/** A link without a wire: a test says what becomes of the peer. */
export class FakePeer implements Peer {
  readonly id: string;
  readonly transport = 'fake';
  readonly origin: Origin;
  readonly local: boolean;
  readonly ownHeartbeat = false;
  suspect = false;
  heardAt = 0;
  roundTripMs: number | undefined;
  watched: Heartbeat | undefined;
  readonly pings: { resolve(roundTripMs: number): void; reject(error: unknown): void }[] = [];
  readonly #host: Host;
  readonly #endpoints: Endpoint[] = [];
  readonly #inFlight = new Set<(error: unknown) => void>();

  constructor(host: Host, id: string, local = true) {
    this.#host = host;
    this.id = id;
    this.local = local;
    this.origin = { peer: id, principal: undefined };
  }

  watch(heartbeat: Heartbeat): void {
    this.watched = heartbeat;
  }

  ping(): Promise<number> {
    return new Promise((resolve, reject) => this.pings.push({ resolve, reject }));
  }

  /** An endpoint at this peer; what `answer` returns is its reply, or nothing for an event. */
  offer(
    pattern: string,
    answer: (message: Message) => unknown,
    more: Partial<EndpointDefinition> = {},
  ): Endpoint {
    const handler = (message: Message): unknown => {
      const answered = answer(message);
      if (answered === undefined) return undefined;
      return Promise.race([new Promise((_, reject) => this.#inFlight.add(reject)), answered]);
    };
    const endpoint = this.#host.addEndpoint({
      kinds: ['request', 'notification'],
      timeoutMs: Number.POSITIVE_INFINITY,
      pattern,
      handler,
      origin: this.origin,
      ...more,
    });
    this.#endpoints.push(endpoint);
    return endpoint;
  }

  tell(type: 'up' | 'silent' | 'heard' | 'down'): void {
    if (type === 'silent' || type === 'heard') this.suspect = type === 'silent';
    this.#host.tell('peer', { type, peer: this, reason: `told ${type}` });
  }

  /** What a lost link does: its requests fail, its endpoints go, and it is told. */
  lose(): void {
    const error = gone(this.id);
    for (const reject of this.#inFlight) reject(lost(this.id));
    for (const endpoint of this.#endpoints) endpoint.withdraw({ reason: 'peer-gone', error });
    for (const { reject } of this.pings) reject(error);
    this.tell('down');
  }
}
