import { describe, expect, test } from 'vitest';
import { linksOf, pair } from '../support/buses.ts';
import { codeOf } from '../support/codes.ts';

/** A handler that waits until it is let go, message by message. */
function gate() {
  const seen: unknown[] = [];
  const waiting: (() => void)[] = [];
  return {
    seen,
    handle: ({ payload }: { readonly payload: unknown }): Promise<void> => {
      seen.push(payload);
      return new Promise<void>((resolve) => waiting.push(resolve));
    },
    /** Lets the oldest go. */
    next(): void {
      waiting.shift()?.();
    },
  };
}

describe('a slow subscriber', () => {
  test('that blocks loses nothing, and the promise of its publisher waits', async () => {
    const two = await pair({}, { limits: { windowMessages: 4 } });
    const slow = gate();
    two.right.subscribe('slow', slow.handle, { capacity: 2, overflow: 'block' });
    await two.settle();
    const settled: number[] = [];
    const publishing = (async () => {
      for (let n = 0; n < 12; n++) {
        await two.left.publish('slow', n);
        settled.push(n);
      }
    })();
    await two.settle();
    expect(settled.length).toBeLessThan(12);
    for (let n = 0; n < 12; n++) {
      slow.next();
      await two.settle();
    }
    expect(slow.seen).toEqual(Array.from({ length: 12 }, (_, n) => n));
    await publishing;
    expect(settled).toHaveLength(12);
  });

  test('holds only its own interest: others of the same link go on', async () => {
    const two = await pair({}, { limits: { windowMessages: 8 } });
    const slow = gate();
    const got: unknown[] = [];
    two.right.subscribe('slow', slow.handle, { capacity: 2, overflow: 'block' });
    two.right.subscribe('quick', ({ payload }) => void got.push(payload));
    await two.settle();
    // A burst as large as the window, before the peer can say that it is too much.
    for (let n = 0; n < 8; n++) void two.left.publish('slow', n);
    await two.settle();
    for (let n = 0; n < 50; n++) {
      void two.left.publish('quick', n);
      await two.settle();
    }
    expect(got).toHaveLength(50);
    expect(slow.seen).toEqual([0]);
    for (let n = 0; n < 8; n++) {
      slow.next();
      await two.settle();
    }
    expect(slow.seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('cannot make its bus keep more than two windows of messages, however many are slow', async () => {
    const two = await pair({}, { limits: { windowMessages: 8 } });
    const slow = ['a', 'b', 'c', 'd'].map((topic) => {
      const handler = gate();
      two.right.subscribe(topic, handler.handle, { capacity: 1, overflow: 'block' });
      return handler;
    });
    await two.settle();
    for (const topic of ['a', 'b', 'c', 'd']) {
      for (let n = 0; n < 10; n++) void two.left.publish(topic, n).catch(() => undefined);
      await two.settle();
    }
    // Three of each are with the kernel: one runs, one waits, one waits for room.
    expect(linksOf(two.right)[0]?.received.messages).toBeLessThanOrEqual(4 * 3 + 2 * 8);
    expect(slow[0]?.seen).toEqual([0]);
  });

  test('gets what had come for it before anything of the link that replaces a lost one', async () => {
    const two = await pair({}, { reconnect: { baseMs: 1, maxMs: 1 } });
    const slow = gate();
    two.right.subscribe('slow', slow.handle, { capacity: 3, overflow: 'block' });
    await two.settle();
    for (let n = 0; n < 10; n++) void two.left.publish('slow', n).catch(() => undefined);
    await two.settle();
    two.link.cut();
    await two.env.advance(50);
    slow.next();
    await two.settle();
    void two.left.publish('slow', 'new').catch(() => undefined);
    await two.settle();
    for (let n = 0; n < 12; n++) {
      slow.next();
      await two.settle();
    }
    expect(slow.seen.at(-1)).toBe('new');
    const before = slow.seen.slice(0, -1);
    expect(before).toEqual(before.map((_, n) => n));
    // What found no room when the link was lost is counted.
    const { accepted, inFlight, ended } = two.right.inspect().outcomes;
    expect(inFlight).toBe(0);
    expect(ended.handled).toBe(slow.seen.length);
    expect(accepted).toBe(11);
  });
});

describe('while a link takes no more', () => {
  /** Two buses whose link has just refused a send. */
  async function stalled(
    overflow: 'block' | 'drop-oldest' | 'drop-newest' | 'error',
    capacity = 3,
  ) {
    const two = await pair();
    const got: unknown[] = [];
    two.right.subscribe('a', ({ payload }) => void got.push(payload), { overflow, capacity });
    await two.settle();
    two.link.isStalled = true;
    void two.left.publish('a', 'first');
    await two.settle();
    const go = async (): Promise<void> => {
      two.link.flow();
      await two.settle();
    };
    return { two, got, go };
  }

  test('`block` keeps publishers waiting at the sender', async () => {
    const { two, got, go } = await stalled('block');
    let accepted = 0;
    for (let n = 0; n < 7; n++) void two.left.publish('a', n).then(() => accepted++);
    await two.settle();
    expect(accepted).toBeLessThan(7);
    await go();
    expect(accepted).toBe(7);
    expect(got).toEqual(['first', 0, 1, 2, 3, 4, 5, 6]);
  });

  test('`drop-oldest` keeps the newest at the sender, and counts what it drops', async () => {
    const { two, got, go } = await stalled('drop-oldest');
    for (let n = 0; n < 9; n++) void two.left.publish('a', n);
    await go();
    expect(got.slice(-3)).toEqual([6, 7, 8]);
    const { dropped } = two.left.inspect().outcomes.ended;
    expect(dropped['drop-oldest']).toBe(10 - got.length);
  });

  test('`drop-newest` keeps the oldest, and counts what it drops', async () => {
    const { two, got, go } = await stalled('drop-newest');
    for (let n = 0; n < 9; n++) void two.left.publish('a', n);
    await go();
    expect(got.slice(0, 4)).toEqual(['first', 0, 1, 2]);
    expect(got).not.toContain(8);
    const { dropped } = two.left.inspect().outcomes.ended;
    expect(dropped['drop-newest']).toBe(10 - got.length);
  });

  test('`error` refuses what finds no room', async () => {
    const { two } = await stalled('error');
    const codes = await Promise.all(
      Array.from({ length: 9 }, (_, n) => codeOf(two.left.publish('a', n))),
    );
    expect(codes.at(-1)).toBe('BUS_MAILBOX_FULL');
  });

  test('`latest` keeps the newest of each key', async () => {
    const two = await pair();
    const got: unknown[] = [];
    two.right.subscribe('a', ({ payload }) => void got.push(payload), { mode: 'latest' });
    await two.settle();
    two.link.isStalled = true;
    void two.left.publish('a', 'first', { key: 'x' });
    await two.settle();
    void two.left.publish('a', 'parked', { key: 'z' });
    for (let n = 0; n < 5; n++) {
      void two.left.publish('a', `x${n}`, { key: 'x' });
      void two.left.publish('a', `y${n}`, { key: 'y' });
    }
    await two.settle();
    two.link.flow();
    await two.settle();
    expect(got).toEqual(['first', 'parked', 'x4', 'y4']);
    expect(two.left.inspect().outcomes.ended.superseded).toBe(8);
  });

  test('a high priority overtakes what waits', async () => {
    const { two, got, go } = await stalled('block', 100);
    void two.left.publish('a', 'parked');
    for (const n of [1, 2]) void two.left.publish('a', `low ${n}`, { priority: 'low' });
    for (const n of [1, 2]) void two.left.publish('a', `normal ${n}`);
    for (const n of [1, 2]) void two.left.publish('a', `high ${n}`, { priority: 'high' });
    await go();
    expect(got).toEqual([
      'first',
      'parked',
      'high 1',
      'high 2',
      'normal 1',
      'normal 2',
      'low 1',
      'low 2',
    ]);
  });

  test('replies wait, and are no reason to close it, however large they are', async () => {
    const two = await pair({ limits: { outboxBytes: 1000 } });
    const big = gate();
    // Replies need no credit.
    two.left.handle('big', (message) => big.handle(message).then(() => 'x'.repeat(800)), {
      concurrency: 20,
    });
    await two.settle();
    const replies = Array.from({ length: 20 }, (_, n) => two.right.request('big', n));
    await two.settle();
    two.link.isStalled = true;
    for (let n = 0; n < 20; n++) {
      big.next();
      await two.settle();
    }
    expect(linksOf(two.left).map(({ state }) => state)).toEqual(['up']);
    two.link.flow();
    expect(await two.run(Promise.all(replies))).toEqual(Array(20).fill('x'.repeat(800)));
  });
});

test('credit lasts, however many turns the messages come in', async () => {
  const two = await pair({ limits: { windowBytes: 600 } }, { limits: { windowBytes: 600 } });
  let got = 0;
  two.right.subscribe('a', () => void got++);
  await two.settle();
  for (let n = 0; n < 300; n++) {
    void two.left.publish('a', n);
    await two.env.settle();
    await two.env.settle();
  }
  expect(got).toBe(300);
});
