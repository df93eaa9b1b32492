import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../src/index.ts';
import { busError } from '../src/index.ts';
import { ignore, imbalance, plugin, testBench } from './support/bench.ts';
import { gate, thrown } from './support/promises.ts';

/** Watches that no two endpoints present ever share a slot, and remembers the highest. */
function slotWatch() {
  const present = new Map<number, Endpoint>();
  const seen = { shared: 0, highest: -1 };
  const watching = plugin('slots', ({ hooks }) => {
    hooks.endpoint.tap(({ type, endpoint }) => {
      const { slot } = endpoint;
      seen.highest = Math.max(seen.highest, slot);
      if (type === 'added') {
        if (present.has(slot)) seen.shared++;
        present.set(slot, endpoint);
      } else if (present.get(slot) !== endpoint) seen.shared++;
      else present.delete(slot);
      return undefined;
    });
  });
  return { plugin: watching, seen };
}

describe('the slot of an endpoint', () => {
  test('is a small number of its own', async () => {
    const { subscribe } = await testBench();
    const slots = ['a', 'a', 'b'].map((pattern) => subscribe(pattern, ignore).slot);
    expect(slots).toEqual([0, 1, 2]);
  });

  test('is given to another in the end, so that an array of them stays small', async () => {
    const { seen, plugin: watching } = slotWatch();
    const { subscribe } = await testBench({ plugins: [watching] });
    const kept = subscribe('a', ignore);
    for (let i = 0; i < 5000; i++) subscribe('a', ignore).stop();
    expect(seen.highest).toBeLessThan(100);
    expect(seen.shared).toBe(0);
    expect(kept.slot).toBe(0);
  });

  test('is not lost by endpoints that are refused, or whose signal has aborted', async () => {
    let refusal: 'error' | 'throw' = 'error';
    const guard = plugin('guard', ({ hooks }) => {
      hooks.admit.tap(({ pattern }) => {
        if (pattern !== 'secret') return undefined;
        if (refusal === 'throw') throw new Error('no');
        return busError('BUS_NO_ROUTE', 'no', { topic: 'secret' });
      });
    });
    const { bus, subscribe } = await testBench({ plugins: [guard] });
    const signal = AbortSignal.abort();
    for (let i = 0; i < 300; i++) {
      refusal = i % 2 === 0 ? 'error' : 'throw';
      thrown(() => bus.handle('secret', ignore));
      bus.handle('a', ignore, { signal });
    }
    expect(subscribe('a', ignore).slot).toBeLessThan(100);
  });

  test('stays its own for as long as a message of it is in flight', async () => {
    const { seen, plugin: watching } = slotWatch();
    const { bus, publish, subscribe, env } = await testBench({ plugins: [watching] });
    const slow = gate();
    const leaving = subscribe('a', () => slow.promise);
    await publish('a');
    leaving.stop();
    const others = (): number[] =>
      Array.from({ length: 300 }, () => {
        const other = subscribe('b', ignore);
        other.stop();
        return other.slot;
      });
    expect(others()).not.toContain(leaving.slot);
    slow.open();
    await env.settle();
    expect(others()).toContain(leaving.slot);
    expect(seen.shared).toBe(0);
    expect(imbalance(bus)).toBe(0);
  });

  test('is freed once where draining handles all that waited', async () => {
    const { seen, plugin: watching } = slotWatch();
    const { publish, subscribe, env } = await testBench({ plugins: [watching] });
    for (let i = 0; i < 100; i++) {
      const endpoint = subscribe('a', ignore);
      endpoint.pause();
      await publish('a');
      await endpoint[Symbol.asyncDispose]();
    }
    await env.settle();
    for (let i = 0; i < 200; i++) subscribe('b', ignore);
    expect(seen.shared).toBe(0);
  });

  test('stays its own where its handler stops it and then waits', async () => {
    const { seen, plugin: watching } = slotWatch();
    const { bus, publish, subscribe, env } = await testBench({ plugins: [watching] });
    const slow = gate();
    const leaving: Endpoint = subscribe('a', () => {
      leaving.stop();
      return slow.promise;
    });
    await publish('a');
    for (let i = 0; i < 300; i++) {
      const other = subscribe('b', ignore);
      expect(other.slot).not.toBe(leaving.slot);
      other.stop();
    }
    expect(bus.inspect().outcomes).toMatchObject({ accepted: 1, inFlight: 1 });
    slow.open();
    await env.settle();
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: 1 } });
    expect(seen.shared).toBe(0);
  });
});

