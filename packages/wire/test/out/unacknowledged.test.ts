import type { BusError } from '@bus/core';
import { never } from '@bus/test-support';
import { describe, expect, test } from 'vitest';
import { acknowledge, track } from '../support/acknowledged.ts';
import { hostOf, linksOf, pair } from '../support/buses.ts';

describe('giving up', () => {
  test('by its signal reaches the handler there', async () => {
    const two = await pair();
    const reasons: unknown[] = [];
    acknowledge(two.right, 'a', ({ signal }) => {
      signal.addEventListener('abort', () => reasons.push((signal.reason as BusError).code));
      return never();
    });
    await two.settle();
    const controller = new AbortController();
    const other = track(two.left, 'a', 0);
    const sent = track(two.left, 'a', 1, { signal: controller.signal });
    await two.settle();
    controller.abort();
    expect(sent.shown).toEqual(['cancelled BUS_CANCELLED']);
    expect(linksOf(two.left)[0]?.unacknowledged.sent).toBe(2);
    await two.settle();
    expect(reasons).toEqual(['BUS_CANCELLED']);
    expect(other.shown).toEqual([]);
    expect(linksOf(two.left)[0]?.unacknowledged.sent).toBe(1);
    expect(linksOf(two.left)[0]?.state).toBe('up');
  });

  test('of all that wait, by their deadline, tells of each', async () => {
    const two = await pair();
    let aborted = 0;
    acknowledge(two.right, 'a', ({ signal }) => {
      signal.addEventListener('abort', () => aborted++);
      return never();
    });
    await two.settle();
    const sent = Array.from({ length: 50 }, (_, n) => track(two.left, 'a', n, { timeoutMs: 50 }));
    await two.env.advance(100);
    await two.settle();
    expect(sent.flatMap(({ shown }) => shown)).toEqual(Array(50).fill('expired BUS_EXPIRED'));
    expect(aborted).toBe(50);
    expect(linksOf(two.left)[0]?.unacknowledged.sent).toBe(0);
  });

  test('while it waits behind a full mailbox means that it is never handled', async () => {
    const two = await pair();
    const handled: unknown[] = [];
    const release: (() => void)[] = [];
    acknowledge(
      two.right,
      'a',
      ({ payload }) => {
        handled.push(payload);
        return new Promise<void>((resolve) => release.push(resolve));
      },
      { concurrency: 1, capacity: 1, overflow: 'block' },
    );
    await two.settle();
    const controller = new AbortController();
    const sent = [1, 2, 3, 4, 5].map((n) =>
      track(two.left, 'a', n, n === 4 ? { signal: controller.signal } : {}),
    );
    await two.settle();
    controller.abort();
    await two.settle();
    for (let n = 0; n < 5; n++) {
      for (const go of release.splice(0)) go();
      await two.settle();
    }
    expect(handled).toEqual([1, 2, 3, 5]);
    expect(sent.map(({ shown }) => shown[0])).toEqual([
      'forwarded 1',
      'forwarded 1',
      'forwarded 1',
      'cancelled BUS_CANCELLED',
      'forwarded 1',
    ]);
  });
});

describe('a link that is lost', () => {
  test('ends what has not been acknowledged as rejected, and the handler goes on', async () => {
    const two = await pair();
    let aborted = false;
    let done = (_: unknown): void => undefined;
    acknowledge(two.right, 'a', ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise((resolve) => (done = resolve));
    });
    await two.settle();
    const sent = [1, 2].map((n) => track(two.left, 'a', n));
    await two.settle();
    two.link.cut();
    await two.settle();
    const gone = ['rejected CORRELATION_PEER_GONE'];
    expect(sent.map(({ shown }) => shown)).toEqual([gone, gone]);
    expect(aborted).toBe(false);
    await two.env.advance(1000);
    done(1);
    await two.settle();
    expect(linksOf(two.left)[0]).toMatchObject({ state: 'up' });
    const again = track(two.left, 'a', 3);
    await two.settle();
    done(1);
    await two.settle();
    expect(again.shown).toEqual(['forwarded 1']);
  });

  test('ends what waited for room as well', async () => {
    const two = await pair({}, { limits: { unacknowledged: 2 } });
    acknowledge(two.right, 'a', never);
    await two.settle();
    const sent = [1, 2, 3, 4].map((n) => track(two.left, 'a', n));
    await two.settle();
    expect(linksOf(two.left)[0]?.unacknowledged.sent).toBe(2);
    two.link.cut();
    await two.settle();
    const codes = sent.map(({ endings }) => endings.map(({ error }) => error?.code));
    expect(codes).toEqual(Array.from({ length: 4 }, () => ['CORRELATION_PEER_GONE']));
    expect(two.left.inspect().outcomes.inFlight).toBe(0);
  });
});

