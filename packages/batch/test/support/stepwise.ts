import type { Message } from '@bus/core';
import { bench } from './bench.ts';

/** A listener that finishes a batch each time it is told to. */
export function stepwise(): {
  /** The payloads of each batch, in the order begun. */
  readonly batches: unknown[][];
  listener(messages: readonly Message[]): Promise<void>;
  finish(at?: number): void;
} {
  const batches: unknown[][] = [];
  const running: (() => void)[] = [];
  return {
    batches,
    listener(messages) {
      batches.push(messages.map(({ payload }) => payload));
      return new Promise((resolve) => running.push(resolve));
    },
    finish: (at = 0) => running.splice(at, 1)[0]?.(),
  };
}

/** An endpoint on `t` whose first batch is being handled. */
export async function busy(options: { timeoutMs?: number; concurrency?: number } = {}) {
  const t = await bench();
  const steps = stepwise();
  const signals: AbortSignal[] = [];
  const subscription = t.bus.subscribe(
    't',
    { batch: { size: 3 }, ...options },
    (messages, batch) => {
      signals.push(batch.signal);
      return steps.listener(messages);
    },
  );
  t.burst(0, 0);
  await t.env.settle();
  return { ...t, ...steps, signals, subscription };
}
