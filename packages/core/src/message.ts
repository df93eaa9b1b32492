import type { Stamp } from './clock.ts';
import type {
  Completion,
  Envelope,
  Headers,
  Message,
  MessageKind,
  Origin,
  Priority,
} from './envelope.ts';
import type { BusError } from './errors.ts';

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
  /** Makes the ids of messages that another bus has numbered. */
  readonly idPrefix?: string | undefined;
  /** Turns the bytes given as payload into a value, when somebody first reads it. */
  readonly decode?: ((bytes: unknown) => unknown) | undefined;
  readonly origin?: Origin | undefined;
}

/**
 * All of a message but its topic and payload. Messages sent without options share one such object
 * per kind.
 */
export class MessageTraits {
  // `declare`: a field declared without it is written twice.
  declare readonly kind: MessageKind;
  declare readonly headers: Headers;
  declare readonly source: string;
  declare readonly priority: Priority;
  declare readonly key: string | undefined;
  declare readonly correlationId: string | undefined;
  declare readonly replyTo: string | undefined;
  declare readonly deadline: number | undefined;
  declare readonly attempt: number;
  declare readonly hops: number;
  declare readonly missed: number;
  declare readonly origin: Origin | undefined;
  declare readonly completion: Completion | undefined;
  declare readonly home: MessageHome;
  declare readonly id: string | undefined;
  declare readonly idPrefix: string;
  declare readonly decode: ((bytes: unknown) => unknown) | undefined;
  /** Nobody has to be told when such a message ends, and nothing ends it early. */
  declare readonly unwatched: boolean;

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
    this.idPrefix = fields.idPrefix ?? home.idPrefix;
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

const fields = [
  'id',
  'kind',
  'topic',
  'payload',
  'headers',
  'source',
  'time',
  'priority',
  'key',
  'correlationId',
  'replyTo',
  'deadline',
  'attempt',
  'hops',
] as const satisfies readonly (keyof Envelope)[];

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
  /** The sender's count of its messages: with `traits.idPrefix`, its id. */
  declare readonly sequence: number;
  readonly #stamp: Stamp;
  #body: unknown;

  constructor(traits: MessageTraits, sequence: number, stamp: Stamp, topic: string, body: unknown) {
    this.topic = topic;
    this.traits = traits;
    this.control = undefined;
    this.sequence = sequence;
    this.#stamp = stamp;
    this.#body = body;
  }

  get id(): string {
    const { traits } = this;
    return traits.id ?? traits.idPrefix + this.sequence.toString(36);
  }

  get kind(): MessageKind {
    return this.traits.kind;
  }

  get payload(): unknown {
    const { decode } = this.traits;
    if (decode !== undefined && !(this.#body instanceof Decoded)) {
      this.#body = new Decoded(this.#body, decode(this.#body));
    }
    return decode === undefined ? this.#body : (this.#body as Decoded).value;
  }

  /** What {@link payload} is decoded from, for a link that passes it on as it came. */
  get encoded(): unknown {
    if (this.traits.decode === undefined) return undefined;
    return this.#body instanceof Decoded ? this.#body.bytes : this.#body;
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
      this.sequence,
      this.#stamp,
      changes.topic ?? this.topic,
      replaced ? changes.payload : this.#body,
    );
    copy.control = this.control;
    return copy;
  }

  /** All fields as plain data, with what is made on first read made. */
  toJSON(): Envelope {
    return Object.fromEntries(fields.map((field) => [field, this[field]])) as unknown as Envelope;
  }
}

/** A payload that came as bytes and has been read. */
class Decoded {
  readonly bytes: unknown;
  readonly value: unknown;

  constructor(bytes: unknown, value: unknown) {
    this.bytes = bytes;
    this.value = value;
  }
}
