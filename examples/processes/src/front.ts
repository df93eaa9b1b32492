import type { Bus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import type { Work } from './contract.ts';

/** Prints what has been counted, by whoever did. */
export function hear(bus: Bus<Work, PubSub>): void {
  bus.subscribe('primes.counted', ({ payload, source }) => {
    console.log(`${source}: ${payload.count} primes below ${payload.below}`);
  });
}

/** Asks, and looks whether anything else could be done meanwhile. */
export async function ask(bus: Bus<Work, Correlation>): Promise<void> {
  let wentOn = false;
  const timer = setTimeout(() => {
    wentOn = true;
  }, 1);
  const count = await bus.request('primes.count', { below: 300_000 });
  clearTimeout(timer);
  console.log(`the reply is ${count}; meanwhile this thread ${wentOn ? 'went on' : 'stood still'}`);
}
