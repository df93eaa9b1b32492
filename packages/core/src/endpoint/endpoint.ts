import type { Pattern } from '../contract.ts';
import type { BusError } from '../errors.ts';
import type { Message, MessageKind, Origin } from '../message/envelope.ts';
import type { Queue } from './queue.ts';

/** Stops a handler or a subscription. */
export interface Subscription extends Disposable, AsyncDisposable {
  /** Whether it still gets messages; a paused one does. */
  readonly active: boolean;
  /** Takes it out at once: what waits is dropped, what runs goes on. */
  stop(): void;
  /** The same as {@link stop}, at the end of a `using` block. */
  [Symbol.dispose](): void;
  /** Takes it out of the routes, handles what already waits, then resolves. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * What happens to a message when a mailbox has no room. The kernel has `block` and `error`; plugins
 * bring the others.
 */
export type Overflow = 'block' | 'drop-oldest' | 'drop-newest' | 'latest' | 'error';

/**
 * Chooses one of several equals, for a request or for a group's message: in turn; the one with the
 * fewest messages waiting and running; the same one for each key; or the one the function returns.
 */
export type Balance =
  | 'round-robin'
  | 'least-pending'
  | 'sticky'
  | ((equals: readonly Endpoint[], message: Message) => Endpoint);

/** How an endpoint receives, with all defaults filled in; equal policies are one object. */
export interface EndpointPolicy {
  /** Shown in errors and reports; default the name of the handler function. */
  readonly name: string | undefined;
  /** The plugin that added the endpoint, such as `@bus/pubsub`. */
  readonly addedBy: string;
  /** Higher is chosen first for requests; default 0. */
  readonly priority: number;
  /** Which kinds of message it takes. */
  readonly kinds: readonly MessageKind[];
  /** How many messages are handled at once, at least 1; default 1. */
  readonly concurrency: number;
  /** How many wait in its mailbox, at least 1; default the bus's `mailbox.capacity`. */
  readonly capacity: number;
  /** What happens to one more message than may wait; default the bus's `mailbox.overflow`. */
  readonly overflow: Overflow;
  /** Which of its equals gets a request, or a message of their group; default `round-robin`. */
  readonly balance: Balance;
  /**
   * Milliseconds one run may take before it ends as `expired`, `Infinity` for no limit; default the
   * bus's `defaultTimeoutMs`.
   */
  readonly timeoutMs: number;
  /** The key by which messages are ordered and superseded; default the message's own. */
  readonly keyOf: ((message: Message) => string | undefined) | undefined;
  /** Makes its queue when a message first has to wait; default first in, first out. */
  readonly queue: ((endpoint: Endpoint) => Queue) | undefined;
}

/** The rarer parts of a definition. */
export interface EndpointExtras {
  /** Endpoints of one group share messages: each goes to one of them. */
  readonly group?: string | undefined;
  /** Asked once per message, before it is offered; a falsy answer leaves it to others. */
  readonly filter?: ((message: Message) => unknown) | undefined;
  /** Makes it the far end of a link: messages it takes count as `forwarded`. */
  readonly origin?: Origin | undefined;
  /** How many endpoints of a peer it stands for, which is the number a sender learns; default 1. */
  readonly members?: number | undefined;
  /**
   * Reports the end of each event to a sender that asks. At the far end of a link, an event with a
   * `completion` stays in flight until the peer has answered.
   */
  readonly acknowledges?: boolean | undefined;
  /**
   * Returns the message to keep where it has to wait, such as one that shares nothing with its sender.
   * What it throws refuses the message, and goes to the sender.
   */
  keep?(message: Message): Message;
  /** Learns that a delivery it has begun is given up, so that the far end can be told. */
  cancelled?(message: Message, reason: BusError): void;
  /** Called once, after it was taken out of the routes. */
  removed?(): void;
}

type Optional<T, Required extends keyof T> = Pick<T, Required> & {
  readonly [K in Exclude<keyof T, Required>]?: T[K] | undefined;
};

/** A request to the kernel for an endpoint. Everything left out has the bus's default. */
export interface EndpointDefinition
  extends EndpointExtras,
    Optional<Omit<EndpointPolicy, 'addedBy'>, 'kinds'> {
  /** The topics it is for: an exact one, or a pattern that an installed router reads. */
  readonly pattern: Pattern;
  /** Returns the reply; a promise keeps its place until it settles. */
  handler(message: Message): unknown;
  /** Aborting it stops the endpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Options as its user gave them: those that neither a plugin nor the verb knows are refused. */
  readonly asked?: Readonly<Record<string, unknown>> | undefined;
  /** The option names of its verb, for the error of one that is misspelled; default those of `handle`. */
  readonly known?: readonly string[] | undefined;
}

/**
 * `active` takes messages; `paused` lets them wait; `draining` takes no more and handles what
 * waits; `stopped` is out of the bus.
 */
export type EndpointState = 'active' | 'paused' | 'draining' | 'stopped';

/** An endpoint as `bus.endpoints()` and system events show it; plain JSON. */
export interface EndpointView {
  /** Unique among all buses: the id of its bus and a number. */
  readonly id: string;
  /** The name it was given, or its handler's; undefined where it has neither. */
  readonly name: string | undefined;
  /** Its pattern as text, a RegExp with its slashes. */
  readonly pattern: string;
  /** `remote`: it stands for endpoints of a peer, at the far end of a link. */
  readonly kind: 'local' | 'remote';
  /** The bus it lives on. */
  readonly bus: string;
  /** Requests go to the highest. */
  readonly priority: number;
  /** Whether it takes messages now. */
  readonly state: EndpointState;
  /** Messages it has accepted that have not ended. */
  readonly pending: number;
}

/** A change that the hook `endpoint` tells its observers. */
export interface EndpointChange {
  /** `changed`: a part of its definition that the kernel does not read, see {@link Endpoint.changed}. */
  readonly type: 'added' | 'removed' | 'changed';
  /** The endpoint as it is after the change. */
  readonly endpoint: Endpoint;
  /** Why it was removed: `unsubscribed`, or a link's word: `peer-gone`, `peer-left`. */
  readonly reason?: string | undefined;
}

/**
 * Finds endpoints for a topic. The kernel keeps the result per topic, so a matcher is asked when a
 * topic is first seen and after patterns came or went, never per message.
 */
export interface Matcher {
  /** The kind of pattern it reads, such as `glob`. */
  readonly name: string;
  /** How many topics the kernel keeps routes for; default, and least, its own 4,096. */
  readonly cache?: number | undefined;
  /** Called after `claim` chose this matcher. */
  add(endpoint: Endpoint): void;
  /** Called when an endpoint it was given goes. */
  remove(endpoint: Endpoint): void;
  /** Pushes every added endpoint that matches, each once, in any order. */
  match(topic: string, found: Endpoint[]): void;
  /** Whether this one endpoint matches; asked by dry runs and by links. */
  matches(endpoint: Endpoint, topic: string): boolean;
  /**
   * Ranks a pattern: of equal priority, the endpoint whose text sorts first is the more specific. The
   * kernel's own, for an exact topic, is a `0` for each segment and a `9`.
   */
  specificity(pattern: Pattern): string;
}

/** Where an endpoint stands among those that match a topic; shared by all of exact topics as long. */
export interface Rank {
  /** The matcher that claimed the pattern; undefined for an exact topic. */
  readonly matcher: Matcher | undefined;
  /** See {@link Matcher.specificity}: of equal priority, the more specific gets a request. */
  readonly specificity: string;
}

/** The ending of messages that wait at an endpoint which goes. */
export interface Ending {
  /** They count as `dropped` for this reason. */
  readonly reason: string;
  /** Goes to senders that asked what became of the message. */
  readonly error: BusError;
}

/** The part of a bus that an endpoint calls when it changes or goes. */
export interface EndpointOwner {
  /** The id of the bus. */
  readonly id: string;
  /** @param error - the ending of what waits, where it is not to be handled. */
  remove(endpoint: Endpoint, drain: boolean, reason: string, error?: BusError): void;
  resume(endpoint: Endpoint): void;
  changed(endpoint: Endpoint): void;
  drained(endpoint: Endpoint): Promise<void>;
}

/** Something that receives: a handler, a subscription, or the far end of a link. */
export class Endpoint implements Subscription {
  // The fields that every delivery touches come first, so that they share a cache line.
  /** Called for each message; its result is the reply of a request. */
  readonly handler: (message: Message) => unknown;
  /** A plain message goes straight to its handler, which returns at once: {@link update} keeps it. */
  isDirect = false;
  /** Whether its handler returns at once, or a promise; an async function is known before its first run. */
  returns: 'at once' | 'a promise' | 'unknown';
  /** Accepted and not ended: waiting, blocked and running. */
  load = 0;
  /** Its handler is on the stack: more messages wait, so that nothing recurses. */
  executing = false;
  /** Whether it takes messages now; see {@link EndpointState}. */
  state: EndpointState = 'active';
  /** Messages that wait; undefined until one first has to. */
  queue: Queue | undefined = undefined;
  /** Handlers that have not settled; one that outlived its outcome still counts. */
  running = 0;
  /** How it receives, with all defaults filled in. */
  readonly policy: EndpointPolicy;
  /** Its definition, where that has rarer parts; else undefined. */
  readonly extras: EndpointExtras | undefined;
  /** The topics it is for. */
  readonly pattern: Pattern;
  readonly #rank: Rank;
  /** Its number on this bus, in the order added; never given twice. */
  readonly sequence: number;
  /** Counts the turns of the equals it is the first of. */
  turn = 0;
  readonly #owner: EndpointOwner;

