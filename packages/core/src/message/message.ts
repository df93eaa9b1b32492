import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Listed, Queued, QueuedList } from '../endpoint/queue.ts';
import type { Stamp } from '../env.ts';
import type { BusError } from '../errors.ts';
import type { Completion } from '../outcome/outcomes.ts';
import type { Envelope, Headers, Message, MessageKind, Origin, Priority } from './envelope.ts';

const noHeaders: Headers = Object.freeze(Object.create(null));

/** Fields of a message other than the plain defaults. */
export interface MessageFields {
  /** Default none. */
  readonly headers?: Headers | undefined;
  /** The bus it was sent from; default this one. */
  readonly source?: string | undefined;
  /** Default `normal`. */
  readonly priority?: Priority | undefined;
  /** Default none: it keeps no order with others. */
  readonly key?: string | undefined;
  /** Default none. */
  readonly correlationId?: string | undefined;
  /** Default none. */
  readonly replyTo?: string | undefined;
  /** Monotonic time, as of `Env.now`; default none. */
  readonly deadline?: number | undefined;
  /** Default 1, the first delivery. */
  readonly attempt?: number | undefined;
  /** Links crossed so far; default 0. */
  readonly hops?: number | undefined;
  /** How many its reader lost before it; default 0. */
  readonly missed?: number | undefined;
  /** Its whole id, where another bus has made one; default the id prefix and its sequence number. */
  readonly id?: string | undefined;
  /** Completes the ids of messages that another bus has numbered. */
  readonly idPrefix?: string | undefined;
  /** Turns the bytes given as payload into a value, on first read. */
  readonly decode?: ((bytes: unknown) => unknown) | undefined;
  /** The link it came in by; default none, for a message of this bus. */
  readonly origin?: Origin | undefined;
}

/** The identity that the messages of one bus share. */
export interface MessageHome {
  readonly id: string;
  /** Random per bus, so that ids of two buses never meet. */
  readonly idPrefix: string;
}

/**
 * All of a message but its topic and payload. Messages sent without options share one such object
 * per kind.
 */
export class MessageTraits {
  // `declare`: a field declared without it is written twice.
  /** {@inheritDoc Envelope.kind} */
  declare readonly kind: MessageKind;
  /** {@inheritDoc Envelope.headers} */
  declare readonly headers: Headers;
  /** {@inheritDoc Envelope.source} */
  declare readonly source: string;
  /** {@inheritDoc Envelope.priority} */
  declare readonly priority: Priority;
  /** {@inheritDoc Envelope.key} */
  declare readonly key: string | undefined;
  /** {@inheritDoc Envelope.correlationId} */
  declare readonly correlationId: string | undefined;
  /** {@inheritDoc Envelope.replyTo} */
  declare readonly replyTo: string | undefined;
  /** {@inheritDoc Envelope.deadline} */
  declare readonly deadline: number | undefined;
  /** {@inheritDoc Envelope.attempt} */
  declare readonly attempt: number;
  /** {@inheritDoc Envelope.hops} */
  declare readonly hops: number;
  /** {@inheritDoc Message.missed} */
  declare readonly missed: number;
  /** {@inheritDoc MessageFields.origin} */
  declare readonly origin: Origin | undefined;
  /** Learns what became of the message; undefined where nobody asked. */
  declare readonly completion: Completion | undefined;
  /** The bus whose message object it is. */
  declare readonly home: MessageHome;
  /** {@inheritDoc MessageFields.id} */
  declare readonly id: string | undefined;
  /** {@inheritDoc MessageFields.idPrefix} */
  declare readonly idPrefix: string;
  /** {@inheritDoc MessageFields.decode} */
  declare readonly decode: ((bytes: unknown) => unknown) | undefined;

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
  }
}

/** Everything outstanding of one message that has a deadline, a signal or a completion. */
export class Outstanding {
  /** Deliveries that wait or run, newest first. */
  deliveries: Delivery | undefined = undefined;
  count = 0;
  /** Ends its deliveries early; undefined while there are none. */
  owner: OutstandingOwner | undefined = undefined;
  /** Why all of it was given up, once it was. */
  reason: BusError | undefined = undefined;
  /** Its sender's signal. */
  signal: AbortSignal | undefined = undefined;
  /** The message whose handler sent it and may be waiting for it. */
  cause: BusMessage | undefined = undefined;
  /** Undoes everything that was set up for as long as it is outstanding. @param error - of its last end. */
  release: ((error?: BusError) => void) | undefined = undefined;
  // Its place among the deadlines: see `Expiring`.
  due: number | undefined = undefined;
  list: object | undefined = undefined;
  before: Listed | undefined = undefined;
  after: Listed | undefined = undefined;

