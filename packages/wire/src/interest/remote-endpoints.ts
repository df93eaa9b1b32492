import type { BusError, Message, Origin, Pattern } from '@bus/core';
import { BusError as AnyBusError, busError } from '@bus/core';
import { forbidden, peerGone } from '../errors.ts';
import type { LinkContext } from '../link/link-context.ts';
import { Border } from './borders.ts';
import type { Interest } from './interest.ts';
import type { RemoteDefinition } from './reach.ts';
import type { Forwarder } from './remote-endpoint.ts';
import { RemoteEndpoint } from './remote-endpoint.ts';

/** The most messages that wait here for one interest of a peer, whatever it asks for. */
const mostCapacity = 1024;

/** What the peer offers: each of its interests is an endpoint of this bus, as far as `send` goes. */
export class RemoteEndpoints {
  readonly #context: LinkContext;
  readonly #origin: Origin;
  readonly #forwarder: Forwarder;
  /** Those that are not served have their place all the same, until the peer takes them back. */
  readonly #byId = new Map<number, RemoteEndpoint | undefined>();
  /** Those that wait for the peer to have room. */
  readonly #stalled = new Set<RemoteEndpoint>();

  constructor(context: LinkContext, origin: Origin, forwarder: Forwarder) {
    this.#context = context;
    this.#origin = origin;
    this.#forwarder = forwarder;
  }

  get count(): number {
    return this.#byId.size;
  }

  has(id: number): boolean {
    return this.#byId.has(id);
  }

  offered(interest: Interest): void {
    if (this.#byId.has(interest.id)) {
      this.#changed(this.#byId.get(interest.id), interest);
      return;
    }
    this.#byId.set(interest.id, undefined);
    try {
      const remote = this.#remote(interest);
      const refusal = this.#refusal(remote);
      if (refusal !== undefined) throw refusal;
      this.#byId.set(interest.id, remote);
      remote.endpoint = this.#context.host.addEndpoint(remote.definition);
    } catch (error) {
      this.#byId.set(interest.id, undefined);
      if (AnyBusError.is(error)) this.#forwarder.refused(error);
      else throw error;
    }
  }

  #changed(remote: RemoteEndpoint | undefined, interest: Interest): void {
    if (remote === undefined) return;
    const { distance, members = 1, reach = [members] } = interest;
    // A plugin may have made another definition of ours.
    const definition = (remote.endpoint?.extras ?? remote.definition) as RemoteDefinition;
    definition.distance = distance;
    definition.members = members;
    definition.reach = reach;
    remote.endpoint?.changed();
  }

  revoked(id: number): void {
    const remote = this.#byId.get(id);
    this.#byId.delete(id);
    if (remote === undefined) return;
    this.#stalled.delete(remote);
    const { peer } = this.#origin;
    remote.close((topic) => peerGone(topic, peer), 'unsubscribed');
  }

  hold(id: number, on: boolean): void {
    const remote = this.#byId.get(id);
    if (remote === undefined) return;
    remote.held = on;
    if (on) remote.endpoint?.pause();
    else if (!remote.go()) this.#stalled.add(remote);
  }

  /**
   * The peer has room again. Those that wait take turns: who has had one is the last, and who could send
   * nothing keeps its place.
   */
  go(): void {
    for (const remote of [...this.#stalled]) {
      if (!remote.canGo) continue;
      this.#stalled.delete(remote);
      if (!remote.go()) this.#stalled.add(remote);
    }
  }

  /** Takes them out of the routes; resolves when what waits for them has been sent and answered. */
  async drain(): Promise<void> {
    const remotes = [...this.#byId.values()];
    await Promise.all(remotes.map((remote) => remote?.endpoint?.leave('peer-left')));
  }

  /** Takes them all out, and what waits with them. */
  close(cause: unknown, reason: string): void {
    const { peer } = this.#origin;
    const remotes = [...this.#byId.values()];
    this.#byId.clear();
    this.#stalled.clear();
    for (const remote of remotes) remote?.close((topic) => peerGone(topic, peer, cause), reason);
  }

  #remote(interest: Interest): RemoteEndpoint {
    const { group, priority, name, kinds, overflow, capacity, distance } = interest;
    const { within, acknowledges = false, members = 1, reach = [members] } = interest;
    const { pendingRequests, unacknowledged } = this.#context.limits;
    const own = this.#context.sends.scope(patternOf(interest));
    const borders = [within, own === 'all' ? undefined : own]
      .filter((list) => list !== undefined)
      .map((list) => new Border(list));
    const definition = {
      pattern: patternOf(interest),
      kinds,
      name,
      group,
      priority,
      overflow,
      overflowThere: overflow,
      distance,
      members,
      reach,
      capacity: Math.min(capacity, mostCapacity),
      acknowledges,
      concurrency: acknowledges ? Math.max(pendingRequests, unacknowledged) : pendingRequests,
      timeoutMs: Number.POSITIVE_INFINITY,
      origin: this.#origin,
      filter:
        borders.length === 0
          ? undefined
          : ({ topic }: Message) => borders.every((border) => border.allows(topic)),
    };
    return new RemoteEndpoint(interest, definition, this.#forwarder, (remote) =>
      this.#stalled.add(remote),
    );
  }

  #refusal({ definition }: RemoteEndpoint): BusError | undefined {
    const { peer, principal } = this.#origin;
    const { sends } = this.#context;
    const shown = String(definition.pattern);
    const what = `be sent '${shown}'`;
    if (sends.scope(definition.pattern) === undefined) return forbidden(peer, what, 'send');
    const verdict = this.#context.authorize()?.(principal, 'subscribe', shown) ?? true;
    return verdict === true ? undefined : forbidden(peer, what, 'send', verdict);
  }
}

/** @throws BUS_PATTERN_INVALID where it is a RegExp that cannot be read. */
function patternOf({ pattern }: Interest): Pattern {
  if (typeof pattern === 'string') return pattern;
  const { source, flags } = pattern;
  try {
    return new RegExp(source, flags.replace(/[gy]/g, ''));
  } catch (cause) {
    const reason = 'is no RegExp that can be read';
    const text = `pattern /${source}/${flags} of a peer ${reason}`;
    throw busError('BUS_PATTERN_INVALID', text, { pattern: source, reason }, cause);
  }
}
