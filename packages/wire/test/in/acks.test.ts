import { BusError, Verdict } from '@bus/core';
import { never } from '@bus/test-support';
import { describe, expect, test } from 'vitest';
import { acknowledge, track } from '../support/acknowledged.ts';
import { hostOf, linksOf, pair } from '../support/buses.ts';

describe('an event that is to be acknowledged', () => {
  test('ends when the handler at the other end has ended, not before', async () => {
    const two = await pair();
    let done = (_: unknown): void => undefined;
    acknowledge(two.right, 'a', () => new Promise((resolve) => (done = resolve)));
    await two.settle();
    const sent = track(two.left, 'a', 1);
    await two.settle();
    expect([sent.targets, sent.endings]).toEqual([1, []]);
    expect(linksOf(two.left)[0]?.unacknowledged).toEqual({ sent: 1, received: 0 });
    expect(linksOf(two.right)[0]?.unacknowledged).toEqual({ sent: 0, received: 1 });
    done('what a handler returns is not sent');
    await two.settle();
    expect(sent.shown).toEqual(['forwarded 1']);
    expect(linksOf(two.left)[0]?.unacknowledged).toEqual({ sent: 0, received: 0 });
    expect(linksOf(two.right)[0]?.unacknowledged).toEqual({ sent: 0, received: 0 });
  });

  test('tells how many endpoints there acknowledged it', async () => {
    const two = await pair();
    for (let n = 0; n < 3; n++) acknowledge(two.right, 'a', () => n);
    await two.settle();
    const sent = track(two.left, 'a', 1);
    await two.settle();
    expect(sent.shown).toEqual(['forwarded 3']);
  });

  test('tells so of each, though they are acknowledged together', async () => {
    const two = await pair();
    acknowledge(two.right, 'a', () => undefined);
    const filter = ({ payload }: { readonly payload: unknown }): boolean => (payload as number) > 2;
    acknowledge(two.right, 'a', () => undefined, { filter });
    await two.settle();
    const sent = [1, 2, 3, 4, 1].map((n) => track(two.left, 'a', n));
    await two.settle();
    expect(sent.flatMap(({ endings }) => endings.map(({ value }) => value))).toEqual([
      1, 1, 2, 2, 1,
    ]);
  });

  test('crosses once for several interests of a peer, each of which answers for itself', async () => {
    const two = await pair();
    const payloads: unknown[] = [];
    const take = ({ payload }: { payload: unknown }): void => void payloads.push(payload);
    two.right.subscribe('a.b', take);
    acknowledge(two.right, 'a.*', take);
    acknowledge(two.right, 'a.?', take);
    two.right.subscribe('*.b', take);
    await two.settle();
    const text = 'x'.repeat(1000);
    const before = linksOf(two.left)[0]?.sent.bytes ?? 0;
    const sent = track(two.left, 'a.b', text);
    await two.settle();
    expect(payloads).toEqual([text, text, text, text]);
    expect([...sent.shown].sort()).toEqual([
      'forwarded 1',
      'forwarded 1',
      'forwarded undefined',
      'forwarded undefined',
    ]);
    expect((linksOf(two.left)[0]?.sent.bytes ?? 0) - before).toBeLessThan(1200);
  });

  test('goes as any other where nobody waits for it, or where nobody acknowledges', async () => {
    const two = await pair();
    const got: unknown[] = [];
    acknowledge(two.right, 'a', ({ payload }) => void got.push(payload));
    two.right.subscribe('b', ({ payload }) => void got.push(payload));
    await two.settle();
    await two.left.publish('a', 1);
    const sent = track(two.left, 'b', 2);
    expect(sent.shown).toEqual(['forwarded undefined']);
    await two.settle();
    expect(got).toEqual([1, 2]);
  });

  test('keeps its order among those that nobody waits for', async () => {
    const two = await pair();
    const got: unknown[] = [];
    acknowledge(two.right, 'a', ({ payload }) => void got.push(payload), { concurrency: 1 });
    await two.settle();
    for (let n = 0; n < 20; n++) {
      if (n % 3 === 0) track(two.left, 'a', n);
      else void two.left.publish('a', n);
    }
    await two.settle();
    expect(got).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  test('reaches its handler with its attempt, headers, key and deadline', async () => {
    const two = await pair();
    const got: unknown[] = [];
    acknowledge(two.right, 'a', ({ key, headers, attempt, deadline }) =>
      got.push([key, headers.trace, attempt, deadline !== undefined]),
    );
    await two.settle();
    const completion = { settled: () => undefined };
    await hostOf(two.left).send(
      'event',
      'a',
      1,
      { key: 'k', headers: { trace: 't' }, timeoutMs: 1000 },
      { completion, fields: { attempt: 3 } },
    );
    await two.settle();
    expect(got).toEqual([['k', 't', 3, true]]);
  });
});

describe('what is not a failure', () => {
  test('is a filter that says no: the event is acknowledged by the others', async () => {
    const two = await pair();
    acknowledge(two.right, 'a', () => undefined, { filter: () => false });
    acknowledge(two.right, 'a', () => undefined);
    await two.settle();
    const sent = track(two.left, 'a', 1);
    await two.settle();
    expect(sent.shown).toEqual(['forwarded 1']);
  });

  test('is a dead letter, which does not count as acknowledged', async () => {
    const two = await pair();
    const letter = new BusError('X_GAVE_UP', 'gave up', {});
    acknowledge(two.right, 'a', () => {
      throw new Verdict('dead-lettered', letter);
    });
    await two.settle();
    const sent = track(two.left, 'a', 1);
    await two.settle();
    expect(sent.shown).toEqual(['forwarded 0']);
  });
});

describe('what is a failure', () => {
  test('is the first of the errors there, when all have ended', async () => {
    const two = await pair();
    let done = (_: unknown): void => undefined;
    acknowledge(two.right, 'a', () => {
      throw Object.assign(new Error('no such order'), { code: 'SHOP_GONE', details: { id: 7 } });
    });
    acknowledge(two.right, 'a', () => new Promise((resolve) => (done = resolve)));
    await two.settle();
    const sent = track(two.left, 'a', 1);
    await two.settle();
    expect(sent.shown).toEqual([]);
    done(1);
    await two.settle();
    expect(sent.shown).toEqual(['failed SHOP_GONE']);
    expect(sent.endings[0]?.error?.cause).toMatchObject({
      message: 'no such order',
      details: { id: 7 },
    });
  });

  test('is a mailbox that is full there, and a message that another took the place of', async () => {
    const two = await pair();
    acknowledge(two.right, 'full', never, { concurrency: 1, capacity: 1, overflow: 'error' });
    acknowledge(two.right, 'latest', never, { concurrency: 1, capacity: 1, overflow: 'latest' });
    await two.settle();
    const full = [1, 2, 3].map((n) => track(two.left, 'full', n));
    const latest = [1, 2, 3].map((n) => track(two.left, 'latest', n));
    await two.settle();
    expect(full.map(({ shown }) => shown)).toEqual([[], [], ['rejected BUS_MAILBOX_FULL']]);
    expect(latest.map(({ shown }) => shown)).toEqual([[], ['superseded BUS_CANCELLED'], []]);
  });

  test('is a subscriber that has gone meanwhile', async () => {
    const two = await pair();
    const subscription = acknowledge(two.right, 'a', () => undefined);
    await two.settle();
    const sent = track(two.left, 'a', 1);
    subscription.stop();
    await two.settle();
    expect(sent.shown).toEqual(['dropped BUS_NO_ROUTE']);
  });

  test('is a failure with more to say than the link takes', async () => {
    const two = await pair({ limits: { frameBytes: 4096 } }, { limits: { frameBytes: 4096 } });
    acknowledge(two.right, 'a', () => {
      throw Object.assign(new Error('x'.repeat(10_000)), { code: 'SHOP_GONE' });
    });
    await two.settle();
    const sent = track(two.left, 'a', 1);
    await two.settle();
    expect(sent.shown).toEqual(['failed SHOP_GONE']);
  });

  test('is a payload that cannot be encoded: it is rejected here, and takes no id', async () => {
    const two = await pair();
    acknowledge(two.right, 'a', () => undefined);
    await two.settle();
    const bad = track(two.left, 'a', { job: Promise.resolve() });
    const good = track(two.left, 'a', 1);
    await two.settle();
    expect(bad.endings.map(({ outcome }) => outcome)).toEqual(['rejected']);
    expect(good.shown).toEqual(['forwarded 1']);
  });
});
