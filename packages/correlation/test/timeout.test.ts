import { BusError } from '@bus/core';
import { deferred, never, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { correlation } from '../src/index.ts';
import { bench, watched } from './support/bench.ts';

describe('a timeout', () => {
  it('rejects with the topic and the time, after that time and not before', async () => {
    await using t = await bench();
    t.bus.handle('a', never);
    const reply = watched(t.bus.request('a', 1, { timeoutMs: 50 }));
    await t.env.advance(49);
    expect(reply.state).toBe('waiting');
    await t.env.advance(1);
    expect(reply).toMatchObject({
      state: 'CORRELATION_TIMEOUT',
      error: { details: { topic: 'a', timeoutMs: 50 }, cause: { code: 'BUS_EXPIRED' } },
    });
    expect(BusError.is(reply.error)).toBe(true);
    expect(t.bus.inspect().outcomes.ended.expired).toBe(1);
  });

  it.each([
    ['the bus’s default', {}, 70],
    ['the plugin’s, over the bus’s', { timeoutMs: 40 }, 40],
  ])('comes from %s where the request gives none', async (_name, options, expected) => {
    await using t = await bench({ ...options, bus: { defaultTimeoutMs: 70 } });
    t.bus.handle('a', never, { timeoutMs: 1_000 });
    const replies = [t.bus.request('a', 1), t.bus.request('a', 1, { key: 'k' })].map(watched);
    await t.env.advance(expected - 1);
    expect(replies.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    await t.env.advance(1);
    expect(replies.map(({ state }) => state)).toEqual(Array(2).fill('CORRELATION_TIMEOUT'));
    expect(replies[0]?.error?.details).toEqual({ topic: 'a', timeoutMs: expected });
  });

  it('tells the handler by its signal', async () => {
    await using t = await bench();
    let signal: AbortSignal | undefined;
    t.bus.handle('a', (message) => {
      signal = message.signal;
      return never();
    });
    const reply = watched(t.bus.request('a', 1, { timeoutMs: 50 }));
    await t.env.advance(50);
    expect(reply.state).toBe('CORRELATION_TIMEOUT');
    expect(signal?.reason).toMatchObject({ code: 'BUS_EXPIRED' });
  });

  it('drops the reply that comes later, and counts it', async () => {
    await using t = await bench();
    const calls = [deferred(), deferred()];
    t.bus.handle('a', (message) => calls[Number(message.payload)]?.promise);
    const replies = [0, 1].map((i) => watched(t.bus.request('a', i, { timeoutMs: 50 })));
    await t.env.advance(60);
    calls[0]?.resolve('late');
    calls[1]?.reject(new Error('late'));
    await t.env.settle();
    expect(replies.map(({ state, times }) => [state, times])).toEqual(
      Array(2).fill(['CORRELATION_TIMEOUT', 1]),
    );
    expect(t.report()).toEqual({ pending: 0, lateReplies: 2 });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('ends requests that wait in a mailbox, whose handler is then never called for them', async () => {
    await using t = await bench();
    const call = deferred();
    const called: unknown[] = [];
    const handler = (message: { payload: unknown }) => {
      called.push(message.payload);
      return call.promise;
    };
    t.bus.handle('a', handler, { concurrency: 1 });
    const first = watched(t.bus.request('a', 1));
    const second = watched(t.bus.request('a', 2, { timeoutMs: 50 }));
    await t.env.advance(50);
    call.resolve('done');
    await t.env.settle();
    expect([first.state, second.state]).toEqual(['replied', 'CORRELATION_TIMEOUT']);
    expect(called).toEqual([1]);
  });

  // Passes as soon as the kernel says whose limit was over.
  it('of the handler’s own is told as BUS_EXPIRED, since the asker would have waited', async () => {
    await using t = await bench();
    t.bus.handle('a', never, { timeoutMs: 20, name: 'slow' });
    const reply = watched(t.bus.request('a', 1, { timeoutMs: 50 }));
    await t.env.advance(20);
    expect(reply).toMatchObject({ state: 'BUS_EXPIRED', error: { details: { endpoint: 'slow' } } });
  });

  // Passes as soon as the kernel says whose limit was over.
  it('of the handler’s own is told as such, also where a stall puts off the asker’s', async () => {
    await using t = await bench();
    const { now } = t.env;
    t.bus.handle('a', never, { timeoutMs: 30, name: 'slow' });
    const reply = watched(t.bus.request('a', 1, { timeoutMs: 40 }));
    await t.env.advance(10);
    // The event loop stalls for 100 ms, which the kernel takes from nobody's time.
    t.env.now = () => now() + 100;
    await t.env.advance(20);
    expect(reply).toMatchObject({ state: 'BUS_EXPIRED', error: { details: { endpoint: 'slow' } } });
  });

  it('takes no timer per request', async () => {
    await using t = await bench({ bus: { limits: { inFlight: 10_000 } } });
    t.bus.handle('a', never, { concurrency: 10_000 });
    const before = t.env.pending;
    const replies = Array.from({ length: 5_000 }, (_, i) =>
      watched(t.bus.request('a', i, { timeoutMs: 100 + i })),
    );
    expect(t.env.pending - before).toBeLessThan(4);
    await t.env.advance(100 + 5_000);
    expect(new Set(replies.map(({ state }) => state))).toEqual(new Set(['CORRELATION_TIMEOUT']));
  });

  it('ends 50,000 requests, and nothing is left', { timeout: 60_000 }, async () => {
    const room = { limits: { inFlight: 1_000_000 }, mailbox: { capacity: 50_000 } };
    const t = await bench({ bus: { ...room, defaultTimeoutMs: 1_000 } });
    t.bus.handle('a', never);
    const replies = Array.from({ length: 50_000 }, (_, i) => watched(t.bus.request('a', i)));
    expect(t.report().pending).toBe(50_000);
    await t.env.advance(1_000);
    expect(replies.filter(({ state }) => state === 'CORRELATION_TIMEOUT')).toHaveLength(50_000);
    expect(t.report()).toEqual({ pending: 0, lateReplies: 0 });
    expect(t.bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { expired: 50_000 } });
    await t.env.advance(1_000);
    expect(t.env.pending).toBe(0);
    await t.bus.stop();
  });

  it('ends 50,000 requests, or refuses them, where there is no room for all', {
    timeout: 60_000,
  }, async () => {
    const t = await bench({ bus: { defaultTimeoutMs: 1_000 } });
    t.bus.handle('a', never);
    const replies = Array.from({ length: 50_000 }, (_, i) => watched(t.bus.request('a', i)));
    await t.env.advance(1_000);
    const count = (code: string) => replies.filter(({ state }) => state === code).length;
    expect(count('CORRELATION_TIMEOUT')).toBe(100 + 1_024 + 1_024);
    expect(count('BUS_MAILBOX_FULL')).toBe(50_000 - 2_148);
    expect(unaccounted(t.bus)).toBe(0);
    await t.env.advance(1_000);
    expect([t.env.pending, t.report().pending]).toEqual([0, 0]);
    await t.bus.stop();
  });

  it.each([Number.NaN, -1, '50' as unknown as number])('of %j is refused', async (timeoutMs) => {
    await using t = await bench();
    t.bus.handle('a', never);
    const refused = { code: 'BUS_OPTION_INVALID' };
    await expect(t.bus.request('a', 1, { timeoutMs })).rejects.toMatchObject(refused);
    await expect(t.bus.requestMany('a', 1, { timeoutMs }).next()).rejects.toMatchObject(refused);
    expect(() => correlation({ timeoutMs })).toThrow(expect.objectContaining(refused));
    expect(t.report().pending).toBe(0);
  });
});
