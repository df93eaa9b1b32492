import type { Host } from '@bus/core';
import type { ReliableReport } from './api.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';

/** What the plugin counts; rises only. */
export type Counts = {
  -readonly [Count in 'acknowledged' | 'resent' | 'retries' | 'duplicates']: ReliableReport[Count];
};

/** What the two sides of the plugin share on one bus. */
export interface ReliableContext {
  readonly host: Host;
  readonly letters: DeadLetterStore;
  readonly counts: Counts;
}
