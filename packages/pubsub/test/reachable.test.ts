import type { Message } from '@bus/core';
import { collectGarbage } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { SubscribeOptions } from '../src/index.ts';
import type { Bench } from './support/bench.ts';
import { bench } from './support/bench.ts';

type Kind = readonly [name: string, options: SubscribeOptions];

const kinds: readonly Kind[] = [
  ['plain', {}],
  ['once', { once: true }],
  ['grouped', { group: 'g' }],
  ['with lanes', { concurrency: 4 }],
  ['of the latest', { mode: 'latest' }],
  ['of the latest, with lanes', { mode: 'latest', concurrency: 4 }],
  ['that loses messages', { capacity: 1, overflow: 'drop-oldest' }],
  ['with a signal', { signal: new AbortController().signal }],
];

/** Subscribes, has messages wait, and stops; nothing of it is left on the stack. */
async function subscribed(t: Bench, options: SubscribeOptions): Promise<WeakRef<object>[]> {
  const running: (() => void)[] = [];
  const listener = (): Promise<void> => new Promise((resolve) => void running.push(resolve));
  const filter = (): boolean => true;
  const subscription = t.bus.subscribe('a', listener, { ...options, filter });
  for (let i = 0; i < 5; i++) void t.bus.publish('a', i, { key: `k${i % 2}` });
  await t.env.settle();
  subscription.stop();
  for (const finish of running) finish();
  await t.env.settle();
  return [listener, filter, subscription].map((part) => new WeakRef(part));
}

async function looped(t: Bench, options: SubscribeOptions): Promise<WeakRef<object>[]> {
  const stream = t.bus.subscribe('a', options);
  for (let i = 0; i < 5; i++) void t.bus.publish('a', i, { key: `k${i % 2}` });
  const read: Message[] = [];
  for await (const message of stream) {
    read.push(message);
    break;
  }
  await t.env.settle();
  return [stream, ...read].map((part) => new WeakRef(part));
}

describe('a subscription that was stopped', () => {
  it.each(kinds)('is reachable from nothing: %s', async (_name, options) => {
    await using t = await bench();
    const left = await subscribed(t, options);
    await t.env.advance(2_000);
    await collectGarbage();
    expect(left.map((one) => one.deref())).toEqual(left.map(() => undefined));
  });

  it.each(kinds)('as a loop is reachable from nothing: %s', async (_name, options) => {
    await using t = await bench();
    const left = await looped(t, options);
    await t.env.advance(2_000);
    await collectGarbage();
    expect(left.map((one) => one.deref())).toEqual(left.map(() => undefined));
  });
});
