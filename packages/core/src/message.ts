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
import type { MessageFields } from './traits.ts';
import { MessageTraits } from './traits.ts';

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

/**
 * The one shape of all messages. Traits sit in an object of their own, since a message is made for
 * each send and its size is what that costs.
 */
export class BusMessage implements Message {
  // `declare`: a field declared without it is written twice.
  /** {@inheritDoc Envelope.topic} */
  declare readonly topic: string;
  /** All of it but its topic and payload; shared with messages like it. */
  declare readonly traits: MessageTraits;
  /** The kernel's own: who is at work on it, where that has to be known. */
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
    const control = this.ownControl();
    if (control.controller === undefined) {
      control.controller = new AbortController();
      if (control.reason !== undefined) control.controller.abort(control.reason);
    }
    return control.controller.signal;
  }

  /** The kernel's own: makes {@link control} where there is none yet. */
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
