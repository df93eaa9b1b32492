import type { Bus } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import type { Reliable } from '@bus/reliable';
import type { Work } from './contract.ts';
import { primesBelow } from './counter.ts';

/** Counts what is wanted; one that dies over it leaves it to be done again. */
export function counterJobs(bus: Bus<Work, PubSub | Reliable>): void {
  bus.subscribe(
    'primes.wanted',
    async ({ payload: { below } }) => {
      await bus.publish('primes.counted', { below, count: primesBelow(below) });
    },
    { name: 'jobs', group: 'counters', delivery: 'reliable' },
  );
}