  constructor(
    owner: EndpointOwner,
    sequence: number,
    definition: EndpointDefinition,
    policy: EndpointPolicy,
    rank: Rank,
  ) {
    const { pattern, handler, group, filter, origin, acknowledges } = definition;
    const { keep, cancelled, removed } = definition;
    this.handler = handler;
    const tag = Object.prototype.toString.call(handler);
    const isAsync = tag === '[object AsyncFunction]' || tag === '[object AsyncGeneratorFunction]';
    this.returns = isAsync ? 'a promise' : 'unknown';
    this.policy = policy;
    const isRare = group || filter || origin || acknowledges || keep || cancelled || removed;
    this.extras = isRare ? definition : undefined;
    this.pattern = pattern;
    this.#rank = rank;
    this.sequence = sequence;
    this.#owner = owner;
  }

  /** It is the far end of a link. */
  get isRemote(): boolean {
    return this.extras !== undefined && this.extras.origin !== undefined;
  }

  /** The matcher that claimed the pattern; undefined for an exact topic. */
  get matcher(): Matcher | undefined {
    return this.#rank.matcher;
  }

  /** See {@link Matcher.specificity}: of equal priority, the more specific gets a request. */
  get specificity(): string {
    return this.#rank.specificity;
  }

  /** {@inheritDoc EndpointExtras.group} */
  get group(): string | undefined {
    return this.extras?.group;
  }

