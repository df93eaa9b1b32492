import type { Message } from '@bus/core';
import { PendingResult } from '@bus/core';

/** One message of a batch, and what becomes of it: that is what its endpoint's handler returns. */
export class Item extends PendingResult {
  readonly message: Message;
  readonly weight: number;
  /** It has been failed alone, or given up: what becomes of its batch does not matter to it. */
  over = false;

  constructor(message: Message, weight: number) {
    super();
    this.message = message;
    this.weight = weight;
  }
}