  /** Its deadline has passed. */
  expire(): void {
    this.owner?.expired(this);
  }
}

/** Ends everything outstanding of a message. */
export interface OutstandingOwner {
  expired(outstanding: Outstanding): void;
  cancelled(outstanding: Outstanding, reason: BusError): void;
}

/** Ends a run whose time limit is over. */
export interface DeliveryRunner {
  overran(run: Delivery): void;
}

/**
 * One message on its way to one endpoint, where that takes longer than a call: it waits, or its
 * handler has not settled.
 */
export class Delivery implements Queued {
  message: BusMessage;
  readonly endpoint: Endpoint;
  /** Its outcome is recorded; a handler may still be running. */
  isEnded = false;
  /** Set while its handler runs. */
  runner: DeliveryRunner | undefined = undefined;
  held = false;
  /** Its handler can be recognised as the sender of whatever it sends. */
  isTracked = false;
  /** Requests of its handler that are not answered: while there are any it needs no permit. */
  asking = 0;
  mark: unknown = undefined;
  /** Where it waits; while it runs, its place among the deadlines. */
  list: QueuedList | undefined = undefined;
  before: Queued | undefined = undefined;
  after: Queued | undefined = undefined;
  due: number | undefined = undefined;
  /** When its handler was called; undefined before that. */
  startedAt: number | undefined = undefined;
  /** The context it was sent in, while it waits. */
  context: object | undefined = undefined;
  /** Settles the promise of a sender that waits for room. */
  admitted: ((count: number | BusError) => void) | undefined = undefined;
  /** The next older delivery of the same message. */
  sibling: Delivery | undefined = undefined;

  constructor(message: BusMessage, endpoint: Endpoint) {
    this.message = message;
    this.endpoint = endpoint;
  }

  admit(count: number | BusError = this.endpoint.members): void {
    this.admitted?.(count);
    this.admitted = undefined;
  }

  /** The time limit of its handler is over. */
  expire(): void {
    this.runner?.overran(this);
  }
}

/** A message that the `dispatch` taps have been handed. */
export interface Handover {
  /** It was passed on, or nothing is left to pass on. */
  isPassed: boolean;
  /** Its places at its targets, reserved where the taps returned a promise first. */
  places: readonly Delivery[] | undefined;
}

/** The work of an asynchronous handler on its copy of a message; in the end its `Delivery`. */
export type Work = Pick<Delivery, 'asking'> & Partial<Delivery>;

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

/**
 * The one shape of all messages. Its traits are an object of their own, since a message is made for
 * each send, and one more for each asynchronous handler: its size is what that costs.
 */
export class BusMessage implements Message {
  /** {@inheritDoc Envelope.topic} */
  declare readonly topic: string;
  /** All of it but its topic and payload; shared with messages like it. */
  declare readonly traits: MessageTraits;
  /** The sender's count of its messages: with `traits.idPrefix`, its id. */
  declare readonly sequence: number;
  /** For the kernel: what is outstanding of it; shared by its copies for each handler. */
  declare outstanding: Outstanding | undefined;
  /** For the kernel: an asynchronous handler has this copy, or its signal was read: the next gets another. */
  declare work: Work | undefined;
  /** For the kernel: undefined where nothing taps `dispatch`. */
  declare handover: Handover | undefined;
  readonly #stamp: Stamp;
  #body: unknown;
  /** The controller of its signal; before that is read, the reason to abort it. */
  #abort: AbortController | BusError | undefined;

  constructor(traits: MessageTraits, sequence: number, stamp: Stamp, topic: string, body: unknown) {
    this.topic = topic;
    this.traits = traits;
    this.sequence = sequence;
    this.outstanding = undefined;
    this.work = undefined;
    this.handover = undefined;
    this.#stamp = stamp;
    this.#body = traits.decode === undefined || body instanceof Encoded ? body : new Encoded(body);
    this.#abort = undefined;
  }

  /** {@inheritDoc Envelope.id} */
  get id(): string {
    const { traits } = this;
    return traits.id ?? traits.idPrefix + this.sequence.toString(36);
  }

  /** {@inheritDoc Envelope.kind} */
  get kind(): MessageKind {
    return this.traits.kind;
  }

  /** {@inheritDoc Envelope.payload} */
  get payload(): unknown {
    const { decode } = this.traits;
    return decode === undefined ? this.#body : (this.#body as Encoded).read(decode);
  }

