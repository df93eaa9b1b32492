import { never } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { all, bench, watched } from './support/bench.ts';

describe('requestMany, where not all is well,', () => {
  it('passes over handlers that fail where another replies', async () => {
    await using t = await bench();
    t.bus.handle('a', () => Promise.reject(new Error('x')));
    t.bus.handle('a', () => 'fine');
    expect(await all(t.bus.requestMany('a', 1))).toEqual(['fine']);
  });

  it('throws the first failure where nobody replied', async () => {
    await using t = await bench();
    t.bus.handle('a', () => {
      throw Object.assign(new Error('first'), { code: 'FIRST' });
    });
    t.bus.handle('a', () => Promise.reject(new Error('second')));
    const replies = t.bus.requestMany('a', 1);
    await expect(all(replies)).rejects.toMatchObject({ code: 'FIRST' });
    expect(await replies.next()).toEqual({ done: true, value: undefined });
  });

  it('throws when cancelled by its signal, after the replies that came', async () => {
    await using t = await bench();
    const abort = new AbortController();
    t.bus.handle('a', () => 'fine');
    t.bus.handle('a', never);
    const got: unknown[] = [];
    const loop = watched(
      (async () => {
        for await (const reply of t.bus.requestMany('a', 1, { signal: abort.signal })) {
          got.push(reply);
        }
      })(),
    );
    await t.env.settle();
    abort.abort('enough');
    await t.env.settle();
    expect(got).toEqual(['fine']);
    expect(loop).toMatchObject({ state: 'BUS_CANCELLED', error: { cause: 'enough' } });
    const late = t.bus.requestMany('a', 1, { signal: abort.signal });
    await expect(late.next()).rejects.toMatchObject({ code: 'BUS_CANCELLED', cause: 'enough' });
  });

  it('throws when the bus stops, after the replies that came', async () => {
    const t = await bench();
    t.bus.handle('a', () => 'fine');
    t.bus.handle('a', never);
    const replies = t.bus.requestMany('a', 1);
    const stopped = t.bus.stop({ drainMs: 10 });
    await t.env.advance(10);
    await stopped;
    expect(await replies.next()).toEqual({ done: false, value: 'fine' });
    await expect(replies.next()).rejects.toMatchObject({ code: 'BUS_CLOSED' });
    expect(t.report().pending).toBe(0);
  });

  it('throws when the bus stops while it waits in a mailbox, too', async () => {
    const t = await bench();
    t.bus.handle('a', () => 'fine');
    t.bus.handle('a', never, { concurrency: 1 });
    t.bus.requestMany('a', 1);
    const replies = t.bus.requestMany('a', 2);
    const stopped = t.bus.stop({ drainMs: 0 });
    await t.env.settle();
    await stopped;
    expect(await replies.next()).toEqual({ done: false, value: 'fine' });
    await expect(replies.next()).rejects.toMatchObject({ code: 'BUS_CLOSED' });
  });

  it('never ends the process with a failure that nobody reads', async () => {
    await using t = await bench();
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    t.bus.handle('a', () => Promise.reject(new Error('x')));
    t.bus.requestMany('a', 1);
    t.bus.requestMany('nobody', 1);
    t.bus.requestMany('a', 1, { max: -1 });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
