import type { ModelReader } from './model-reader.ts';
import type { Send } from './program.ts';

/** A message, and what its sender must be told. */
export interface Sent {
  /** Its payload. */
  readonly id: number;
  readonly verb: 'publish' | 'notify' | 'request';
  readonly topic: string;
  readonly key: Send['key'];
  readonly priority: Send['priority'];
  readonly deadline: number;
  /** Sent by a handler that waits for the reply. */
  readonly nested: boolean;
  readonly deliveries: Delivery[];
  /** By group, or among handlers: who may get it, until one of them has. */
  readonly undecided: ModelReader[][];
  /** Whether it had any target. */
  routed: boolean;
  /** Targets that took it. */
  accepted: number;
  /** Targets where it waits for room. */
  blocked: number;
  /** Codes of which one rejects its promise; an empty list is any code. */
  readonly refusals: (readonly string[])[];
  /** Of a request: what came of it. */
  reply: { readonly value: string } | { readonly codes: readonly string[] } | undefined;
}

/** A message at one of its targets. */
export interface Delivery {
  readonly sent: Sent;
  readonly reader: ModelReader;
  state: 'blocked' | 'waiting' | 'running' | 'ended';
  /** It found a free place, so it takes no room while the bus calls the handler. */
  direct: boolean;
  /** What its reader must be told it has missed, where that is known already. */
  missed: number | undefined;
  /** Whether it takes one of its reader's places. */
  holdsPlace: boolean;
  /** How its handler is done, and when, while promises have yet to tell the bus. */
  finishing: 'handled' | 'failed' | undefined;
  finishedAt: number;
  /** Whether its handler returned a promise. */
  isAsync: boolean;
  /** Whether its handler has waited for a request of its own. */
  asked: boolean;
  /** When its handler's time is over. */
  limit: number;
  /** Whether its signal must have aborted. */
  aborted: boolean;
}

/** How a message ends at one target; what is dropped has its reason behind a colon. */
export type Ending =
  | 'handled'
  | 'failed'
  | 'rejected'
  | 'unroutable'
  | 'expired'
  | 'cancelled'
  | 'superseded'
  | `dropped:${'drop-oldest' | 'drop-newest' | 'unsubscribed' | 'closed'}`;

/** What the bus has done that no rule allows. */
export class Fault extends Error {}