  /** The bytes that {@link payload} is decoded from, for a link that passes them on as they came. */
  get encoded(): unknown {
    if (this.traits.decode === undefined) return undefined;
    return (this.#body as Encoded).bytes;
  }

  /** {@inheritDoc Envelope.headers} */
  get headers(): Headers {
    return this.traits.headers;
  }

  /** {@inheritDoc Envelope.source} */
  get source(): string {
    return this.traits.source;
  }

  /** {@inheritDoc Envelope.time} */
  get time(): number {
    return this.#stamp.wall;
  }

  /** When it was sent on the monotonic clock, as coarse as {@link time}. */
  get sentAt(): number {
    return this.#stamp.now;
  }

  /** {@inheritDoc Envelope.priority} */
  get priority(): Priority {
    return this.traits.priority;
  }

  /** {@inheritDoc Envelope.key} */
  get key(): string | undefined {
    return this.traits.key;
  }

  /** {@inheritDoc Envelope.correlationId} */
  get correlationId(): string | undefined {
    return this.traits.correlationId;
  }

  /** {@inheritDoc Envelope.replyTo} */
  get replyTo(): string | undefined {
    return this.traits.replyTo;
  }

  /** {@inheritDoc Envelope.deadline} */
  get deadline(): number | undefined {
    return this.traits.deadline;
  }

  /** {@inheritDoc Envelope.attempt} */
  get attempt(): number {
    return this.traits.attempt;
  }

  /** {@inheritDoc Envelope.hops} */
  get hops(): number {
    return this.traits.hops;
  }

  /** {@inheritDoc Message.missed} */
  get missed(): number {
    return this.traits.missed;
  }

  /** {@inheritDoc MessageTraits.completion} */
  get completion(): Completion | undefined {
    return this.traits.completion;
  }

  /** Where it came in; undefined for a message of this bus. */
  get origin(): Origin | undefined {
    return this.traits.origin;
  }

  /** {@inheritDoc Message.signal} */
  get signal(): AbortSignal {
    if (!(this.#abort instanceof AbortController)) {
      const reason = this.#abort ?? this.outstanding?.reason;
      this.#abort = new AbortController();
      this.work ??= { asking: 0 };
      if (reason !== undefined) this.#abort.abort(reason);
    }
    return this.#abort.signal;
  }

  /** For the kernel: ends this delivery's work early. */
  abort(reason: BusError): void {
    if (this.#abort instanceof AbortController) this.#abort.abort(reason);
    else this.#abort ??= reason;
  }

  /** For the kernel: makes {@link outstanding} where there is none yet. */
  track(): Outstanding {
    this.outstanding ??= new Outstanding();
    return this.outstanding;
  }

  /** For the kernel: the same message for another handler, with a signal of its own. */
  copy(): BusMessage {
    return this.#like(this.traits, this.topic, this.#body);
  }

  /** The same message with some fields changed; a tap returns it instead of changing its message. */
  with(
    changes: MessageFields & { readonly topic?: string; readonly payload?: unknown },
  ): BusMessage {
    const { home, kind, completion, decode } = this.traits;
    const isReplaced = 'payload' in changes;
    const fields = { ...this.traits, decode: isReplaced ? undefined : decode, ...changes };
    const traits = new MessageTraits(home, kind, fields, completion);
    const body = isReplaced ? changes.payload : this.#body;
    return this.#like(traits, changes.topic ?? this.topic, body);
  }

  /** The same message with another body, and traits that say how it is read: it copies none of them. */
  withBody(traits: MessageTraits, body: unknown): BusMessage {
    return this.#like(traits, this.topic, body);
  }

  #like(traits: MessageTraits, topic: string, body: unknown): BusMessage {
    const copy = new BusMessage(traits, this.sequence, this.#stamp, topic, body);
    copy.outstanding = this.outstanding;
    copy.handover = this.handover;
    return copy;
  }

  /** All fields as plain data. */
  toJSON(): Envelope {
    return Object.fromEntries(fields.map((field) => [field, this[field]])) as unknown as Envelope;
  }
}

/** Shows the message as plain data where Node prints it. */
Object.defineProperty(BusMessage.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value: BusMessage.prototype.toJSON,
});

/** A payload that came as bytes. Copies of a message share it: it is decoded once. */
class Encoded {
  readonly bytes: unknown;
  #value: unknown;
  #isRead = false;

  constructor(bytes: unknown) {
    this.bytes = bytes;
  }

  read(decode: (bytes: unknown) => unknown): unknown {
    if (!this.#isRead) this.#value = decode(this.bytes);
    this.#isRead = true;
    return this.#value;
  }
}
