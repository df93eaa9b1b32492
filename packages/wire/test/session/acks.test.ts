import { BusError, Verdict } from '@bus/core';
import { describe, expect, test } from 'vitest';
import { acknowledge, track } from './support/acknowledged.ts';
import { Buses, hostOf, linksOf, pair, star } from './support/buses.ts';

const never = (): Promise<never> => new Promise(() => undefined);

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
    const bad = track(two.left, 'a', 2n ** 70n);
    const good = track(two.left, 'a', 1);
    await two.settle();
    expect(bad.endings.map(({ outcome }) => outcome)).toEqual(['rejected']);
    expect(good.shown).toEqual(['forwarded 1']);
  });
});

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
    expect(linksOf(two.left)[0]?.strayReplies).toBe(0);
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
    expect(linksOf(two.left)[0]).toMatchObject({ state: 'up', strayReplies: 0 });
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
    expect(linksOf(two.left)[0]).toMatchObject({ strayReplies: 0, unacknowledged: { sent: 0 } });
  });
});

describe('behind a hub', () => {
  test('an event is acknowledged when its handler there has ended', async () => {
    const { buses, leaf } = await star({ one: {}, two: {} });
    let done = (_: unknown): void => undefined;
    acknowledge(leaf('two'), 'a', () => new Promise((resolve) => (done = resolve)));
    await buses.settle();
    const sent = track(leaf('one'), 'a', 1);
    await buses.settle();
    expect(sent.shown).toEqual([]);
    done(1);
    await buses.settle();
    expect(sent.shown).toEqual(['forwarded 1']);
  });

  test('the counts of all members add up, the hub among them', async () => {
    const { buses, hub, leaf } = await star({ one: {}, two: {}, three: {} });
    for (const bus of [hub, leaf('two'), leaf('three'), leaf('three')]) {
      acknowledge(bus, 'a', () => undefined);
    }
    await buses.settle();
    const sent = track(leaf('one'), 'a', 1);
    await buses.settle();
    expect(sent.shown).toEqual(['forwarded 4']);
  });

  test('a member that dies fails the event, with the code of a lost link', async () => {
    const buses = await star({ one: {}, two: {} });
    const third = buses.buses.bus('three', [[buses.cable.another(), {}]]);
    await buses.buses.start();
    acknowledge(buses.leaf('two'), 'a', () => undefined);
    acknowledge(third, 'a', never);
    await buses.buses.settle();
    const sent = track(buses.leaf('one'), 'a', 1);
    await buses.buses.settle();
    expect(sent.shown).toEqual([]);
    const stopped = third.stop({ drainMs: 0 });
    await buses.buses.settle();
    await stopped;
    await buses.buses.settle();
    expect(sent.shown).toEqual(['rejected CORRELATION_PEER_GONE']);
  });

  test('one that acknowledges and one that does not are two interests', async () => {
    const { buses, leaf } = await star({ one: {}, two: {}, three: {} });
    acknowledge(leaf('two'), 'a', () => undefined);
    acknowledge(leaf('three'), 'a', () => undefined, { acknowledges: false });
    await buses.settle();
    const sent = track(leaf('one'), 'a', 1);
    await buses.settle();
    expect([...sent.shown].sort()).toEqual(['forwarded 1', 'forwarded undefined']);
  });

  test('round a ring an event ends, though it comes back', async () => {
    const buses = new Buses();
    const cables = [buses.cable(), buses.cable(), buses.cable()];
    const all = ['a', 'b', 'c'].map((id, at) =>
      buses.bus(id, [[cables[at]?.listener], [cables[(at + 2) % 3]?.connector]] as never),
    );
    await buses.start();
    for (const bus of all) acknowledge(bus, 'x', () => undefined);
    await buses.settle();
    const sent = track(all[0] as (typeof all)[0], 'x', 1);
    await buses.settle();
    await buses.env.advance(1000);
    expect(sent.targets).toBe(3);
    expect(sent.endings.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
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
