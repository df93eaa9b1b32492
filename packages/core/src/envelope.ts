import type { Stamp } from './clock.ts';
import type { PayloadOf, Topic } from './contract.ts';
import type { Endpoint } from './endpoint.ts';
import type { BusError } from './errors.ts';
import type { Outcome } from './outcomes.ts';

/**
 * How many endpoints a message is for: an `event` every subscriber, a `notification` every matching
 * endpoint and at least one, a `request` exactly one, a `response` the asker.
 */
export type MessageKind = 'event' | 'notification' | 'request' | 'response';

/** A message of higher priority overtakes waiting ones of lower priority in a mailbox. */
export type Priority = 'low' | 'normal' | 'high';

export type Headers = Readonly<Record<string, string>>;

/** A message with its metadata. Every field is always set, so all envelopes share one shape. */
export interface Envelope<K extends string = string, P = unknown> {
  /** Unique among all buses; made on first read. */
  readonly id: string;
  readonly kind: MessageKind;
  readonly topic: K;
  /** Read-only for receivers: local payloads travel by reference. Decoded on first read. */
  readonly payload: P;
  /** Names beginning with `bus-` are the bus's own. */
  readonly headers: Headers;
  /** Id of the bus it was sent from; stamped by the receiver of a link, never by the sender. */
  readonly source: string;
  /** When it was sent: milliseconds since the Unix epoch, coarse, for display only. */
  readonly time: number;
  readonly priority: Priority;
  /** Messages of one key keep their order and share a lane. */
  readonly key: string | undefined;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  /** Monotonic time (see `Env.now`) after which it is not started; undefined for never. */
  readonly deadline: number | undefined;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** Links crossed so far. */
  readonly hops: number;
}

/** What a handler gets. */
export interface Message<K extends string = string, P = unknown> extends Envelope<K, P> {
  /** Aborts when the sender cancels or the deadline passes; its `reason` is a coded error. */
  readonly signal: AbortSignal;
  /** How many messages this reader lost, by its overflow policy, since the message before. */
  readonly missed: number;
}

/**
 * Distributes over `K`, so several topics give a union that narrows on `topic`. No topic of the
 * contract means a system one, whose payload the contract does not know.
 */
export type MessageOf<C, K extends Topic<C>> = [K] extends [never]
  ? Message
  : K extends Topic<C>
    ? Message<K, PayloadOf<C, K>>
    : never;

/** Where a message came in, when it came over a link. Endpoints of that link never get it back. */
export interface Origin {
  /** The bus at the other end. */
  readonly peer: string;
  /** Who the other end has proved to be, as the link's authentication says. */
  readonly principal: unknown;
}

/**
 * Is told what became of a message, once per target. This is how a request learns its reply and an
 * acknowledged publish its acknowledgements; every outcome comes by here, so nothing can hang.
 */
export interface Completion {
  /** How many targets it will hear of; not called where the message reaches none. */
  targeted?(count: number): void;
  /** `value` is what the handler returned, when the outcome is `handled` or `forwarded`. */
  settled(
    message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void;
  /** A handler settled after its outcome had been recorded. */
  late?(message: Message, endpoint: Endpoint): void;
  /** A target streams its reply; it may turn out to have no items. */
  streams?(endpoint: Endpoint): void;
  /** Takes one item of a streamed reply: a promise holds the producer back, `false` ends it. */
  item?(value: unknown, endpoint: Endpoint): boolean | Promise<boolean>;
}

/** What the sender of a message may set. */
export interface SendOptions {
  /** String values, 8 KiB in all; names beginning with `bus-` are refused. */
  readonly headers?: Headers | undefined;
  /** Orders messages: one key is handled in the order sent, and `sticky` balancing goes by it. */
  readonly key?: string | undefined;
  readonly priority?: Priority | undefined;
  /** Milliseconds until work not yet done is given up, as `expired`. */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends what has not been handled yet, as `cancelled`, and tells running handlers. */
  readonly signal?: AbortSignal | undefined;
  readonly correlationId?: string | undefined;
  /** The message being handled, whose deadline a request inherits; found by itself in Node. */
  readonly parent?: Message | undefined;
}

/** Fields of a message other than the plain defaults. */
export interface MessageFields {
  readonly headers?: Headers | undefined;
  readonly source?: string | undefined;
  readonly priority?: Priority | undefined;
  readonly key?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly deadline?: number | undefined;
  readonly attempt?: number | undefined;
  readonly hops?: number | undefined;
  readonly missed?: number | undefined;
  readonly id?: string | undefined;
  /** Turns the bytes given as payload into a value, when somebody first reads it. */
  readonly decode?: ((bytes: unknown) => unknown) | undefined;
  readonly origin?: Origin | undefined;
}

/**
 * All of a message but its topic and payload. Messages sent without options share one such object
 * per kind.
 */
export class MessageTraits {
  readonly kind: MessageKind;
  readonly headers: Headers;
  readonly source: string;
  readonly priority: Priority;
  readonly key: string | undefined;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  readonly deadline: number | undefined;
  readonly attempt: number;
  readonly hops: number;
  readonly missed: number;
  readonly origin: Origin | undefined;
  readonly completion: Completion | undefined;
  readonly home: MessageHome;
  readonly id: string | undefined;
  readonly decode: ((bytes: unknown) => unknown) | undefined;
  /** Nobody has to be told when such a message ends, and nothing ends it early. */
  readonly unwatched: boolean;

