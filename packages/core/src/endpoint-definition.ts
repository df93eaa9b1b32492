import type { Endpoint } from './endpoint.ts';
import type { Message, MessageKind, Origin } from './envelope.ts';
import type { BusError } from './errors.ts';
import type { Overflow } from './mailbox.ts';
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
  /** Shown in errors and reports; default the name of the handler function. */
  readonly name: string | undefined;
  /** Higher is chosen first for requests; default 0. */
  readonly priority: number;
  /** Which kinds of message it takes. */
  readonly kinds: readonly MessageKind[];
  /** How many messages are handled at once, at least 1; default 1. Those of one key never are. */
  readonly concurrency: number;
  /** How many wait in its mailbox, at least 1; default the bus's `mailbox.capacity`. */
  readonly capacity: number;
  /** What happens to one more message than may wait; default the bus's `mailbox.overflow`. */
  readonly overflow: Overflow;
  /** Which of its equals gets a request, or a message of their group; default `round-robin`. */
  readonly balance: Balance;
  /**
   * Milliseconds one run may take before it counts as `expired`, `Infinity` for no limit; default the
   * bus's `defaultTimeoutMs`.
   */
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
  /** Which topics it is for: an exact one, or what an installed router reads. */
  readonly pattern: Pattern;
  /** Returns the reply; a promise keeps its slot until it settles. */
  handler(message: Message): unknown;
  /** Aborting it stops the endpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Options that its user gave and the kernel does not know: see the hook `define`. */
  readonly asked?: Readonly<Record<string, unknown>> | undefined;
}
