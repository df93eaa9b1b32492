import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { SubscribeOptions } from '../src/index.ts';
import { bench, stepwise } from './support/bench.ts';

/** Publishes 0 to `count - 1` into a subscriber that is busy with 0, then lets it finish all. */
async function flood(count: number, options: SubscribeOptions, keys: string[] = []) {
  await using t = await bench();
  const steps = stepwise();
  t.bus.subscribe('a', steps.listener, options);
  const answers: unknown[] = [];
  for (let i = 0; i < count; i++) {
    t.bus.publish('a', i, { key: keys[i] }).then(
      (accepted) => answers.push(accepted),
      (error) => answers.push(error.code),
    );
  }
  await t.env.settle();
  const waited = answers.length < count;
  for (let i = 0; i < count; i++) {
    steps.finish();
    await t.env.settle();
  }
  const { ended } = t.bus.inspect().outcomes;
  expect(unaccounted(t.bus)).toBe(0);
  return { got: steps.started, missed: steps.missed, answers, waited, ended };
}

describe('a full mailbox', () => {
  it('makes publishers wait with block, and refuses more than it has room for', async () => {
    const { got, answers, waited, ended } = await flood(6, { capacity: 2, overflow: 'block' });
    expect(got).toEqual([0, 1, 2, 3, 4]);
    expect(waited).toBe(true);
    expect(answers).toEqual([1, 1, 1, 'BUS_MAILBOX_FULL', 1, 1]);
    expect(ended).toMatchObject({ handled: 5, rejected: 1 });
  });

  it('refuses with error, and the publisher is told', async () => {
    const { got, answers, ended } = await flood(5, { capacity: 2, overflow: 'error' });
    expect(got).toEqual([0, 1, 2]);
    expect(answers.toSorted()).toEqual([1, 1, 1, 'BUS_MAILBOX_FULL', 'BUS_MAILBOX_FULL']);
    expect(ended).toMatchObject({ handled: 3, rejected: 2 });
  });

  it('gives up the oldest with drop-oldest, and says how many were missed', async () => {
    const { got, missed, answers, ended } = await flood(6, {
      capacity: 2,
      overflow: 'drop-oldest',
    });
    expect(got).toEqual([0, 4, 5]);
    expect(missed).toEqual([0, 3, 0]);
    expect(answers).toEqual(Array(6).fill(1));
    expect(ended).toMatchObject({ handled: 3, dropped: { 'drop-oldest': 3 } });
  });

  it('gives up the newest with drop-newest, and says how many were missed', async () => {
    const { got, missed, answers, ended } = await flood(6, {
      capacity: 2,
      overflow: 'drop-newest',
    });
    expect(got).toEqual([0, 1, 2]);
    expect(missed.reduce((a, b) => a + b)).toBe(3);
    expect(answers).toEqual([1, 1, 1, 0, 0, 0]);
    expect(ended).toMatchObject({ handled: 3, dropped: { 'drop-newest': 3 } });
  });

  it('gives up the lowest priority first', async () => {
    await using t = await bench();
    const steps = stepwise();
    t.bus.subscribe('a', steps.listener, { capacity: 2, overflow: 'drop-oldest' });
    for (const priority of ['normal', 'low', 'high', 'normal'] as const) {
      await t.bus.publish('a', priority, { priority });
    }
    for (let i = 0; i < 3; i++) {
      steps.finish();
      await t.env.settle();
    }
    expect(steps.started).toEqual(['normal', 'high', 'normal']);
  });

  it.each([{ mode: 'latest' }, { overflow: 'latest' }] as const)(
    'keeps the newest of each key with %j',
    async (options) => {
      const keys = ['x', 'x', 'y', 'x', 'y', 'z'];
      const { got, missed, answers, ended } = await flood(6, options, keys);
      expect(got).toEqual([0, 3, 4, 5]);
      expect(missed).toEqual([0, 2, 0, 0]);
      expect(answers).toEqual(Array(6).fill(1));
      expect(ended).toMatchObject({ handled: 4, superseded: 2 });
    },
  );

  it('keeps the newest of each key that the key function gives', async () => {
    const parity = ({ payload }: { payload: unknown }) => (Number(payload) % 2 ? 'odd' : 'even');
    const { got } = await flood(7, { mode: 'latest', key: parity });
    expect(got).toEqual([0, 5, 6]);
  });

  it('keeps the newest of a topic where no message has a key', async () => {
    const { got } = await flood(5, { mode: 'latest' });
    expect(got).toEqual([0, 4]);
  });

  it('gives up the oldest key where latest has more keys than room', async () => {
    const { got, ended } = await flood(5, { mode: 'latest', capacity: 2 }, [
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
    expect(got).toEqual([0, 3, 4]);
    expect(ended).toMatchObject({ dropped: { 'drop-oldest': 2 } });
  });

  it('stays bounded under messages that nobody awaits', async () => {
    await using t = await bench({ mailbox: { capacity: 16 } });
    t.bus.subscribe('a', () => new Promise(() => {}));
    for (let i = 0; i < 100_000; i++) t.bus.publish('a', i);
    expect(t.bus.inspect().outcomes).toMatchObject({
      inFlight: 33,
      ended: { rejected: 100_000 - 33 },
    });
    expect(unaccounted(t.bus)).toBe(0);
  }, 60_000);
});

describe('a key function that stops its subscription', () => {
  it.each([
    ['while another runs', 4],
    ['while the mailbox is full', 1],
  ])('%s drops the message that was to wait, and nothing hangs', async (_, capacity) => {
    await using t = await bench();
    const steps = stepwise();
    let isLast = false;
    const subscription = t.bus.subscribe('a', steps.listener, {
      capacity,
      concurrency: 2,
      key: () => {
        if (isLast) subscription.stop();
        return 'k';
      },
    });
    void t.bus.publish('a', 1);
    void t.bus.publish('a', 2);
    await t.env.settle();
    isLast = true;
    void t.bus.publish('a', 3);
    await t.env.settle();
    steps.finish();
    await t.env.settle();
    const { inFlight, ended } = t.bus.inspect().outcomes;
    expect([inFlight, ended.handled, ended.dropped]).toEqual([0, 1, { unsubscribed: 2 }]);
    expect(unaccounted(t.bus)).toBe(0);
  });
});
