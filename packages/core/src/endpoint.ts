import type { Audience } from './audience.ts';
import type { Message, MessageKind, Origin } from './envelope.ts';
import type { BusError } from './errors.ts';
import type { Mailbox, Overflow } from './mailbox.ts';
import type { Pattern } from './syntax.ts';

/**
 * Who gets a request, or a group's message, among equals: in turn; the one with the fewest waiting
 * and running; always the same one for a key; or the one the function returns.
 */
export type Balance =
  | 'round-robin'
  | 'least-pending'
  | 'sticky'
  | ((equals: readonly Endpoint[], message: Message) => Endpoint);

/** How an endpoint receives; equal ones share one object. */
export interface EndpointPolicy {
  readonly name: string | undefined;
  /** Higher is chosen first for requests; default 0. */
  readonly priority: number;
  /** Which kinds of message it takes. */
  readonly kinds: readonly MessageKind[];
  /** How many messages are handled at once. */
  readonly concurrency: number;
  /** How many wait in its mailbox. */
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly balance: Balance;
  /** Milliseconds one run may take before it counts as `expired`; Infinity for no limit. */
  readonly timeoutMs: number;
  /** The key by which messages are ordered and superseded; default the message's own. */
  readonly keyOf: ((message: Message) => string | undefined) | undefined;
}

/** What few endpoints have. */
export interface EndpointExtras {
  /** Endpoints of one group share messages: each goes to one of them. */
  readonly group?: string | undefined;
  /** Asked before the mailbox is; false leaves the message to others. */
  readonly filter?: ((message: Message) => boolean) | undefined;
  /** Makes it the far end of a link: what it takes counts as `forwarded`. */
  readonly origin?: Origin | undefined;
  /** How many endpoints of a peer it stands for, which is what a sender is told; default 1. */
  readonly members?: number | undefined;
  /**
   * It says of each event what became of it at its handler, so that a sender who asks learns it;
   * of one beyond a link, an event that has a `completion` has not ended before the peer has said so.
   */
  readonly acknowledges?: boolean | undefined;
  /** Told when a delivery it has begun is given up, so that the far end can be told. */
  cancelled?(message: Message, reason: BusError): void;
  /** Called once, after it has been taken out of the routes. */
  removed?(): void;
}

type Optional<T, Required extends keyof T> = Pick<T, Required> & {
  readonly [K in Exclude<keyof T, Required>]?: T[K] | undefined;
};

/** What a plugin, or `bus.handle`, asks of the kernel. Whatever is left out has the bus's default. */
export interface EndpointDefinition extends EndpointExtras, Optional<EndpointPolicy, 'kinds'> {
  readonly pattern: Pattern;
  /** Returns the reply; a promise keeps its slot until it settles. */
  handler(message: Message): unknown;
  /** Aborting it stops the endpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Options that its user gave and the kernel does not know: see the hook `define`. */
  readonly asked?: Readonly<Record<string, unknown>> | undefined;
}

export type EndpointState = 'active' | 'paused' | 'draining' | 'stopped';

/** What `bus.endpoints()` and system events say of an endpoint; plain JSON. */
export interface EndpointView {
  readonly id: string;
  readonly name: string | undefined;
  readonly pattern: string;
  readonly kind: 'local' | 'remote';
  /** The bus it lives on. */
  readonly bus: string;
  readonly priority: number;
  readonly state: EndpointState;
  /** Messages it has accepted and not yet ended. */
  readonly pending: number;
}

export interface EndpointChange {
  /** `changed`: what its definition says beyond the kernel's knowledge, see {@link Endpoint.changed}. */
  readonly type: 'added' | 'removed' | 'changed';
  readonly endpoint: Endpoint;
  /** Why it was removed: `unsubscribed`, or what a link says: `peer-gone`, `peer-left`. */
  readonly reason?: string | undefined;
}

