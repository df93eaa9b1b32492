import { deferred, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, watched } from './support/bench.ts';

describe('request', () => {
  it('resolves to what its handler returns, at once or later', async () => {
    await using t = await bench();
    t.bus.handle('sync', (message) => Number(message.payload) + 1);
    t.bus.handle('async', async (message) => Number(message.payload) + 2);
    expect(await t.bus.request('sync', 1)).toBe(2);
    expect(await t.bus.request('async', 1)).toBe(3);
    expect(t.bus.inspect().outcomes.ended.handled).toBe(2);
    expect(t.report()).toEqual({ pending: 0, lateReplies: 0 });
  });

  it.each([undefined, null, 0, '', false])('carries %j as a reply', async (reply) => {
    await using t = await bench();
    t.bus.handle('a', () => reply);
    t.bus.handle('b', async () => reply);
    expect(await t.bus.request('a', 1)).toBe(reply);
    expect(await t.bus.request('b', 1)).toBe(reply);
  });

  it('has called an idle handler when it returns', async () => {
    await using t = await bench();
    let called = false;
    t.bus.handle('a', () => {
      called = true;
    });
    const reply = t.bus.request('a', 1);
    expect(called).toBe(true);
    await reply;
  });

  it('carries its options to the handler', async () => {
    await using t = await bench();
    t.bus.handle('a', (message) => message);
    const options = { headers: { x: 'y' }, key: 'k', correlationId: 'c', priority: 'low' } as const;
    const message = await t.bus.request('a', { id: 1 }, options);
    expect(message).toMatchObject({ ...options, kind: 'request', payload: { id: 1 } });
  });

  it('runs many at once, and each gets its own reply', async () => {
    await using t = await bench();
    const calls = Array.from({ length: 100 }, () => deferred());
    t.bus.handle('a', (message) => calls[Number(message.payload)]?.promise);
    const replies = calls.map((_, i) => t.bus.request('a', i));
    expect(t.report().pending).toBe(100);
    for (const [i, call] of [...calls.entries()].toReversed()) call.resolve(`reply ${i}`);
    expect(await Promise.all(replies)).toEqual(calls.map((_, i) => `reply ${i}`));
    expect(t.report().pending).toBe(0);
  });

  it('goes to one handler, of the highest priority, in turn among equals', async () => {
    await using t = await bench();
    t.bus.handle('a', () => 'low', { priority: 1 });
    t.bus.handle('a', () => 'x', { priority: 2 });
    t.bus.handle('a', () => 'y', { priority: 2 });
    const replies: unknown[] = [];
    for (let i = 0; i < 4; i++) replies.push(await t.bus.request('a', i));
    expect(replies).toEqual(['x', 'y', 'x', 'y']);
  });

  it('of a handler that streams takes the first item, and ends the stream', async () => {
    await using t = await bench();
    let ended = false;
    t.bus.handle('a', async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        ended = true;
      }
    });
    expect(await t.bus.request('a', 1)).toBe(1);
    expect(ended).toBe(true);
    t.bus.handle('empty', async function* () {});
    expect(await t.bus.request('empty', 1)).toBe(undefined);
  });

  it('may be made in a handler, of the handler’s own topic, too', async () => {
    await using t = await bench();
    t.bus.handle('factorial', async (message): Promise<number> => {
      const n = Number(message.payload);
      return n < 2 ? 1 : n * Number(await t.bus.request('factorial', n - 1));
    });
    const reply = watched(t.bus.request('factorial', 10));
    await t.env.settle();
    expect(reply.value).toBe(3_628_800);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('shows in inspect how many wait', async () => {
    await using t = await bench();
    const call = deferred();
    t.bus.handle('a', () => call.promise);
    const reply = t.bus.request('a', 1);
    expect(t.bus.inspect().plugins['@bus/correlation']).toEqual({ pending: 1, lateReplies: 0 });
    call.resolve(1);
    await reply;
    expect(t.report().pending).toBe(0);
  });
});
