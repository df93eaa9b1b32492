import { expect, test } from 'vitest';
import type { Send } from '../src/index.ts';
import { ignore, imbalance, plugin, testBench } from './support/bench.ts';

test('a send tap may return any thenable, as long as it settles', async () => {
  const sent = (next: Send): Send => {
    return (...message) => {
      const promise = next(...message);
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      return { then: promise.then.bind(promise) } as unknown as Promise<number>;
    };
  };
  const tap = plugin('thenable', ({ hooks }) => hooks.send.tap(sent));
  const { bus, publish, subscribe } = await testBench({ plugins: [tap] });
  subscribe('a', ignore);
  expect(await publish('a', 1, {})).toBe(1);
  expect(imbalance(bus)).toBe(0);
});

test('an endpoint whose signal is aborted while it is admitted is stopped', async () => {
  const abort = new AbortController();
  const tap = plugin('aborting', ({ hooks }) => {
    hooks.admit.tap(() => {
      abort.abort();
      return undefined;
    });
  });
  const { bus, publish, subscribe } = await testBench({ plugins: [tap] });
  const endpoint = subscribe('a', () => expect.unreachable(), { signal: abort.signal });
  expect(endpoint.active).toBe(false);
  expect(await publish('a')).toBe(0);
  expect(bus.inspect().outcomes.ended.unroutable).toBe(1);
});
