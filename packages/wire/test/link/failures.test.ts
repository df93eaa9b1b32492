import { BusError } from '@bus/core';
import { never } from '@bus/test-support';
import { describe, expect, test } from 'vitest';
import { acknowledge, track } from '../support/acknowledged.ts';
import type { Pair } from '../support/buses.ts';
import { pair } from '../support/buses.ts';
import { codeOf } from '../support/codes.ts';

/** How what was sent has ended at the asker: those outcomes that there were. */
function ended({ left }: Pair): object {
  const { dropped: _, ...counts } = left.inspect().outcomes.ended;
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

describe('a handler that fails', () => {
  test.each([
    ['CORRELATION_PEER_GONE', 'CORRELATION_PEER_GONE'],
    ['BUS_HOPS_EXCEEDED', 'BUS_HOPS_EXCEEDED'],
    ['BUS_MAILBOX_FULL', 'BUS_MAILBOX_FULL'],
    ['BUS_EXPIRED', 'BUS_EXPIRED'],
    ['BUS_CLOSED', 'CORRELATION_PEER_GONE'],
    ['ours', 'ours'],
  ])('has failed, whatever code its error bears: %s', async (code, seen) => {
    const two = await pair();
    const fail = (): never => {
      throw new BusError(code, 'so it says', { topic: 'q', isLost: true });
    };
    two.right.handle('q', fail);
    acknowledge(two.right, 'a', fail);
    await two.settle();
    expect(await two.run(codeOf(two.left.request('q', 1)))).toBe(seen);
    expect(ended(two)).toEqual({ failed: 1 });
    const event = track(two.left, 'a', 1);
    await two.settle();
    expect(event.shown).toEqual([`failed ${seen}`]);
  });
});

describe('a bus that refuses a request', () => {
  test('says so: no handler has failed', async () => {
    const two = await pair();
    two.right.handle('full', never, { concurrency: 1, capacity: 1, overflow: 'error' });
    await two.settle();
    const asked = [1, 2, 3].map((n) => codeOf(two.left.request('full', n)));
    await two.settle();
    expect(await asked[2]).toBe('BUS_MAILBOX_FULL');
    expect(ended(two)).toEqual({ rejected: 1 });
  });

  test('for want of a right, says so', async () => {
    const two = await pair({}, { authorize: (_principal, action) => action !== 'send' });
    two.right.handle('q', () => 1);
    await two.settle();
    expect(await two.run(codeOf(two.left.request('q', 1)))).toBe('WIRE_FORBIDDEN');
    expect(ended(two)).toEqual({ rejected: 1 });
  });

  test('since it stops, is lost', async () => {
    const two = await pair({ reconnect: { baseMs: 1e6, maxMs: 1e6 } });
    two.right.handle('q', never);
    await two.settle();
    const asked = codeOf(two.left.request('q', 1));
    await two.settle();
    await two.run(two.right.stop({ drainMs: 0 }));
    expect(await two.run(asked)).toBe('CORRELATION_PEER_GONE');
    expect(ended(two)).toEqual({ rejected: 1 });
  });
});

test('a request whose link is lost is rejected: what became of it is not known', async () => {
  const two = await pair();
  two.right.handle('q', never);
  await two.settle();
  const asked = codeOf(two.left.request('q', 1));
  await two.settle();
  two.link.cut();
  expect(await two.run(asked)).toBe('CORRELATION_PEER_GONE');
  expect(ended(two)).toEqual({ rejected: 1 });
});