describe('the limit of the receiver', () => {
  test('has further events wait here, while requests and other events pass', async () => {
    const two = await pair({}, { limits: { unacknowledged: 2 } });
    const going: ((value: unknown) => void)[] = [];
    const got: unknown[] = [];
    acknowledge(two.right, 'a', () => new Promise((resolve) => going.push(resolve)));
    two.right.subscribe('b', ({ payload }) => void got.push(payload));
    two.right.handle('q', () => 'answered');
    await two.settle();
    const sent = [1, 2, 3, 4].map((n) => track(two.left, 'a', n));
    void two.left.publish('b', 'passes');
    expect(await two.run(two.left.request('q', 1))).toBe('answered');
    expect([going.length, got]).toEqual([2, ['passes']]);
    for (const go of going.splice(0)) go(1);
    await two.settle();
    expect(going).toHaveLength(2);
    for (const go of going.splice(0)) go(1);
    await two.settle();
    expect(sent.map(({ shown }) => shown)).toEqual(Array(4).fill(['forwarded 1']));
  });

  test('is used again by what is sent while acknowledgements come in', async () => {
    const two = await pair({}, { limits: { unacknowledged: 3 } });
    const running: ((value: unknown) => void)[] = [];
    const got: unknown[] = [];
    acknowledge(two.right, 'a', ({ payload }) => {
      got.push(payload);
      return (payload as number) < 2 ? new Promise((resolve) => running.push(resolve)) : undefined;
    });
    await two.settle();
    const completion = {
      settled: (): void => {
        for (let n = 2; n < 8; n++) track(two.left, 'a', n);
      },
    };
    void hostOf(two.left).send('event', 'a', 0, undefined, { completion });
    track(two.left, 'a', 1);
    await two.settle();
    for (const done of running) done(1);
    await two.settle();
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('lets one wait for ever while thousands pass it', async () => {
    const two = await pair({}, { limits: { unacknowledged: 4 } });
    let done = (_: unknown): void => undefined;
    acknowledge(two.right, 'a', ({ payload }) =>
      payload === 0 ? new Promise((resolve) => (done = resolve)) : undefined,
    );
    await two.settle();
    const stuck = track(two.left, 'a', 0);
    for (let n = 1; n < 3000; n += 3) {
      const sent = [n, n + 1, n + 2].map((at) => track(two.left, 'a', at));
      await two.env.settle();
      await two.env.settle();
      expect(sent.flatMap(({ shown }) => shown)).toEqual(Array(3).fill('forwarded 1'));
    }
    expect(stuck.shown).toEqual([]);
    done(1);
    await two.settle();
    expect(stuck.shown).toEqual(['forwarded 1']);
    expect(linksOf(two.left)[0]).toMatchObject({ state: 'up', unacknowledged: { sent: 0 } });
  });
});

describe('a bus that stops', () => {
  test('acknowledges first what its handlers have in hand', async () => {
    const two = await pair();
    acknowledge(
      two.right,
      'a',
      () => new Promise((resolve) => two.env.setTimer(() => resolve(1), 50)),
    );
    await two.settle();
    const sent = track(two.left, 'a', 1);
    await two.settle();
    await two.run(two.right.stop());
    expect(sent.shown).toEqual(['forwarded 1']);
  });

  test('waits for the acknowledgements it is owed', async () => {
    const two = await pair();
    acknowledge(
      two.right,
      'a',
      () => new Promise((resolve) => two.env.setTimer(() => resolve(1), 50)),
    );
    await two.settle();
    const sent = track(two.left, 'a', 1);
    await two.settle();
    await two.run(two.left.stop());
    expect(sent.shown).toEqual(['forwarded 1']);
  });
});