/** What stops a handler or a subscription. */
export interface Subscription extends Disposable, AsyncDisposable {
  readonly active: boolean;
  /** Takes it out at once: what waits is dropped, what runs goes on. */
  stop(): void;
  [Symbol.dispose](): void;
  /** Takes it out of the routes, handles what already waits, then resolves. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Finds endpoints for a topic. The kernel keeps what it finds per topic, so a matcher is asked when
 * a topic is first seen and when an endpoint came or went, never per message.
 */
export interface Matcher {
  readonly name: string;
  /** How many topics the kernel keeps routes for, if more than its own 4096. */
  readonly cache?: number | undefined;
  /** Called after `claim` chose this matcher. */
  add(endpoint: Endpoint): void;
  remove(endpoint: Endpoint): void;
  /** Pushes every added endpoint that matches, each once, in any order. */
  match(topic: string, found: Endpoint[]): void;
  /**
   * Whether this one endpoint matches: decides which cached topics its coming and going touches, so
   * it is asked of removed ones too.
   */
  matches(endpoint: Endpoint, topic: string): boolean;
  /**
   * Orders patterns among equals: the smaller string is the more specific. Character by segment: `0`
   * literal, `1` complex, `2` one wildcard, `3` many, then `9`; `:` sorts after all of them.
   */
  specificity(pattern: Pattern): string;
}

/** How busy the endpoints of a bus are together: where none is, none has to be looked at. */
export interface Traffic {
  /** Endpoints that are not free to take a message at once. */
  busy: number;
  /** Rises whenever one stops being free. */
  changes: number;
}

/** How messages end that wait at an endpoint which goes. */
export interface Ending {
  /** Counted as `dropped` for this reason. */
  readonly reason: string;
  readonly error: BusError;
}

/** What removing an endpoint needs; the kernel's side of it. */
export interface EndpointOwner {
  readonly id: string;
  readonly traffic: Traffic;
  /** @param error - how what waits ends, where it is not to be handled. */
  remove(endpoint: Endpoint, drain: boolean, reason: string, error?: BusError): void;
  resume(endpoint: Endpoint): void;
  changed(endpoint: Endpoint): void;
  drained(endpoint: Endpoint): Promise<void>;
}

/** Something that receives: a handler, a subscription, or the far end of a link. */
export class Endpoint implements Subscription {
  // What a delivery touches comes first, to lie in one cache line.
  /** One flag for the hot path: nothing stands between a message and the handler. */
  idle = false;
  /** It is the far end of a link. */
  readonly isRemote: boolean;
  /** Accepted and not ended: waiting, blocked and running. */
  load = 0;
  /** Its handler is on the stack: more has to wait, so that nothing recurses. */
  executing = false;
  readonly handler: (message: Message) => unknown;
  /** Slots taken; one that outlived its outcome still takes its slot. */
  running = 0;
  state: EndpointState = 'active';
  readonly extras: EndpointExtras | undefined;
  readonly policy: EndpointPolicy;
  mailbox: Mailbox | undefined;
  readonly pattern: Pattern;
  readonly matcher: Matcher | undefined;
  readonly specificity: string;
  readonly sequence: number;
  /**
   * A small number that no other endpoint present has, for plugins that keep something of each in an
   * array. It is given to another once this one has been removed and nothing of it is in flight.
   */
  readonly slot: number;
  /** The plugin that added it, such as `@bus/pubsub`. */
  readonly addedBy: string;
  /** Counts turns when it heads a group of equals. */
  turn = 0;
  /** The audience of topics that no other endpoint matches. */
  alone: Audience | undefined;
  readonly #owner: EndpointOwner;
  #busy = false;

