import type { PayloadOf, Topic } from '../contract.ts';

/**
 * Decides how many endpoints get a message: an `event` reaches every subscriber, a `notification` every
 * matching endpoint and at least one, a `request` exactly one, a `response` the requester.
 */
export type MessageKind = 'event' | 'notification' | 'request' | 'response';

/** A message of higher priority overtakes waiting messages of lower priority in a mailbox. */
export type Priority = 'low' | 'normal' | 'high';

/** Text by name that travels with a message; links carry it, the bus does not read it. */
export type Headers = Readonly<Record<string, string>>;

/** A message with its metadata. Every field is always set, so all envelopes share one shape. */
export interface Envelope<K extends string = string, P = unknown> {
  /** Unique among all buses; made on first read. */
  readonly id: string;
  /** Decides how many endpoints get it. */
  readonly kind: MessageKind;
  /** The subject, in segments separated by dots; never a pattern. */
  readonly topic: K;
  /** Read-only for receivers: local payloads travel by reference. Decoded on first read. */
  readonly payload: P;
  /** Names that begin with `bus-` belong to the bus. */
  readonly headers: Headers;
  /** Id of the bus it was sent from; stamped by the receiver of a link, never by the sender. */
  readonly source: string;
  /** When it was sent: milliseconds since the Unix epoch, coarse, for display only. */
  readonly time: number;
  /** Its rank in mailboxes; default `normal`. */
  readonly priority: Priority;
  /** Messages of one key keep their order and share a lane. */
  readonly key: string | undefined;
  /** The sender's name for the exchange it belongs to; the kernel only carries it. */
  readonly correlationId: string | undefined;
  /** Where its sender would like answers; the kernel only carries it. */
  readonly replyTo: string | undefined;
  /** Monotonic time (see `Env.now`) after which it is not started; undefined for never. */
  readonly deadline: number | undefined;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** Links crossed so far. */
  readonly hops: number;
}

/** A message as its handler receives it. */
export interface Message<K extends string = string, P = unknown> extends Envelope<K, P> {
  /**
   * Belongs to this delivery alone: aborts when the sender cancels, the deadline passes, or the
   * handler's own time limit does. Its `reason` is a coded error.
   */
  readonly signal: AbortSignal;
  /** How many messages this reader lost, by its overflow policy, since the previous message. */
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

/** The link a message came over. Endpoints of that link never get it back. */
export interface Origin {
  /** The bus at the other end. */
  readonly peer: string;
  /** The identity that the other end has proved, as the link's authentication reports it. */
  readonly principal: unknown;
}

/** Options of every send. Plugins add options of their own by augmenting this interface. */
export interface SendOptions {
  /** String values, 8 KiB in all; names that begin with `bus-` are refused. */
  readonly headers?: Headers | undefined;
  /** Orders messages: those of one key are handled in the order sent. `sticky` balancing uses it. */
  readonly key?: string | undefined;
  /** Its rank in mailboxes; default `normal`. */
  readonly priority?: Priority | undefined;
  /** Milliseconds after which unfinished work ends as `expired`; `Infinity` for no limit. */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends what has not been handled yet, as `cancelled`, and tells running handlers. */
  readonly signal?: AbortSignal | undefined;
  /** Your name for the exchange it belongs to, for logs say; the kernel only carries it. */
  readonly correlationId?: string | undefined;
  /** The message being handled, whose deadline a request inherits; found by itself in Node. */
  readonly parent?: Message | undefined;
}
