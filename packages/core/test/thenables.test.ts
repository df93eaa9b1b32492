import { expect, test } from 'vitest';
import { imbalance, testBench } from './support/bench.ts';

/** A thenable of a stranger's making. */
function stranger(call: PromiseLike<unknown>['then']): PromiseLike<unknown> {
  return Object.defineProperty({}, 'then', { value: call }) as PromiseLike<unknown>;
}

/** Results that a plugin's handler may return instead of a promise. */
const strangers: [string, PromiseLike<unknown>][] = [
  ['calls back at once', stranger((fulfilled) => fulfilled?.(1) as never)],
  [
    'calls back twice',
    stranger((fulfilled, rejected) => {
      fulfilled?.(1);
      return rejected?.(new Error('again')) as never;
    }),
  ],
  [
    'calls back and throws',
    stranger((fulfilled) => {
      fulfilled?.(1);
      throw new Error('after all');
    }),
  ],
];

test.each(strangers)(
  'thousands wait for a thenable that %s, and all are handled',
  async (_, result) => {
    const { bus, publish, subscribe, env } = await testBench({ mailbox: { capacity: 5000 } });
    const endpoint = subscribe('a', () => result);
    endpoint.pause();
    for (let i = 0; i < 5000; i++) void publish('a', i);
    endpoint.resume();
    for (let i = 0; i < 30_000 && bus.inspect().outcomes.inFlight > 0; i++) await env.settle();
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: 5000 } });
    expect(imbalance(bus)).toBe(0);
  },
);

test('a handler that sends thousands to itself and returns a thenable overflows nothing', async () => {
  const { bus, publish, subscribe, env } = await testBench({ mailbox: { capacity: 10_000 } });
  let handled = 0;
  subscribe('a', () => {
    if (++handled === 1) for (let i = 0; i < 10_000; i++) void publish('a', i);
    return stranger((fulfilled) => fulfilled?.(undefined) as never);
  });
  void publish('a');
  for (let i = 0; i < 60_000 && bus.inspect().outcomes.inFlight > 0; i++) await env.settle();
  expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: 10_001 } });
});
