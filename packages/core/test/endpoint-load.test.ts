import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../src/index.ts';
import { busError } from '../src/index.ts';
import { ignore, plugin, testBench } from './support/bench.ts';

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
