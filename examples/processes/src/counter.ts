import type { Bus } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import type { Work } from './contract.ts';

/** Counts primes for whoever asks, and tells everybody how many there are. */
export function counter(bus: Bus<Work, PubSub>): void {
  bus.handle(
    'primes.count',
    async ({ payload: { below } }) => {
      const count = primesBelow(below);
      await bus.publish('primes.counted', { below, count });
      return count;
    },
    { name: 'counter' },
  );
}

/** As slow as it is simple. */
export function primesBelow(limit: number): number {
  let count = 0;
  for (let number = 2; number < limit; number++) {
    let divisor = 2;
    while (divisor * divisor <= number && number % divisor !== 0) divisor++;
    if (divisor * divisor > number) count++;
  }
  return count;
}
