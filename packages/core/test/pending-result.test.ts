import { describe, expect, test } from 'vitest';
import type { AnyPlugin } from '../src/index.ts';
import { PendingResult, Verdict } from '../src/index.ts';
import { plugin, testBench } from './support/bench.ts';

describe('a pending result', () => {
  test('ends its message at once when it settles', async () => {
    const { bus, publish, subscribe } = await testBench();
    const results = [new PendingResult(), new PendingResult(), new PendingResult()];
    let taken = 0;
    subscribe('a', () => results[taken++], { concurrency: 3 });
    for (let i = 0; i < 3; i++) await publish('a');
    expect(bus.inspect().outcomes.inFlight).toBe(3);
    results[0]?.resolve(undefined);
    results[1]?.reject(new Error('no'));
    results[2]?.reject(new Verdict('expired'));
    expect(bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { handled: 1, failed: 1, expired: 1 },
    });
  });

  test('that has settled before it is returned counts too', async () => {
    const { bus, publish, subscribe } = await testBench();
    const settled = new PendingResult();
    settled.resolve(1);
    subscribe('a', () => settled);
    await publish('a');
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: 1 } });
  });

  test('settles once', () => {
    const result = new PendingResult();
    const seen: unknown[] = [];
    result.then((value) => seen.push(value));
    result.resolve(1);
    result.resolve(2);
    result.reject(new Error('late'));
    expect(seen).toEqual([1]);
  });

  test('may be waited for by several, a tap around the handler among them', async () => {
    const seen: unknown[] = [];
    const watch: AnyPlugin = plugin('watch', ({ hooks }) => {
      hooks.deliver.tap((next) => (message, endpoint) => {
        const result = next(message, endpoint);
        (result as PendingResult).then((value) => seen.push(value));
        return result;
      });
    });
    const { bus, publish, subscribe } = await testBench({ plugins: [watch] });
    const result = new PendingResult();
    subscribe('a', () => result);
    await publish('a');
    result.resolve('done');
    expect(await result).toBe('done');
    expect(seen).toEqual(['done']);
    expect(bus.inspect().outcomes.ended.handled).toBe(1);
  });
});