  constructor(
    owner: EndpointOwner,
    sequence: number,
    slot: number,
    definition: EndpointDefinition,
    addedBy: string,
    policy: EndpointPolicy,
    matcher: Matcher | undefined,
    specificity: string,
  ) {
    this.#owner = owner;
    this.sequence = sequence;
    this.slot = slot;
    this.addedBy = addedBy;
    const { pattern, group, filter, origin, acknowledges, cancelled, removed } = definition;
    this.pattern = pattern;
    this.isRemote = origin !== undefined;
    const special = group || filter || origin || acknowledges || cancelled || removed;
    this.extras = special ? definition : undefined;
    this.policy = policy;
    this.handler = definition.handler;
    this.matcher = matcher;
    this.specificity = specificity;
  }

  get group(): string | undefined {
    return this.extras?.group;
  }

  get filter(): ((message: Message) => boolean) | undefined {
    return this.extras?.filter;
  }

  /** See {@link EndpointExtras.acknowledges}. */
  get acknowledges(): boolean {
    return this.extras?.acknowledges === true;
  }

  /** Messages in its mailbox, and those of publishers that wait for room in it. */
  get queued(): number {
    return this.mailbox === undefined ? 0 : this.mailbox.size + this.mailbox.blocked.size;
  }

  /** When the message was sent that waits longest, on the monotonic clock; undefined if none does. */
  get waitingSince(): number | undefined {
    return this.mailbox?.oldest();
  }

  get id(): string {
    return `${this.#owner.id}:${this.sequence}`;
  }

  get name(): string | undefined {
    return this.policy.name ?? (this.handler.name || undefined);
  }

  /** What errors call it. */
  get label(): string {
    return this.name ?? this.id;
  }

  get kind(): 'local' | 'remote' {
    return this.isRemote ? 'remote' : 'local';
  }

  /** How many endpoints a message that it accepts has reached. */
  get members(): number {
    return this.isRemote ? (this.extras?.members ?? 1) : 1;
  }

  get bus(): string {
    return this.extras?.origin?.peer ?? this.#owner.id;
  }

  /** Every message is for it, and what it does not refuse it handles. */
  get isPlain(): boolean {
    return this.filter === undefined;
  }

  /** To be called when anything has changed that {@link idle} sums up. */
  update(): void {
    const free =
      this.load === 0 &&
      this.running === 0 &&
      this.state === 'active' &&
      (this.mailbox === undefined || this.mailbox.missed === 0);
    this.idle = free && this.isPlain;
    const busy = !free && this.active;
    const { traffic } = this.#owner;
    if (!free) traffic.changes++;
    if (busy === this.#busy) return;
    this.#busy = busy;
    traffic.busy += busy ? 1 : -1;
  }

  get active(): boolean {
    return this.state === 'active' || this.state === 'paused';
  }

  takes(kind: MessageKind): boolean {
    return this.policy.kinds.includes(kind);
  }

  keyOf(message: Message): string | undefined {
    return this.policy.keyOf === undefined ? message.key : this.policy.keyOf(message);
  }

  /** Keeps messages waiting until {@link resume}; how a link without credit holds its senders back. */
  pause(): void {
    if (this.state === 'active') this.state = 'paused';
    this.update();
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'active';
    this.update();
    this.#owner.resume(this);
  }

  /** Tells the observers that something a plugin says of it, in its definition, has changed. */
  changed(): void {
    if (this.active) this.#owner.changed(this);
  }

  stop(): void {
    if (this.active) this.#owner.remove(this, false, 'unsubscribed');
  }

  /** Stops it, ending what waits in the way given. */
  withdraw(ending: Ending): void {
    if (this.active) this.#owner.remove(this, false, ending.reason, ending.error);
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave('unsubscribed');
  }

  /** Takes it out of the routes, handles what already waits, then resolves. */
  async leave(reason: string): Promise<void> {
    if (this.active) this.#owner.remove(this, true, reason);
    await this.#owner.drained(this);
  }

  view(): EndpointView {
    return {
      id: this.id,
      name: this.name,
      pattern: String(this.pattern),
      kind: this.kind,
      bus: this.bus,
      priority: this.policy.priority,
      state: this.state,
      pending: this.load,
    };
  }
}