  /** {@inheritDoc EndpointExtras.filter} */
  get filter(): ((message: Message) => unknown) | undefined {
    return this.extras?.filter;
  }

  /** See {@link EndpointExtras.acknowledges}. */
  get acknowledges(): boolean {
    return this.extras?.acknowledges === true;
  }

  /** {@inheritDoc EndpointPolicy.addedBy} */
  get addedBy(): string {
    return this.policy.addedBy;
  }

  /** Messages in its mailbox, and those of senders that wait for room in it. */
  get queued(): number {
    return this.queue?.size ?? 0;
  }

  /** When the oldest waiting message was sent, on the monotonic clock; undefined where none waits. */
  get waitingSince(): number | undefined {
    return this.queue?.oldest();
  }

  /** {@inheritDoc EndpointView.id} */
  get id(): string {
    return `${this.#owner.id}:${this.sequence}`;
  }

  /** {@inheritDoc EndpointView.name} */
  get name(): string | undefined {
    return this.policy.name ?? nameOf(this.handler);
  }

  /** Its name in errors. */
  get label(): string {
    return this.name ?? this.id;
  }

  /** {@inheritDoc EndpointView.kind} */
  get kind(): 'local' | 'remote' {
    return this.isRemote ? 'remote' : 'local';
  }

  /** How many endpoints a message that it accepts has reached. */
  get members(): number {
    return this.isRemote ? (this.extras?.members ?? 1) : 1;
  }

  /** {@inheritDoc EndpointView.bus} */
  get bus(): string {
    return this.extras?.origin?.peer ?? this.#owner.id;
  }

  /** {@inheritDoc Subscription.active} */
  get active(): boolean {
    return this.state === 'active' || this.state === 'paused';
  }

  /** Recomputes {@link isDirect}; to be called when anything it depends on has changed. */
  update(): void {
    this.isDirect =
      this.returns === 'at once' &&
      !this.isRemote &&
      this.load === 0 &&
      this.running === 0 &&
      this.state === 'active' &&
      this.policy.keyOf === undefined &&
      (this.queue === undefined || !this.queue.busy);
  }

  /** Whether messages of a kind are for it. */
  takes(kind: MessageKind): boolean {
    return this.policy.kinds.includes(kind);
  }

  /** Keeps messages waiting until {@link resume}; a link without credit holds its senders back by it. */
  pause(): void {
    if (this.state === 'active') this.state = 'paused';
    this.isDirect = false;
  }

  /** Undoes {@link pause}: messages that wait are handled. */
  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'active';
    this.update();
    this.#owner.resume(this);
  }

  /** Tells observers that a part of its definition has changed which the kernel does not read. */
  changed(): void {
    if (this.active) this.#owner.changed(this);
  }

  /** {@inheritDoc Subscription.stop} */
  stop(): void {
    if (this.state !== 'stopped') this.#owner.remove(this, false, 'unsubscribed');
  }

  /** Stops it, ending what waits in the way given. */
  withdraw(ending: Ending): void {
    if (this.state !== 'stopped') this.#owner.remove(this, false, ending.reason, ending.error);
  }

  /** {@inheritDoc Subscription.stop} */
  [Symbol.dispose](): void {
    this.stop();
  }

  /** The same as {@link leave}, for the reason `unsubscribed`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.leave('unsubscribed');
  }

  /**
   * Takes it out of the routes, handles what already waits, then resolves.
   * @param reason - tells observers why, such as `peer-left`.
   */
  async leave(reason: string): Promise<void> {
    if (this.active) this.#owner.remove(this, true, reason);
    await this.#owner.drained(this);
  }

  /** The endpoint as it may be shown, as it is now. */
  view(): EndpointView {
    const { id, name, pattern, kind, bus, state, load } = this;
    const { priority } = this.policy;
    return { id, name, pattern: String(pattern), kind, bus, priority, state, pending: load };
  }
}

/** The name of a function, which may be a proxy that has an answer to everything. */
function nameOf(handler: { readonly name: unknown }): string | undefined {
  try {
    const { name } = handler;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
