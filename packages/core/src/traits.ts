import type { Completion, Headers, MessageKind, Origin, Priority } from './envelope.ts';

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
  /**
   * Its whole id, where another bus has made one; default the id prefix and its sequence number.
   */
  readonly id?: string | undefined;
  /** Makes the ids of messages that another bus has numbered. */
  readonly idPrefix?: string | undefined;
  /** Turns the bytes given as payload into a value, when somebody first reads it. */
  readonly decode?: ((bytes: unknown) => unknown) | undefined;
  /** The link it came in by; default none, for a message of this bus. */
  readonly origin?: Origin | undefined;
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
  /** Who is told what became of the message; undefined where nobody asked. */
  declare readonly completion: Completion | undefined;
  /** The bus whose message it is. */
  declare readonly home: MessageHome;
  /** {@inheritDoc MessageFields.id} */
  declare readonly id: string | undefined;
  /** {@inheritDoc MessageFields.idPrefix} */
  declare readonly idPrefix: string;
  /** {@inheritDoc MessageFields.decode} */
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
