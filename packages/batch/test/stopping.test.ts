import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';
import { busy, stepwise } from './support/stepwise.ts';

/** An endpoint that waits up to a second for a batch of many. */
async function patient() {
  const t = await bench();
  const steps = stepwise();
  const subscription = t.bus.subscribe('t', { batch: { size: 50, waitMs: 1000 } }, (messages) => {
    steps.batches.push(messages.map(({ payload }) => payload));
  });
  // Enough for it to know that waiting is worth it.
  for (let n = 0; n < 10; n++) {
    t.burst(n, n);
    await t.env.advance(1);
  }
  const seen = steps.batches.flat().length;
  await t.env.advance(1);
  expect(seen).toBeLessThan(10);
  return { ...t, ...steps, subscription };
}

describe('a partial batch', () => {
  it('is handled at once when the bus stops', async () => {
    const t = await patient();
    const stopped = t.bus.stop();
    await t.env.settle();
    await stopped;
    expect(t.batches.flat()).toHaveLength(10);
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ handled: 10 });
    expect(t.env.pending).toBe(0);
  });

  it('is handled at once when its subscription drains', async () => {
    await using t = await patient();
    const drained = t.subscription[Symbol.asyncDispose]();
    await t.env.settle();
    await drained;
    expect(t.batches.flat()).toHaveLength(10);
  });

  it('is handled at once when its subscription stops', async () => {
    await using t = await patient();
    t.subscription.stop();
    await t.env.settle();
    expect(t.batches.flat()).toHaveLength(10);
    expect(t.bus.inspect().outcomes.inFlight).toBe(0);
  });

  it('and all behind it in the mailbox are handled when the bus stops', async () => {
    const t = await bench();
    const { batches, listener, finish } = stepwise();
    t.bus.subscribe('t', { batch: { size: 3, waitMs: 1000 } }, listener);
    t.burst(1, 17);
    const stopped = t.bus.stop();
    for (let i = 0; i < 6; i++) {
      await t.env.settle();
      finish();
    }
    await t.env.settle();
    await stopped;
    expect(batches.map((batch) => batch.length)).toEqual([3, 3, 3, 3, 3, 2]);
  });

  it('is cancelled where the bus may not drain, and no timer stays', async () => {
    const t = await patient();
    const stopped = t.bus.stop({ drainMs: 0 });
    await t.env.settle();
    await stopped;
    const { ended, inFlight } = t.bus.inspect().outcomes;
    expect(ended.cancelled).toBeGreaterThan(0);
    expect([inFlight, unaccounted(t.bus), t.env.pending]).toEqual([0, 0, 0]);
  });

  it('that is being handled when the bus is through with waiting leaves no timer either', async () => {
    const t = await busy();
    t.burst(1, 2);
    const stopped = t.bus.stop({ drainMs: 100 });
    await t.env.advance(100);
    await stopped;
    expect(t.signals[0]?.aborted).toBe(true);
    expect(t.bus.inspect().outcomes.ended.cancelled).toBe(3);
    expect([unaccounted(t.bus), t.env.pending]).toEqual([0, 0]);
  });
});
