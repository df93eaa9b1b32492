import { definePlugin } from '@bus/core';
import { deferred, never, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { RequestManyOptions } from '../src/index.ts';
import { all, bench, watched } from './support/bench.ts';

describe('requestMany', () => {
  it('asks every handler, whatever its priority, and yields replies as they come', async () => {
    await using t = await bench();
    const calls = [deferred(), deferred()];
    t.bus.handle('a', () => calls[0]?.promise, { priority: 5 });
    t.bus.handle('a', () => 'at once');
    t.bus.handle('a', () => calls[1]?.promise);
    const replies = t.bus.requestMany('a', 1);
    const got: unknown[] = [];
    const loop = (async () => {
      for await (const reply of replies) got.push(reply);
    })();
    await t.env.settle();
    expect(got).toEqual(['at once']);
    calls[1]?.resolve('second');
    await t.env.settle();
    calls[0]?.resolve('first');
    await loop;
    expect(got).toEqual(['at once', 'second', 'first']);
    expect(t.bus.inspect().outcomes.ended.handled).toBe(3);
    expect(t.report()).toEqual({ pending: 0, lateReplies: 0 });
  });

  it('yields the replies of every time that a send tap passes it on', async () => {
    const twice = definePlugin({
      name: 'twice',
      setup({ hooks }) {
        hooks.send.tap((next) => (...sent) => {
          void next(...sent);
          return next(...sent);
        });
        return undefined;
      },
    });
    await using t = await bench({ plugin: twice });
    const calls = [deferred(), deferred(), deferred(), deferred()];
    let called = 0;
    const handler = () => calls[called++]?.promise;
    t.bus.handle('a', handler, { concurrency: 2 });
    t.bus.handle('a', handler, { concurrency: 2 });
    const replies = all(t.bus.requestMany('a', 1));
    for (const [i, { resolve }] of calls.entries()) {
      resolve(i);
      await t.env.settle();
    }
    expect(await replies).toEqual([0, 1, 2, 3]);
  });

  it('is sent when called, not when first read', async () => {
    await using t = await bench();
    let called = false;
    t.bus.handle('a', () => {
      called = true;
    });
    const replies = t.bus.requestMany('a', 1);
    expect(called).toBe(true);
    expect(await all(replies)).toEqual([undefined]);
  });

  it('answers concurrent calls of next in their order, and then ends', async () => {
    await using t = await bench();
    const calls = [deferred(), deferred()];
    for (const call of calls) t.bus.handle('a', () => call.promise);
    const replies = t.bus.requestMany('a', 1);
    const asked = [replies.next(), replies.next(), replies.next()];
    calls[1]?.resolve('x');
    await t.env.settle();
    calls[0]?.resolve('y');
    expect(await Promise.all(asked)).toEqual([
      { done: false, value: 'x' },
      { done: false, value: 'y' },
      { done: true, value: undefined },
    ]);
  });

  it('ends at max, and cancels those that still run', async () => {
    await using t = await bench();
    const signals: AbortSignal[] = [];
    const hang = (message: { signal: AbortSignal }) => {
      signals.push(message.signal);
      return never();
    };
    t.bus.handle('a', hang);
    for (const name of ['x', 'y', 'z']) t.bus.handle('a', async () => name);
    expect(await all(t.bus.requestMany('a', 1, { max: 2 }))).toEqual(['x', 'y']);
    expect(signals[0]?.reason).toMatchObject({ code: 'BUS_CANCELLED' });
    expect(t.bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { cancelled: 2 } });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('cancels as soon as it has max replies, read or not', async () => {
    await using t = await bench();
    let signal: AbortSignal | undefined;
    t.bus.handle('a', (message) => {
      signal = message.signal;
      return never();
    });
    t.bus.handle('a', () => 'enough');
    const replies = t.bus.requestMany('a', 1, { max: 1 });
    expect(signal?.aborted).toBe(true);
    expect(await all(replies)).toEqual(['enough']);
  });

  it.each(['break', 'throw', 'return', 'throw()', 'await using'])(
    'cancels what still runs on %s',
    async (way) => {
      await using t = await bench();
      let signal: AbortSignal | undefined;
      t.bus.handle('a', () => 'first');
      t.bus.handle('a', (message) => {
        signal = message.signal;
        return never();
      });
      const replies = t.bus.requestMany('a', 1);
      const leave = async (): Promise<void> => {
        if (way === 'return') await replies.return();
        else if (way === 'throw()') await replies.throw(new Error('left'));
        else if (way === 'await using') {
          await using same = replies;
          expect(same).toBe(replies);
        } else {
          for await (const _reply of replies) {
            if (way === 'break') break;
            throw new Error('left');
          }
        }
      };
      if (way.startsWith('throw')) await expect(leave()).rejects.toThrow('left');
      else await leave();
      expect(signal?.reason).toMatchObject({ code: 'BUS_CANCELLED' });
      expect(await replies.next()).toEqual({ done: true, value: undefined });
      expect(t.report().pending).toBe(0);
      expect(unaccounted(t.bus)).toBe(0);
    },
  );

  it('tells those who wait for a reply that it was left', async () => {
    await using t = await bench();
    t.bus.handle('a', never);
    const replies = t.bus.requestMany('a', 1);
    const waiting = replies.next();
    await replies.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('at its timeout ends with what came, and throws only where nothing did', async () => {
    await using t = await bench();
    t.bus.handle('a', never);
    const none = watched(all(t.bus.requestMany('a', 1, { timeoutMs: 50 })));
    await t.env.advance(50);
    expect(none).toMatchObject({
      state: 'CORRELATION_TIMEOUT',
      error: { details: { topic: 'a', timeoutMs: 50 } },
    });
    t.bus.handle('a', () => 'quick');
    const some = watched(all(t.bus.requestMany('a', 1, { timeoutMs: 50 })));
    await t.env.advance(50);
    expect(some.value).toEqual(['quick']);
    expect(t.report().pending).toBe(0);
  });

  it('ends without an error when a reply is waited for too long', async () => {
    await using t = await bench();
    const calls = [deferred(), deferred(), deferred()];
    for (const call of calls) t.bus.handle('a', () => call.promise);
    const replies = watched(all(t.bus.requestMany('a', 1, { stallMs: 10 })));
    await t.env.advance(9);
    calls[0]?.resolve('x');
    await t.env.advance(9);
    calls[1]?.resolve('y');
    await t.env.advance(9);
    expect(replies.state).toBe('waiting');
    await t.env.advance(1);
    expect(replies.value).toEqual(['x', 'y']);
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ handled: 2, cancelled: 1 });
  });

  it('never takes a slow reader for slow handlers', async () => {
    await using t = await bench();
    t.bus.handle('a', async function* () {
      for (let i = 0; i < 4; i++) yield i;
    });
    const got: unknown[] = [];
    const loop = (async () => {
      for await (const reply of t.bus.requestMany('a', 1, { stallMs: 10 })) {
        got.push(reply);
        await new Promise<void>((resolve) => t.env.setTimer(resolve, 30));
      }
    })();
    await t.env.advance(200);
    await loop;
    expect(got).toEqual([0, 1, 2, 3]);
    expect(t.env.pending).toBe(0);
  });

  it('counts replies that come after its end as late', async () => {
    await using t = await bench();
    const call = deferred();
    t.bus.handle('a', () => call.promise);
    await t.bus.requestMany('a', 1).return();
    call.resolve('late');
    await t.env.settle();
    expect(t.report()).toEqual({ pending: 0, lateReplies: 1 });
  });

  it.each([{ max: 0 }, { max: Number.NaN }, { stallMs: -1 }, { max: '2' as unknown as number }])(
    'refuses %j',
    async (options) => {
      await using t = await bench();
      t.bus.handle('a', () => expect.unreachable());
      const refused = { code: 'BUS_OPTION_INVALID' };
      await expect(all(t.bus.requestMany('a', 1, options))).rejects.toMatchObject(refused);
      expect(t.report().pending).toBe(0);
    },
  );

  it('keeps its own options to itself, and passes on those of the message', async () => {
    const seen: unknown[] = [];
    const watch = definePlugin({
      name: 'watch-sends',
      setup({ hooks }) {
        hooks.send.tap((next) => (kind, topic, payload, options, extras) => {
          seen.push(Object.keys(options ?? {}).sort());
          return next(kind, topic, payload, options, extras);
        });
        return undefined;
      },
    });
    await using t = await bench({ plugin: watch });
    t.bus.handle('a', ({ key }) => key);
    const options = { max: 1, stallMs: 5, timeoutMs: 50, key: 'k', priority: 'high' } as const;
    expect(await all(t.bus.requestMany('a', 1, options))).toEqual(['k']);
    expect(seen).toEqual([['key', 'priority', 'signal', 'timeoutMs']]);
  });

  it('refuses an option that nobody knows, by name', async () => {
    await using t = await bench();
    t.bus.handle('a', () => expect.unreachable());
    const refused = { code: 'BUS_OPTION_INVALID', details: { option: 'delivery' } };
    const options = { delivery: 'reliable' } as RequestManyOptions;
    await expect(all(t.bus.requestMany('a', 1, options))).rejects.toMatchObject(refused);
    await expect(t.bus.request('a', 1, options)).rejects.toMatchObject(refused);
    expect(t.report()).toEqual({ pending: 0, lateReplies: 0 });
  });

  it.each([
    [{ stalMs: 5 }, "did you mean 'stallMs'?"],
    [{ maxx: 5 }, "did you mean 'max'?"],
    [{ timeoutMS: 5 }, "did you mean 'timeoutMs'?"],
    [5, "option 'options' is 5: give an object"],
  ])('says of %j what may have been meant', async (options, advice) => {
    await using t = await bench();
    t.bus.handle('a', () => expect.unreachable());
    const asked = all(t.bus.requestMany('a', 1, options as RequestManyOptions));
    await expect(asked).rejects.toMatchObject({
      code: 'BUS_OPTION_INVALID',
      message: expect.stringContaining(advice),
    });
  });

  it('lets an option of another plugin pass, where that takes it', async () => {
    const taker = definePlugin({
      name: 'taker',
      setup({ hooks }) {
        hooks.send.tap((next) => (kind, topic, payload, options, extras) => {
          const { color: _, ...others } = options as Record<string, unknown>;
          return next(kind, topic, payload, others, extras);
        });
        return undefined;
      },
    });
    await using t = await bench({ plugin: taker });
    t.bus.handle('a', () => 'taken');
    const options = { color: 'red', stallMs: Number.POSITIVE_INFINITY } as RequestManyOptions;
    expect(await all(t.bus.requestMany('a', 1, options))).toEqual(['taken']);
  });

  it('never stalls with stallMs: Infinity, and takes no timer for it', async () => {
    await using t = await bench();
    const call = deferred();
    const never = Number.POSITIVE_INFINITY;
    t.bus.handle('a', () => call.promise, { timeoutMs: never });
    const replies = t.bus.requestMany('a', 1, { timeoutMs: never });
    const before = t.env.pending;
    const next = watched(t.bus.requestMany('a', 1, { timeoutMs: never, stallMs: never }).next());
    expect(t.env.pending).toBe(before);
    await t.env.advance(2 ** 33);
    expect(next.state).toBe('waiting');
    call.resolve('late');
    await t.env.settle();
    expect(next.value).toEqual({ done: false, value: 'late' });
    await replies.return();
  });
});
