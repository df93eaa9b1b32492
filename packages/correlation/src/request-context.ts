import type { Balance, BusError, Env, Message } from '@bus/core';
import type { PendingRequests } from './pending-requests.ts';

/** What the requests of one bus share. */
export interface RequestContext {
  readonly env: Env;
  readonly requests: PendingRequests;
  readonly balance: Balance | undefined;
  /** Cancels a message whose completion was told of its targets. */
  cancel(message: Message, reason: BusError): void;
}
