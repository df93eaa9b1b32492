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

/** Text by name, which travels with a message; links carry it, the bus does not read it. */
export type Headers = Readonly<Record<string, string>>;

/** A message with its metadata. Every field is always set, so all envelopes share one shape. */
export interface Envelope<K extends string = string, P = unknown> {
  /** Unique among all buses; made on first read. */
  readonly id: string;
  /** Says how many endpoints it is for. */
  readonly kind: MessageKind;
  /** What it is about, in segments with dots between them; no pattern. */
  readonly topic: K;
  /** Read-only for receivers: local payloads travel by reference. Decoded on first read. */
  readonly payload: P;
  /** Names beginning with `bus-` are the bus's own. */
  readonly headers: Headers;
  /** Id of the bus it was sent from; stamped by the receiver of a link, never by the sender. */
  readonly source: string;
  /** When it was sent: milliseconds since the Unix epoch, coarse, for display only. */
  readonly time: number;
  /** Its rank in mailboxes; default `normal`. */
  readonly priority: Priority;
  /** Messages of one key keep their order and share a lane. */
  readonly key: string | undefined;
  /** What its sender calls the exchange it belongs to; the kernel only carries it. */
  readonly correlationId: string | undefined;
  /** Where its sender would like answers; the kernel only carries it. */
  readonly replyTo: string | undefined;
  /** Monotonic time (see `Env.now`) after which it is not started; undefined for never. */
  readonly deadline: number | undefined;
  /** 1 for the first delivery; 0 where nothing is sent, and `explain` only asks who would get it. */
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
  targeted?(count: number, message: Message): void;
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
  /**
   * A target streams its reply; it may turn out to have no items.
   * @param several - it stands for many who reply, each with an item: who does not is not missed.
   */
  streams?(endpoint: Endpoint, several?: boolean): void;
  /** Takes one item of a streamed reply: a promise holds the producer back, `false` ends it. */
  readonly item?: ((value: unknown, endpoint: Endpoint) => boolean | Promise<boolean>) | undefined;
}

/** What the sender of a message may set. */
export interface SendOptions {
  /** String values, 8 KiB in all; names beginning with `bus-` are refused. */
  readonly headers?: Headers | undefined;
  /** Orders messages: one key is handled in the order sent, and `sticky` balancing goes by it. */
  readonly key?: string | undefined;
  /** Its rank in mailboxes; default `normal`. */
  readonly priority?: Priority | undefined;
  /** Milliseconds until work not yet done is given up, as `expired`. */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends what has not been handled yet, as `cancelled`, and tells running handlers. */
  readonly signal?: AbortSignal | undefined;
  /** What you call the exchange it belongs to, in your logs say; the kernel only carries it. */
  readonly correlationId?: string | undefined;
  /**
   * A request that may be handled more than once: where a plugin fails over, it is asked again
   * elsewhere when the peer that had it is lost. Default false.
   */
  readonly idempotent?: boolean | undefined;
  /** The message being handled, whose deadline a request inherits; found by itself in Node. */
  readonly parent?: Message | undefined;
}
