import { BusError } from '@bus/core';
import { describe, expect, test } from 'vitest';
import { all, linksOf, pair, star } from '../support/buses.ts';
import { codeOf } from '../support/codes.ts';

describe('a request over a link', () => {
  test('gets the reply of the handler at the other end', async () => {
    const two = await pair();
    two.right.handle('q', ({ payload }) => ({ asked: payload, by: 'right' }));
    await two.settle();
    expect(await two.run(two.left.request('q', [1]))).toEqual({ asked: [1], by: 'right' });
  });

  test('that nobody handles is refused with BUS_NO_ROUTE, at once', async () => {
    const two = await pair();
    expect(await codeOf(two.left.request('q', 1))).toBe('BUS_NO_ROUTE');
  });

  test('gets what the handler threw: name, message, code and details, and never its stack', async () => {
    const two = await pair();
    class OrderError extends Error {
      override readonly name = 'OrderError';
      readonly code = 'ORDER_GONE';
      readonly details = { id: 7 };
    }
    two.right.handle('q', function secretPlace() {
      throw new OrderError('no such order');
    });
    await two.settle();
    const error = await two.run(two.left.request('q', 1)).catch((e: unknown) => e as BusError);
    expect(error).toMatchObject({
      name: 'OrderError',
      message: 'no such order',
      code: 'ORDER_GONE',
      details: { id: 7 },
    });
    expect(BusError.is(error)).toBe(true);
    for (let seen: unknown = error; seen instanceof Error; seen = seen.cause) {
      expect(seen.stack).not.toContain('secretPlace');
    }
  });

  test('fails with BUS_MAILBOX_FULL where the handler has no room and says so', async () => {
    const two = await pair();
    two.right.handle('q', () => new Promise(() => undefined), {
      concurrency: 1,
      capacity: 1,
      overflow: 'error',
    });
    await two.settle();
    const asked = [1, 2, 3].map((n) => two.left.request('q', n, { timeoutMs: 100 }));
    expect(await two.run(codeOf(asked[2] as Promise<unknown>))).toBe('BUS_MAILBOX_FULL');
    await two.run(Promise.allSettled(asked));
  });

  test('times out at its asker, and the handler is told', async () => {
    const two = await pair();
    const reasons: unknown[] = [];
    two.right.handle('q', ({ signal }) => {
      signal.addEventListener('abort', () => reasons.push((signal.reason as BusError).code));
      return new Promise(() => undefined);
    });
    await two.settle();
    const asked = codeOf(two.left.request('q', 1, { timeoutMs: 50 }));
    expect(await two.run(asked)).toBe('CORRELATION_TIMEOUT');
    await two.settle();
    expect(reasons).toHaveLength(1);
    expect(linksOf(two.left)[0]?.requests.asked).toBe(0);
    expect(linksOf(two.right)[0]?.requests.answering).toBe(0);
  });

  test('that is cancelled by its signal aborts the signal of the far handler', async () => {
    const two = await pair();
    let reason: unknown;
    two.right.handle('q', ({ signal }) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      return new Promise(() => undefined);
    });
    await two.settle();
    const controller = new AbortController();
    const asked = codeOf(two.left.request('q', 1, { signal: controller.signal }));
    await two.settle();
    controller.abort(new Error('enough'));
    expect(await two.run(asked)).toBe('BUS_CANCELLED');
    await two.settle();
    expect(reason).toMatchObject({ code: 'BUS_CANCELLED' });
    expect(linksOf(two.left)[0]?.requests.asked).toBe(0);
  });

  test('whose deadline passes while it waits for the link is never sent', async () => {
    const two = await pair();
    const handled: unknown[] = [];
    two.right.handle('q', ({ payload }) => handled.push(payload));
    await two.settle();
    two.link.isStalled = true;
    const first = codeOf(two.left.request('q', 'fills the link'));
    await two.settle();
    const asked = codeOf(two.left.request('q', 'late', { timeoutMs: 50 }));
    expect(await two.run(asked)).toBe('CORRELATION_TIMEOUT');
    two.link.flow();
    await two.run(first);
    expect(handled).toEqual(['fills the link']);
    expect(linksOf(two.right)[0]?.received.messages).toBe(1);
  });

  test('that is cancelled while it waits behind a full mailbox is never handled', async () => {
    const two = await pair();
    const handled: unknown[] = [];
    const release: (() => void)[] = [];
    two.right.handle(
      'q',
      ({ payload }) => {
        handled.push(payload);
        return new Promise<void>((resolve) => release.push(resolve));
      },
      { concurrency: 1, capacity: 1, overflow: 'block' },
    );
    await two.settle();
    const given = new AbortController();
    const asked = [1, 2, 3, 4, 5].map((n) =>
      codeOf(two.left.request('q', n, n === 4 ? { signal: given.signal } : {})),
    );
    await two.settle();
    given.abort();
    expect(await two.run(asked[3] as Promise<unknown>)).toBe('BUS_CANCELLED');
    for (let n = 0; n < 4; n++) {
      for (const go of release.splice(0)) go();
      await two.settle();
    }
    expect(handled).toEqual([1, 2, 3, 5]);
  });

  test('made while handling another has no more time than that one has left', async () => {
    const { buses, leaf } = await star({ asker: {}, middle: {}, last: {} });
    const left: number[] = [];
    leaf('middle').handle('outer', async (message) => {
      await new Promise<void>((resolve) => buses.env.setTimer(resolve, 60));
      return leaf('middle').request('inner', 1, { parent: message, timeoutMs: 5000 });
    });
    leaf('last').handle('inner', ({ deadline }) => {
      left.push((deadline as number) - buses.env.now());
      return 'done';
    });
    await buses.settle();
    const reply = leaf('asker').request('outer', 1, { timeoutMs: 100 });
    expect(await buses.run(reply)).toBe('done');
    expect(left[0]).toBeGreaterThan(0);
    expect(left[0]).toBeLessThanOrEqual(45);
  });

  test('ends with CORRELATION_PEER_GONE when the link is lost, also while it waits for room', async () => {
    const two = await pair({}, { limits: { pendingRequests: 2 } });
    two.right.handle('q', () => new Promise(() => undefined));
    await two.settle();
    const codes = [1, 2, 3, 4].map((n) => codeOf(two.left.request('q', n)));
    await two.settle();
    expect(linksOf(two.left)[0]?.requests.asked).toBe(2);
    two.link.cut();
    const all = await two.run(Promise.all(codes));
    expect(all).toEqual(Array.from({ length: 4 }, () => 'CORRELATION_PEER_GONE'));
  });

  test('over its limit waits at the asker until another is answered', async () => {
    const two = await pair({}, { limits: { pendingRequests: 2 } });
    const going: ((value: string) => void)[] = [];
    two.right.handle('q', () => new Promise<string>((resolve) => going.push(resolve)));
    await two.settle();
    const replies = [1, 2, 3].map((n) => two.left.request('q', n));
    await two.settle();
    expect(going).toHaveLength(2);
    going[0]?.('first');
    await two.settle();
    expect(going).toHaveLength(3);
    going[1]?.('second');
    going[2]?.('third');
    expect(await two.run(Promise.all(replies))).toEqual(['first', 'second', 'third']);
  });

  test('passes a hub, and comes back to the one that asked', async () => {
    const { buses, leaf } = await star({ one: {}, two: {}, three: {} });
    leaf('three').handle('q', ({ payload }) => `${payload} by three`);
    await buses.settle();
    const replies = [leaf('one').request('q', 'one'), leaf('two').request('q', 'two')];
    expect(await buses.run(Promise.all(replies))).toEqual(['one by three', 'two by three']);
  });
});