  constructor(
    home: MessageHome,
    kind: MessageKind,
    fields: MessageFields,
    completion: Completion | undefined,
  ) {
    this.kind = kind;
    this.headers = fields.headers ?? noHeaders;
    this.source = fields.source ?? home.id;
    this.priority = fields.priority ?? 'normal';
    this.key = fields.key;
    this.correlationId = fields.correlationId;
    this.replyTo = fields.replyTo;
    this.deadline = fields.deadline;
    this.attempt = fields.attempt ?? 1;
    this.hops = fields.hops ?? 0;
    this.missed = fields.missed ?? 0;
    this.origin = fields.origin;
    this.completion = completion;
    this.home = home;
    this.id = fields.id;
    this.decode = fields.decode;
    this.unwatched = completion === undefined && fields.deadline === undefined;
  }
}

/** What the messages of one bus share. */
export interface MessageHome {
  readonly id: string;
  /** Random per bus, so that ids of two buses never meet. */
  readonly idPrefix: string;
}

/** The rarely needed state of a message: made when something of it is outstanding. */
export interface MessageControl {
  controller: AbortController | undefined;
  /** Why it was ended before its time. */
  reason: BusError | undefined;
  /** Deliveries not yet ended, newest first. */
  deliveries:
    | { readonly sibling: MessageControl['deliveries']; cancel(reason: BusError): void }
    | undefined;
  outstanding: number;
  /** Takes the listener off the sender's signal, once nothing is outstanding. */
  release: (() => void) | undefined;
}

const noHeaders: Headers = Object.freeze(Object.create(null));

/**
 * The one shape of all messages. Traits sit in an object of their own, since a message is made for
 * each send and its size is what that costs.
 */
export class BusMessage implements Message {
  // `declare`: a field declared without it is written twice.
  declare readonly topic: string;
  declare readonly traits: MessageTraits;
  declare control: MessageControl | undefined;
  readonly #sequence: number;
  readonly #stamp: Stamp;
  #body: unknown;

  constructor(traits: MessageTraits, sequence: number, stamp: Stamp, topic: string, body: unknown) {
    this.topic = topic;
    this.traits = traits;
    this.control = undefined;
    this.#sequence = sequence;
    this.#stamp = stamp;
    this.#body = body;
  }

  get id(): string {
    return this.traits.id ?? this.traits.home.idPrefix + this.#sequence.toString(36);
  }

  get kind(): MessageKind {
    return this.traits.kind;
  }

  get payload(): unknown {
    const { decode } = this.traits;
    if (decode !== undefined && !(this.#body instanceof Decoded)) {
      this.#body = new Decoded(decode(this.#body));
    }
    return decode === undefined ? this.#body : (this.#body as Decoded).value;
  }

  get headers(): Headers {
    return this.traits.headers;
  }

  get source(): string {
    return this.traits.source;
  }

  get time(): number {
    return this.#stamp.wall;
  }

  /** When it was sent on the monotonic clock, as coarse as {@link time}. */
  get sentAt(): number {
    return this.#stamp.now;
  }

  get priority(): Priority {
    return this.traits.priority;
  }

  get key(): string | undefined {
    return this.traits.key;
  }

  get correlationId(): string | undefined {
    return this.traits.correlationId;
  }

  get replyTo(): string | undefined {
    return this.traits.replyTo;
  }

  get deadline(): number | undefined {
    return this.traits.deadline;
  }

  get attempt(): number {
    return this.traits.attempt;
  }

  get hops(): number {
    return this.traits.hops;
  }

  get missed(): number {
    return this.traits.missed;
  }

  get completion(): Completion | undefined {
    return this.traits.completion;
  }

  /** Where it came in; undefined for a message of this bus. */
  get origin(): Origin | undefined {
    return this.traits.origin;
  }

  get signal(): AbortSignal {
    const control = this.ownControl();
    if (control.controller === undefined) {
      control.controller = new AbortController();
      if (control.reason !== undefined) control.controller.abort(control.reason);
    }
    return control.controller.signal;
  }

  ownControl(): MessageControl {
    this.control ??= {
      controller: undefined,
      reason: undefined,
      deliveries: undefined,
      outstanding: 0,
      release: undefined,
    };
    return this.control;
  }

  /** The same message with some fields changed; what a tap returns instead of changing it. */
  with(
    changes: MessageFields & { readonly topic?: string; readonly payload?: unknown },
  ): BusMessage {
    const { traits } = this;
    const replaced = 'payload' in changes;
    const decode = replaced ? undefined : traits.decode;
    const copy = new BusMessage(
      new MessageTraits(
        traits.home,
        traits.kind,
        { ...traits, decode, ...changes },
        traits.completion,
      ),
      this.#sequence,
      this.#stamp,
      changes.topic ?? this.topic,
      replaced ? changes.payload : this.#body,
    );
    copy.control = this.control;
    return copy;
  }

  /** All fields as plain data, with what is made on first read made. */
  toJSON(): Envelope {
    const { id, kind, topic, payload, headers, source, time, priority, key, correlationId } = this;
    const { replyTo, deadline, attempt, hops } = this;
    return {
      id,
      kind,
      topic,
      payload,
      headers,
      source,
      time,
      priority,
      key,
      correlationId,
      replyTo,
      deadline,
      attempt,
      hops,
    };
  }
}

/** A payload that came as bytes and has been read. */
class Decoded {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}
