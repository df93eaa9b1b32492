import type { BusError, BusMessage, Endpoint, Message, Origin, Pattern } from '@bus/core';
import { BusError as AnyBusError, busError, Verdict } from '@bus/core';
import { Border } from './borders.ts';
import { forbidden, limitExceeded, peerGone } from './errors.ts';
import type { Interest } from './interest.ts';
import type { LinkContext, RemoteDefinition } from './link-context.ts';

/** An interest of the peer, and what it is here. */
export interface Served {
  readonly interest: Interest;
  /** Undefined while it is being added, when observers of that may send to it already. */
  readonly endpoint: Endpoint | undefined;
}

/** What a link does with the messages for its peer. */
export interface Forwarder {
  /** Whether the peer has room for another message, and for another that is to be answered. */
  canSend(served: Served, message: BusMessage): boolean;
  /** Sends it; returns a promise of what the peer says of it, where it is to be answered. */
  forward(served: Served, message: BusMessage): unknown;
  /** A message that was sent is given up. */
  giveUp(served: Served, message: Message): void;
  /** An interest of the peer that this bus does not serve. */
  refused(error: BusError): void;
}

/** The most messages that wait here for one interest of a peer, whatever it asks for. */
const mostCapacity = 1024;

/** A message that was given to an endpoint when its peer had no more room. */
interface Parked {
  readonly message: BusMessage;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One interest of the peer, as an endpoint of this bus. */
class RemoteEndpoint implements Served {
  readonly interest: Interest;
  readonly definition: RemoteDefinition;
  readonly #forwarder: Forwarder;
  readonly #stalled: (remote: RemoteEndpoint) => void;
  endpoint: Endpoint | undefined;
  /** The peer wants no more for now. */
  held = false;
  #parked: Parked[] = [];
  /** What becomes of messages once the link is gone. */
  #gone: ((topic: string) => BusError) | undefined;

  constructor(
    interest: Interest,
    definition: Omit<RemoteDefinition, 'handler' | 'cancelled'>,
    forwarder: Forwarder,
    stalled: (remote: RemoteEndpoint) => void,
  ) {
    this.interest = interest;
    this.#forwarder = forwarder;
    this.#stalled = stalled;
    this.definition = {
      ...definition,
      handler: (message) => this.#handle(message as BusMessage),
      cancelled: (message, reason) => this.#cancelled(message, reason),
    };
  }

  /** Sends what was parked, and takes more; false where the room is spent again. */
  go(): boolean {
    if (this.held) return true;
    for (let next = this.#parked[0]; next !== undefined; next = this.#parked[0]) {
      if (!this.#forwarder.canSend(this, next.message)) return false;
      this.#parked.shift();
      try {
        next.resolve(this.#forwarder.forward(this, next.message));
      } catch (error) {
        next.reject(error);
      }
    }
    this.endpoint?.resume();
    return this.endpoint?.state !== 'paused';
  }

  close(error: (topic: string) => BusError, reason: string): void {
    this.#gone = error;
    for (const { message, reject } of this.#parked.splice(0)) {
      const gone = error(message.topic);
      reject(message.kind === 'request' ? gone : new Verdict('rejected', gone));
    }
    const pattern = String(this.definition.pattern);
    this.endpoint?.withdraw({ reason, error: error(pattern) });
  }

  #handle(message: BusMessage): unknown {
    if (this.#gone !== undefined) throw this.#gone(message.topic);
    if (!this.held && this.#forwarder.canSend(this, message)) {
      return this.#forwarder.forward(this, message);
    }
    this.endpoint?.pause();
    this.#stalled(this);
    return new Promise((resolve, reject) => this.#parked.push({ message, resolve, reject }));
  }

  #cancelled(message: Message, reason: BusError): void {
    const at = this.#parked.findIndex((parked) => parked.message === message);
    if (at < 0) this.#forwarder.giveUp(this, message);
    else this.#parked.splice(at, 1)[0]?.reject(reason);
  }
}

/** What the peer offers: each of its interests is an endpoint of this bus, as far as `import` goes. */
export class RemoteEndpoints {
  readonly #context: LinkContext;
  readonly #origin: Origin;
  readonly #forwarder: Forwarder;
  /** Those that are not served have their place all the same, until the peer takes them back. */
  readonly #byId = new Map<number, RemoteEndpoint | undefined>();
  /** Those that wait for the peer to have room. */
  #stalled = new Set<RemoteEndpoint>();

  constructor(context: LinkContext, origin: Origin, forwarder: Forwarder) {
    this.#context = context;
    this.#origin = origin;
    this.#forwarder = forwarder;
  }

  get count(): number {
    return this.#byId.size;
  }

  /** @throws WIRE_LIMIT_EXCEEDED where the peer offers too much. */
  offered(interest: Interest): void {
    if (this.#byId.has(interest.id)) {
      this.#changed(this.#byId.get(interest.id), interest);
      return;
    }
    const { limits } = this.#context;
    if (this.#byId.size >= limits.interests) throw limitExceeded('interests', limits.interests);
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
    remote.definition.distance = distance;
    remote.definition.members = members;
    remote.definition.reach = reach;
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

  /** The peer has room again: those that waited longest go first. */
  go(): void {
    if (this.#stalled.size === 0) return;
    const waiting = this.#stalled;
    this.#stalled = new Set();
    let open = true;
    for (const remote of waiting) {
      // What is held goes on when the peer says so.
      if (open) open = remote.go();
      if (!open) this.#stalled.add(remote);
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
    const own = this.#context.imports.scope(patternOf(interest));
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
    const { imports } = this.#context;
    const shown = String(definition.pattern);
    const what = `be sent '${shown}'`;
    if (imports.scope(definition.pattern) === undefined) return forbidden(peer, what);
    const verdict = this.#context.authorize()?.(principal, 'subscribe', shown) ?? true;
    return verdict === true ? undefined : forbidden(peer, what, verdict);
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
