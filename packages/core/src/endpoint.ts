import type { Audience } from './audience.ts';
import type { EndpointDefinition, EndpointExtras, EndpointPolicy } from './endpoint-definition.ts';
import type { EndpointOwner } from './endpoint-owner.ts';
import type { EndpointState, EndpointView } from './endpoint-view.ts';
import type { Message, MessageKind } from './envelope.ts';
import type { BusError } from './errors.ts';
import type { Mailbox } from './mailbox.ts';
import type { Matcher } from './matcher.ts';
import type { Subscription } from './subscription.ts';
import type { Pattern } from './syntax.ts';

/** How messages end that wait at an endpoint which goes. */
export interface Ending {
  /** Counted as `dropped` for this reason. */
  readonly reason: string;
  /** What those get who asked to be told what became of the message. */
  readonly error: BusError;
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
  /** What it calls for each message; what it returns is the reply of a request. */
  readonly handler: (message: Message) => unknown;
  /** Slots taken; one that outlived its outcome still takes its slot. */
  running = 0;
  /** Whether it takes messages now; see {@link EndpointState}. */
  state: EndpointState = 'active';
  /** Its definition, where that asks for what few endpoints have; else undefined. */
  readonly extras: EndpointExtras | undefined;
  /** How it receives, with all defaults filled in. */
  readonly policy: EndpointPolicy;
  /** What waits; undefined until a message first has to. */
  mailbox: Mailbox | undefined;
  /** Which topics it is for. */
  readonly pattern: Pattern;
  /** The matcher that claimed the pattern; undefined for an exact topic. */
  readonly matcher: Matcher | undefined;
  /** See {@link Matcher.specificity}: of equal priority, the more specific gets a request. */
  readonly specificity: string;
  /** Its number on this bus, in the order added; never given twice. */
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

  /** {@inheritDoc EndpointExtras.group} */
  get group(): string | undefined {
    return this.extras?.group;
  }

  /** {@inheritDoc EndpointExtras.filter} */
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

  /** {@inheritDoc EndpointView.id} */
  get id(): string {
    return `${this.#owner.id}:${this.sequence}`;
  }

  /** {@inheritDoc EndpointView.name} */
  get name(): string | undefined {
    return this.policy.name ?? (this.handler.name || undefined);
  }

  /** What errors call it. */
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

  /** {@inheritDoc Subscription.active} */
  get active(): boolean {
    return this.state === 'active' || this.state === 'paused';
  }

  /** Whether messages of a kind are for it. */
  takes(kind: MessageKind): boolean {
    return this.policy.kinds.includes(kind);
  }

  /**
   * The key that a message has at this endpoint.
   * @throws what the endpoint's own key function throws.
   */
  keyOf(message: Message): string | undefined {
    return this.policy.keyOf === undefined ? message.key : this.policy.keyOf(message);
  }

  /** Keeps messages waiting until {@link resume}; how a link without credit holds its senders back. */
  pause(): void {
    if (this.state === 'active') this.state = 'paused';
    this.update();
  }

  /** Undoes {@link pause}: what waits is handled. */
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

  /** {@inheritDoc Subscription.stop} */
  stop(): void {
    if (this.active) this.#owner.remove(this, false, 'unsubscribed');
  }

  /** Stops it, ending what waits in the way given. */
  withdraw(ending: Ending): void {
    if (this.active) this.#owner.remove(this, false, ending.reason, ending.error);
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
   * @param reason - what observers are told, such as `peer-left`.
   */
  async leave(reason: string): Promise<void> {
    if (this.active) this.#owner.remove(this, true, reason);
    await this.#owner.drained(this);
  }

  /** What may be shown of it, as it is now. */
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
