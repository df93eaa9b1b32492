import { deferred, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { all, bench, watched } from './support/bench.ts';

describe('a handler that streams its replies', () => {
  it('gives them in order, and their end ends the loop', async () => {
    await using t = await bench();
    t.bus.handle('a', async function* () {
      yield 1;
      yield 2;
      yield 3;
    });
    expect(await all(t.bus.requestMany('a', 1))).toEqual([1, 2, 3]);
    expect(t.bus.inspect().outcomes.ended.handled).toBe(1);
    expect(t.report()).toEqual({ pending: 0, lateReplies: 0 });
  });

  it('may have none to give', async () => {
    await using t = await bench();
    t.bus.handle('a', async function* () {});
    expect(await all(t.bus.requestMany('a', 1))).toEqual([]);
    t.bus.handle('a', () => undefined);
    expect(await all(t.bus.requestMany('a', 1))).toEqual([undefined]);
  });

  it('mixes with others, each in its order', async () => {
    await using t = await bench();
    t.bus.handle('a', async function* () {
      yield 'x1';
      yield 'x2';
    });
    t.bus.handle('a', async function* () {
      yield 'y1';
      yield 'y2';
    });
    t.bus.handle('a', () => 'plain');
    const got = await all(t.bus.requestMany('a', 1));
    expect(got.toSorted()).toEqual(['plain', 'x1', 'x2', 'y1', 'y2']);
    const of = (name: string) => got.filter((reply) => String(reply).startsWith(name));
    expect([of('x'), of('y')]).toEqual([
      ['x1', 'x2'],
      ['y1', 'y2'],
    ]);
  });

  it('is never more than one item ahead of the loop', async () => {
    await using t = await bench();
    let made = 0;
    t.bus.handle('a', async function* () {
      for (;;) yield ++made;
    });
    const replies = t.bus.requestMany('a', 1);
    await t.env.settle();
    expect(made).toBe(1);
    for (let read = 1; read <= 10; read++) {
      expect(await replies.next()).toEqual({ done: false, value: read });
      await t.env.settle();
      expect(made).toBe(read + 1);
    }
    await replies.return();
    await t.env.settle();
    expect(made).toBe(11);
  });

  it.each(['break', 'return', 'max', 'timeout', 'signal', 'stall', 'stop'])(
    'is ended by %s, also where it waits for the loop, and cleans up',
    async (way) => {
      const t = await bench();
      const abort = new AbortController();
      const log: unknown[] = [];
      t.bus.handle('a', async function* (message) {
        message.signal.addEventListener('abort', () => log.push('told'));
        try {
          yield 1;
          yield 2;
          if (way === 'stall')
            await new Promise((r) => message.signal.addEventListener('abort', r));
          yield 3;
        } finally {
          log.push('cleaned up');
        }
      });
      const options = {
        timeoutMs: 50,
        signal: abort.signal,
        max: way === 'max' ? 1 : 9,
        ...(way === 'stall' ? { stallMs: 10 } : {}),
      };
      const replies = t.bus.requestMany('a', 1, options);
      expect((await replies.next()).value).toBe(1);
      await t.env.settle();
      if (way === 'break') for await (const _reply of replies) break;
      if (way === 'return') await replies.return();
      if (way === 'timeout') await t.env.advance(50);
      if (way === 'signal') abort.abort();
      if (way === 'stall') {
        const rest = [replies.next(), replies.next()];
        await t.env.advance(10);
        expect((await Promise.all(rest)).map(({ done }) => done)).toEqual([false, true]);
      }
      if (way === 'stop') {
        const stopped = t.bus.stop({ drainMs: 0 });
        await t.env.settle();
        await stopped;
      }
      await t.env.settle();
      expect(log.toSorted()).toEqual(['cleaned up', 'told']);
      // The item it was making when the loop was left.
      const lateReplies = way === 'break' || way === 'stall' ? 1 : 0;
      expect(t.report()).toEqual({ pending: 0, lateReplies });
      expect(unaccounted(t.bus)).toBe(0);
      const stopped = t.bus.stop({ drainMs: 0 });
      await t.env.settle();
      await stopped;
      expect(t.env.pending).toBe(0);
    },
  );

  it('that breaks off is no full answer: the loop throws after the items', async () => {
    await using t = await bench();
    t.bus.handle('a', async function* () {
      yield 1;
      throw Object.assign(new Error('disk gone'), { code: 'DISK' });
    });
    t.bus.handle('a', () => 'other');
    const replies = t.bus.requestMany('a', 1);
    const got: unknown[] = [];
    const loop = async () => {
      for await (const reply of replies) got.push(reply);
    };
    await expect(loop()).rejects.toMatchObject({ code: 'DISK', message: 'disk gone' });
    expect(got.toSorted()).toEqual([1, 'other']);
  });

  it('cut off by the timeout is no full answer either', async () => {
    await using t = await bench();
    t.bus.handle('a', async function* () {
      yield 1;
      await new Promise(() => {});
    });
    const replies = t.bus.requestMany('a', 1, { timeoutMs: 50 });
    expect((await replies.next()).value).toBe(1);
    const next = watched(replies.next());
    await t.env.advance(50);
    expect(next.state).toBe('CORRELATION_TIMEOUT');
    expect((await replies.next()).done).toBe(true);
  });

  it('is not let on by what the loop takes of another', async () => {
    await using t = await bench();
    const made = { x: 0, y: 0 };
    for (const name of ['x', 'y'] as const) {
      t.bus.handle('a', async function* () {
        for (;;) {
          made[name]++;
          yield name;
        }
      });
    }
    const replies = t.bus.requestMany('a', 1);
    const taken = { x: 0, y: 0 };
    for (let i = 0; i < 9; i++) {
      const { value } = await replies.next();
      taken[value as 'x' | 'y']++;
      await t.env.settle();
      expect(made).toEqual({ x: taken.x + 1, y: taken.y + 1 });
    }
    await replies.return();
  });

  it('may break off where the loop has all it wants', async () => {
    await using t = await bench();
    const call = deferred();
    t.bus.handle('a', async function* () {
      yield 1;
      throw new Error('broken off');
    });
    t.bus.handle('a', () => call.promise);
    const enough = watched(all(t.bus.requestMany('a', 1, { max: 2 })));
    await t.env.settle();
    call.resolve('other');
    await t.env.settle();
    expect(enough.value).toEqual([1, 'other']);
    const left = t.bus.requestMany('a', 1);
    await t.env.settle();
    await left.return();
    expect(await left.next()).toEqual({ done: true, value: undefined });
  });

  // Passes as soon as the kernel says whose limit was over.
  it('whose own time is over is ended, while others go on', async () => {
    await using t = await bench();
    const call = deferred();
    let cleaned = false;
    const stream = async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        cleaned = true;
      }
    };
    t.bus.handle('a', stream, { timeoutMs: 20, name: 'slow' });
    t.bus.handle('a', () => call.promise);
    const replies = t.bus.requestMany('a', 1);
    await t.env.advance(20);
    expect(cleaned).toBe(true);
    call.resolve('other');
    await t.env.settle();
    const got: unknown[] = [];
    const loop = async () => {
      for await (const reply of replies) got.push(reply);
    };
    await expect(loop()).rejects.toMatchObject({
      code: 'BUS_EXPIRED',
      details: { endpoint: 'slow' },
    });
    expect(got).toEqual([1, 'other']);
  });

  it('drops an item made after the end, and counts it', async () => {
    await using t = await bench();
    const call = deferred();
    let cleaned = false;
    t.bus.handle('a', async function* () {
      try {
        yield 1;
        await call.promise;
        yield 2;
      } finally {
        cleaned = true;
      }
    });
    const replies = t.bus.requestMany('a', 1);
    expect((await replies.next()).value).toBe(1);
    await t.env.settle();
    await replies.return();
    call.resolve(undefined);
    await t.env.settle();
    expect(cleaned).toBe(true);
    expect(t.report().lateReplies).toBe(1);
  });

  it('may be a plain generator, which is asked for each item as the loop takes it', async () => {
    await using t = await bench();
    let made = 0;
    let isCleanedUp = false;
    t.bus.handle('a', function* ({ payload }) {
      try {
        for (let i = 0; i < Number(payload); i++) {
          made++;
          yield i;
        }
      } finally {
        isCleanedUp = true;
      }
    });
    expect(await all(t.bus.requestMany('a', 3))).toEqual([0, 1, 2]);
    expect(await t.bus.request('a', 3)).toBe(0);
    made = 0;
    isCleanedUp = false;
    const replies = t.bus.requestMany('a', 100);
    expect((await replies.next()).value).toBe(0);
    await t.env.settle();
    expect(made).toBe(2);
    await replies.return();
    await t.env.settle();
    expect(isCleanedUp).toBe(true);
    expect(unaccounted(t.bus)).toBe(0);
  });

  // Passes as soon as the kernel ends such a handler in the background.
  it('asked for one reply gives it at once, however long it cleans up', async () => {
    await using t = await bench();
    const seen: string[] = [];
    t.bus.handle('a', async function* () {
      try {
        yield 'first';
        seen.push('went on');
      } finally {
        await new Promise<void>((resolve) => void t.env.setTimer(resolve, 100));
        seen.push('cleaned up');
      }
    });
    const reply = watched(t.bus.request('a', 1, { timeoutMs: 50 }));
    await t.env.settle();
    expect(reply.value).toBe('first');
    expect(t.bus.inspect().outcomes.ended.handled).toBe(1);
    await t.env.advance(100);
    expect(seen).toEqual(['cleaned up']);
    expect(t.report()).toEqual({ pending: 0, lateReplies: 0 });
  });

  // Passes as soon as the kernel ends such a handler in the background.
  it('asked for one reply gives it, and what its clean-up throws is reported', async () => {
    for (const isAsync of [true, false]) {
      await using t = await bench();
      const fault = new Error('disk gone');
      const plain = function* () {
        try {
          yield 'first';
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: what is tested
          throw fault;
        }
      };
      const streaming = async function* () {
        yield* plain();
      };
      t.bus.handle('a', isAsync ? streaming : plain, { name: 'store' });
      expect(await t.bus.request('a', 1)).toBe('first');
      await t.env.settle();
      const details = { topic: 'a', endpoint: 'store' };
      expect(t.errors).toMatchObject([{ code: 'BUS_HANDLER_FAILED', cause: fault, details }]);
    }
  });

  it('is no stream where it replies with a list, a text or a map', async () => {
    await using t = await bench();
    t.bus.handle('a', ({ payload }) => payload);
    for (const reply of [[1, 2], 'text', new Map([[1, 2]]), new Set([1])]) {
      expect(await t.bus.request('a', reply)).toBe(reply);
      expect(await all(t.bus.requestMany('a', reply))).toEqual([reply]);
    }
  });

  it('may be any async iterable', async () => {
    await using t = await bench();
    t.bus.handle('a', () => new Response('text').body);
    const [chunk] = await all(t.bus.requestMany('a', 1));
    expect(new TextDecoder().decode(chunk as Uint8Array)).toBe('text');
  });
});
