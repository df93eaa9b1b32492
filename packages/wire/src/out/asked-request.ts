import type { BusError, BusMessage, Verdict } from '@bus/core';
import type { Served } from '../interest/remote-endpoint.ts';
import { PendingResult } from './pending-result.ts';

/** One request that the peer has and has not answered. */
export class AskedRequest extends PendingResult {
  readonly message: BusMessage;
  readonly served: Served;
  /** The peer's answer, where the asker's own deadline is about to say the same. */
  spent: BusError | Verdict | undefined;
  streams = false;
  /** An item has come, and the peer has not been told yet whether another is wanted. */
  offered = false;
  /** No more items are wanted, or nobody is there who could want them. */
  enough = false;
  /** The asker does not want it any more; the peer has been told. */
  givenUp = false;

  constructor(message: BusMessage, served: Served) {
    super();
    this.message = message;
    this.served = served;
  }
}
