import type { Balance, BusError, Env, Message } from '@bus/core';
import type { PendingRequests } from './pending-requests.ts';

/** A request that a `send` tap keeps. */
export interface Held {
  /** The bus has stopped. */
  close(): void;
}

/** What the requests of one bus share. */
export interface RequestContext {
  readonly env: Env;
  readonly requests: PendingRequests;
  /** Those that a `send` tap keeps: the kernel, which ends the others when the bus stops, has not got them. */
  readonly held: Set<Held>;
  readonly balance: Balance | undefined;
  /** Cancels a message whose completion was told of its targets. */
  cancel(message: Message, reason: BusError): void;
}
