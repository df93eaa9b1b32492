import { deferred, never } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, watched } from './support/bench.ts';

const taken = { code: 'CORRELATION_DUPLICATE_ID', details: { topic: 'a', correlationId: 'x' } };

describe('a correlation id given by the caller', () => {
  it('is refused while a request with it waits, and free again afterwards', async () => {
    await using t = await bench();
    const call = deferred();
    t.bus.handle('a', () => call.promise);
    const first = t.bus.request('a', 1, { correlationId: 'x' });
    await expect(t.bus.request('a', 2, { correlationId: 'x' })).rejects.toMatchObject(taken);
    const many = t.bus.requestMany('a', 2, { correlationId: 'x' });
    await expect(many.next()).rejects.toMatchObject(taken);
    const other = t.bus.request('a', 3, { correlationId: 'y' });
    call.resolve('ok');
    expect(await Promise.all([first, other])).toEqual(['ok', 'ok']);
    expect(await t.bus.request('a', 4, { correlationId: 'x' })).toBe('ok');
    expect(t.report().pending).toBe(0);
  });

  it('is free again however its request ended', async () => {
    await using t = await bench();
    const abort = new AbortController();
    t.bus.handle('a', never);
    t.bus.handle('sync', () => 1);
    t.bus.handle('fails', () => Promise.reject(new Error('x')));
    const id = { correlationId: 'x' };
    await t.bus.request('nobody', 1, id).catch(() => {});
    await t.bus.request('bad..topic', 1, id).catch(() => {});
    await t.bus.request('sync', 1, id);
    await t.bus.request('fails', 1, id).catch(() => {});
    const late = watched(t.bus.request('a', 1, { ...id, timeoutMs: 10 }));
    await t.env.advance(10);
    expect(late.state).toBe('CORRELATION_TIMEOUT');
    const cancelled = watched(t.bus.request('a', 1, { ...id, signal: abort.signal }));
    abort.abort();
    await t.env.settle();
    expect(cancelled.state).toBe('BUS_CANCELLED');
    for await (const _reply of t.bus.requestMany('sync', 1, id)) break;
    await t.bus.requestMany('a', 1, id).return();
    await expect(t.bus.requestMany('a', 1, { ...id, max: 0 }).next()).rejects.toMatchObject({
      code: 'BUS_OPTION_INVALID',
    });
    expect(await t.bus.request('sync', 1, id)).toBe(1);
  });

  it('is refused for requests to many, too', async () => {
    await using t = await bench();
    t.bus.handle('a', never);
    const many = t.bus.requestMany('a', 1, { correlationId: 'x' });
    await expect(t.bus.request('a', 2, { correlationId: 'x' })).rejects.toMatchObject(taken);
    await many.return();
    const again = t.bus.requestMany('a', 3, { correlationId: 'x' });
    const next = watched(again.next());
    await t.env.settle();
    expect(next.state).toBe('waiting');
    await again.return();
  });

  it.each(['__proto__', 'constructor', ''])('may be %j', async (correlationId) => {
    await using t = await bench();
    t.bus.handle('a', (message) => message.correlationId);
    expect(await t.bus.request('a', 1, { correlationId })).toBe(correlationId);
    expect(await t.bus.request('a', 1, { correlationId })).toBe(correlationId);
  });
});
