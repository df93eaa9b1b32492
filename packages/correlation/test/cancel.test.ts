import { deferred, never, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, countListeners, watched } from './support/bench.ts';

describe('cancelling a request', () => {
  it('rejects at once with the caller’s reason as its cause, and tells the handler', async () => {
    await using t = await bench();
    const abort = new AbortController();
    let signal: AbortSignal | undefined;
    t.bus.handle('a', (message) => {
      signal = message.signal;
      return never();
    });
    const reply = watched(t.bus.request('a', 1, { signal: abort.signal }));
    expect(signal?.aborted).toBe(false);
    const reason = new Error('changed my mind');
    abort.abort(reason);
    expect(signal?.reason).toMatchObject({ code: 'BUS_CANCELLED', cause: reason });
    await t.env.settle();
    expect(reply.state).toBe('BUS_CANCELLED');
    expect(reply.error?.cause).toBe(reason);
    expect(reply.error?.details).toEqual({ topic: 'a' });
    expect(t.bus.inspect().outcomes.ended.cancelled).toBe(1);
    expect(t.report().pending).toBe(0);
  });

  it('with a signal already aborted calls no handler', async () => {
    await using t = await bench();
    t.bus.handle('a', () => expect.unreachable());
    const reply = t.bus.request('a', 1, { signal: AbortSignal.abort('no') });
    await expect(reply).rejects.toMatchObject({ code: 'BUS_CANCELLED', cause: 'no' });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('takes it out of the mailbox, where it waits', async () => {
    await using t = await bench();
    const call = deferred();
    const called: unknown[] = [];
    const handler = (message: { payload: unknown }) => {
      called.push(message.payload);
      return call.promise;
    };
    t.bus.handle('a', handler, { concurrency: 1 });
    const abort = new AbortController();
    const first = watched(t.bus.request('a', 1));
    const second = watched(t.bus.request('a', 2, { signal: abort.signal }));
    abort.abort();
    await t.env.settle();
    expect([first.state, second.state]).toEqual(['waiting', 'BUS_CANCELLED']);
    call.resolve(1);
    await t.env.settle();
    expect(called).toEqual([1]);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('counts the reply of a handler that goes on all the same as late', async () => {
    await using t = await bench();
    const call = deferred();
    t.bus.handle('a', () => call.promise);
    const abort = new AbortController();
    const reply = watched(t.bus.request('a', 1, { signal: abort.signal }));
    abort.abort();
    call.resolve('too late');
    await t.env.settle();
    expect(reply).toMatchObject({ state: 'BUS_CANCELLED', times: 1 });
    expect(t.report().lateReplies).toBe(1);
  });

  it('shares one listener on its signal with other requests, and leaves none', async () => {
    await using t = await bench();
    const { signal } = new AbortController();
    const { count, most } = countListeners(signal);
    t.bus.handle('sync', () => 1);
    t.bus.handle('async', async () => 1);
    t.bus.handle('fails', () => Promise.reject(new Error('x')));
    t.bus.handle('hangs', never);
    await t.bus.request('sync', 1, { signal });
    await t.bus.request('async', 1, { signal });
    await t.bus.request('fails', 1, { signal }).catch(() => {});
    const hung = watched(t.bus.request('hangs', 1, { signal, timeoutMs: 10 }));
    await t.env.advance(10);
    expect(hung.state).toBe('CORRELATION_TIMEOUT');
    for await (const _reply of t.bus.requestMany('async', 1, { signal }));
    for await (const _reply of t.bus.requestMany('sync', 1, { signal })) break;
    expect(count()).toBe(0);
    const calls = Array.from({ length: 20 }, (_, i) => {
      const options = { signal, timeoutMs: 10 + i };
      return watched(
        i % 2 ? t.bus.request('hangs', i, options) : t.bus.requestMany('hangs', i, options).next(),
      );
    });
    expect(count()).toBe(1);
    await t.env.advance(30);
    expect(new Set(calls.map(({ state }) => state))).toEqual(new Set(['CORRELATION_TIMEOUT']));
    expect([count(), most()]).toEqual([0, 1]);
  });

  it('changes nothing once the reply has come', async () => {
    await using t = await bench();
    const abort = new AbortController();
    t.bus.handle('a', async () => 1);
    const reply = watched(t.bus.request('a', 1, { signal: abort.signal }));
    await t.env.settle();
    abort.abort();
    await t.env.settle();
    expect(reply).toMatchObject({ state: 'replied', times: 1 });
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ handled: 1, cancelled: 0 });
  });
});