test('a bus that stops waits for a handler that has stopped its own endpoint', async () => {
  const { bus, publish, subscribe, env } = await testBench();
  const endpoint: Endpoint = subscribe('a', () => {
    endpoint.stop();
    return new Promise<void>((resolve) => void env.setTimer(resolve, 20));
  });
  await publish('a');
  const stopped = bus.stop();
  await env.advance(30);
  await stopped;
  expect(bus.inspect().outcomes.ended).toMatchObject({ handled: 1, cancelled: 0 });
});

describe('what a plugin learns of an endpoint', () => {
  test('is who added it', async () => {
    let added: Endpoint | undefined;
    const third = plugin('third-party', (host) => {
      host.hooks.start.tap(() => {
        added = host.addEndpoint({ pattern: 'a', kinds: ['event'], handler: ignore });
      });
    });
    const { bus, host, subscribe } = await testBench({ plugins: [third] });
    bus.handle('b', ignore);
    expect(added?.addedBy).toBe('third-party');
    expect(subscribe('a', ignore).addedBy).toBe('test-watch');
    expect(host.endpoints('b').map(({ addedBy }) => addedBy)).toEqual(['@bus/core']);
  });

  test('is how many messages wait, at its mailbox too, and since when', async () => {
    const { env, publish, subscribe } = await testBench();
    const endpoint = subscribe('a', ignore, { capacity: 2 });
    expect([endpoint.queued, endpoint.waitingSince]).toEqual([0, undefined]);
    endpoint.pause();
    const began = env.now();
    await publish('a', 1);
    await env.advance(100);
    await publish('a', 2, { priority: 'high' });
    void publish('a', 3);
    expect(endpoint.queued).toBe(3);
    expect(endpoint.waitingSince).toBe(began);
    endpoint.resume();
    expect([endpoint.queued, endpoint.waitingSince]).toEqual([0, undefined]);
  });

  test('is the oldest of all lanes and priorities', async () => {
    const { env, publish, subscribe } = await testBench();
    const slow = gate();
    const endpoint = subscribe('a', () => slow.promise, { concurrency: 2 });
    await publish('a', 1, { key: 'x' });
    await env.advance(10);
    const first = env.now();
    await publish('a', 2, { key: 'x' });
    await env.advance(10);
    await publish('a', 3, { key: 'y', priority: 'high' });
    await publish('a', 4, { key: 'y', priority: 'high' });
    expect(endpoint.queued).toBe(2);
    expect(endpoint.waitingSince).toBe(first);
  });

  test('is whether it acknowledges', async () => {
    const { host, subscribe } = await testBench();
    const definition = { pattern: 'a', kinds: ['event'], handler: ignore } as const;
    expect(host.addEndpoint({ ...definition, acknowledges: true }).acknowledges).toBe(true);
    expect(host.addEndpoint({ ...definition, acknowledges: false }).acknowledges).toBe(false);
    expect(subscribe('a', ignore).acknowledges).toBe(false);
  });

  test('is why it went', async () => {
    const seen: unknown[] = [];
    const watch = plugin('watch', ({ hooks }) => {
      hooks.endpoint.tap(({ type, reason }) => void seen.push([type, reason]));
    });
    const { bus, subscribe } = await testBench({ plugins: [watch] });
    const error = busError('BUS_NO_ROUTE', 'gone', { topic: 'a' });
    subscribe('a', ignore).stop();
    subscribe('a', ignore).withdraw({ reason: 'peer-gone', error });
    await subscribe('a', ignore)[Symbol.asyncDispose]();
    const changing = subscribe('a', ignore);
    changing.changed();
    await bus.stop();
    expect(seen).toEqual([
      ['added', undefined],
      ['removed', 'unsubscribed'],
      ['added', undefined],
      ['removed', 'peer-gone'],
      ['added', undefined],
      ['removed', 'unsubscribed'],
      ['added', undefined],
      ['changed', undefined],
    ]);
  });
});