describe('replies of many', () => {
  test('come from every member that answers, however far it is', async () => {
    const { buses, hub, leaf } = await star({ asker: {}, one: {}, two: {} });
    for (const id of ['one', 'two']) leaf(id).handle('count', () => id);
    hub.handle('count', () => 'hub');
    await buses.settle();
    const replies = await buses.run(all(leaf('asker').requestMany('count', 1)));
    expect([...replies].sort()).toEqual(['hub', 'one', 'two']);
  });

  test('end without the one that never answers, as they do in one process', async () => {
    const { buses, leaf } = await star({ asker: {}, one: {}, two: {} });
    leaf('one').handle('count', () => 'one');
    leaf('two').handle('count', () => new Promise(() => undefined));
    await buses.settle();
    const replies = leaf('asker').requestMany('count', 1, { timeoutMs: 100 });
    expect(await buses.run(all(replies))).toEqual(['one']);
  });

  test('a stream arrives in order, and its handler is one item ahead at the most', async () => {
    const two = await pair();
    let produced = 0;
    two.right.handle('rows', async function* () {
      for (let row = 0; row < 5; row++) {
        produced++;
        yield row;
      }
    });
    await two.settle();
    const rows = two.left.requestMany('rows', 1);
    const got: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const next = await two.run(rows.next());
      got.push(next.value);
      await two.settle();
      expect(produced).toBeLessThanOrEqual(got.length + 2);
    }
    expect(await two.run(all(rows))).toEqual([3, 4]);
    expect(got).toEqual([0, 1, 2]);
  });

  test('a loop that is left early ends the handler at the other end', async () => {
    const two = await pair();
    let ended = false;
    two.right.handle('rows', async function* () {
      try {
        for (let row = 0; ; row++) yield row;
      } finally {
        ended = true;
      }
    });
    await two.settle();
    const taken = (async () => {
      for await (const row of two.left.requestMany('rows', 1)) if (row === 2) return row;
      return undefined;
    })();
    expect(await two.run(taken)).toBe(2);
    await two.settle();
    expect(ended).toBe(true);
    expect(linksOf(two.right)[0]?.requests.answering).toBe(0);
    expect(linksOf(two.left)[0]?.requests.asked).toBe(0);
  });

  test('a stream that breaks off throws what its handler threw, after the items before', async () => {
    const two = await pair();
    two.right.handle('rows', async function* () {
      yield 1;
      throw new BusError('ROWS_GONE', 'the table was dropped', {});
    });
    await two.settle();
    const got: unknown[] = [];
    const taken = (async () => {
      for await (const row of two.left.requestMany('rows', 1)) got.push(row);
    })();
    expect(await two.run(codeOf(taken))).toBe('ROWS_GONE');
    expect(got).toEqual([1]);
  });

  test('a plain request to a handler that streams gets the first item', async () => {
    const two = await pair();
    two.right.handle('rows', async function* () {
      yield 'first';
      yield 'second';
    });
    await two.settle();
    expect(await two.run(two.left.request('rows', 1))).toBe('first');
  });

  test('nothing is left at either end when the asker stops before all have answered', async () => {
    const { buses, hub, leaf } = await star({ asker: {}, one: {}, two: {} });
    leaf('one').handle('count', () => 'one');
    leaf('two').handle('count', () => new Promise(() => undefined));
    await buses.settle();
    const replies = leaf('asker').requestMany('count', 1, { timeoutMs: 50 });
    const got: unknown[] = [];
    const gathering = (async () => {
      for await (const reply of replies) got.push(reply);
    })();
    await buses.run(gathering.catch(() => undefined));
    expect(got).toEqual(['one']);
    await buses.settle();
    await buses.env.advance(100);
    for (const bus of [hub, leaf('asker'), leaf('one'), leaf('two')]) {
      for (const { requests } of linksOf(bus)) expect(requests).toEqual({ asked: 0, answering: 0 });
    }
  });
});
