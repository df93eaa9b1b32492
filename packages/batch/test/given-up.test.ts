import { never, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';
import { busy, stepwise } from './support/stepwise.ts';

describe('a message that ends while it waits', () => {
  it('by its deadline is left out of the batch', async () => {
    await using t = await busy();
    t.burst(1, 1);
    t.burst(2, 2, { timeoutMs: 50 });
    await t.env.advance(60);
    t.finish();
    await t.env.settle();
    expect(t.batches).toEqual([[0], [1]]);
    expect(t.bus.inspect().outcomes.ended.expired).toBe(1);
  });

  it('by its deadline is left out even where the bus has not noticed', async () => {
    await using t = await busy();
    t.burst(1, 1, { timeoutMs: 50 });
    t.burst(2, 2);
    const { env } = t;
    const now = env.now();
    Object.defineProperty(env, 'now', { value: () => now + 60 });
    t.finish();
    await t.env.settle();
    expect(t.batches).toEqual([[0], [2]]);
    expect(t.bus.inspect().outcomes.ended.expired).toBe(1);
    expect(t.errors).toMatchObject([{ code: 'BUS_EXPIRED', details: { topic: 't' } }]);
  });

  it('by its sender is left out, and its place is free', async () => {
    await using t = await busy();
    const controller = new AbortController();
    t.burst(1, 1, { signal: controller.signal });
    t.burst(2, 2);
    controller.abort();
    t.finish();
    await t.env.settle();
    expect(t.batches).toEqual([[0], [2]]);
    expect(t.bus.inspect().outcomes).toMatchObject({ inFlight: 1, ended: { cancelled: 1 } });
  });

  it('as the only one leaves nothing to hand over', async () => {
    await using t = await bench();
    let calls = 0;
    t.bus.subscribe('t', { batch: {} }, () => void calls++);
    const controller = new AbortController();
    t.burst(1, 1, { signal: controller.signal });
    controller.abort();
    await t.env.settle();
    expect(calls).toBe(0);
    expect(unaccounted(t.bus)).toBe(0);
  });
});

describe('the place of a message that was given up while it waited', () => {
  it('is free for the next', async () => {
    await using t = await bench();
    t.bus.subscribe('t', { batch: { size: 1 } }, stepwise().listener);
    const controller = new AbortController();
    t.burst(1, 1);
    t.burst(2, 2, { signal: controller.signal });
    t.burst(3, 3);
    const report = () => t.bus.inspect().plugins['@bus/batch'];
    expect(report()).toMatchObject({ collecting: [{ running: 1, waiting: 1 }] });
    controller.abort();
    await t.env.settle();
    expect(report()).toMatchObject({ collecting: [{ running: 1, waiting: 1, messages: 1 }] });
    expect(t.bus.endpoints('t')).toMatchObject([{ pending: 2 }]);
  });

  it('weighs nothing any more', async () => {
    await using t = await bench();
    const { batches, listener, finish } = stepwise();
    t.bus.subscribe('t', { batch: { bytes: 10, sizeOf: Number } }, listener);
    const controller = new AbortController();
    t.burst(10, 10);
    t.burst(9, 9, { signal: controller.signal });
    t.burst(4, 5);
    controller.abort();
    finish();
    await t.env.settle();
    expect(batches).toEqual([[10], [4, 5]]);
    finish();
    await t.env.settle();
    t.burst(6, 6);
    expect(batches).toHaveLength(2);
  });

  it('has no timer where it was the only one', async () => {
    await using t = await bench();
    t.bus.subscribe('t', { batch: { waitMs: 1000 } }, () => {});
    // Enough for it to know that waiting is worth it.
    for (let n = 0; n < 10; n++) {
      t.burst(n, n);
      await t.env.advance(n < 9 ? 1 : 1000);
    }
    const controller = new AbortController();
    t.burst(10, 10, { signal: controller.signal });
    await t.env.advance(500);
    expect(t.env.pending).toBe(1);
    controller.abort();
    expect(t.env.pending).toBe(0);
  });
});

describe('batch.signal', () => {
  it('aborts when what was not failed has been given up', async () => {
    await using t = await bench();
    const signals: AbortSignal[] = [];
    t.bus.subscribe('t', { batch: {} }, ([first], { fail, signal }) => {
      signals.push(signal);
      for (let i = 0; i < 2; i++) if (first !== undefined) fail(first, new Error('bad'));
      return new Promise(() => undefined);
    });
    const [one, two] = [new AbortController(), new AbortController()];
    t.burst(1, 1);
    t.burst(2, 2, { signal: one.signal });
    t.burst(3, 3, { signal: two.signal });
    await t.env.settle();
    one.abort();
    expect(signals[0]?.aborted).toBe(false);
    two.abort();
    expect(signals[0]?.aborted).toBe(true);
  });

  it('aborts when all messages have been given up, and not before', async () => {
    await using t = await busy();
    t.finish();
    const [one, two] = [new AbortController(), new AbortController()];
    t.burst(1, 1, { signal: one.signal });
    t.burst(2, 2, { signal: two.signal });
    await t.env.settle();
    expect(t.batches).toEqual([[0], [1, 2]]);
    one.abort();
    expect(t.signals[1]?.aborted).toBe(false);
    two.abort();
    expect(t.signals[1]?.aborted).toBe(true);
    expect(t.signals[1]?.reason).toMatchObject({ code: 'BUS_CANCELLED' });
    expect(t.bus.inspect().outcomes.ended.cancelled).toBe(2);
  });

  it('leaves the batch its slot until it is done', async () => {
    await using t = await bench();
    const { batches, listener, finish } = stepwise();
    t.bus.subscribe('t', { batch: { size: 1 } }, listener);
    const controller = new AbortController();
    t.burst(1, 1, { signal: controller.signal });
    t.burst(2, 2);
    controller.abort();
    await t.env.settle();
    expect(batches).toEqual([[1]]);
    finish();
    await t.env.settle();
    expect(batches).toEqual([[1], [2]]);
  });
});

describe('a batch that hangs', () => {
  it('expires after `timeoutMs`, counted from when it was handed over, and holds up nobody', async () => {
    await using t = await busy({ timeoutMs: 100 });
    t.burst(1, 4);
    await t.env.advance(99);
    expect(t.batches).toEqual([[0]]);
    await t.env.advance(1);
    expect(t.batches).toEqual([[0], [1, 2, 3]]);
    expect(t.signals[0]?.aborted).toBe(true);
    await t.env.advance(200);
    expect(t.bus.inspect().outcomes.ended.expired).toBe(5);
    expect(t.errors[0]?.message).toContain('its batch took over 100 ms');
    // What they do from here on is of no account.
    t.finish();
    await t.env.settle();
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ expired: 5, handled: 0 });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('has all the time with `timeoutMs: Infinity`', async () => {
    await using t = await busy({ timeoutMs: Number.POSITIVE_INFINITY });
    await t.env.advance(10_000_000);
    expect(t.env.pending).toBe(0);
    t.finish();
    await t.env.settle();
    expect(t.bus.inspect().outcomes.ended.handled).toBe(1);
  });
});

describe('a request whose batch takes too long', () => {
  it('is told so: the asker would have waited', async () => {
    await using t = await bench();
    t.bus.handle('q', { batch: { size: 2 }, timeoutMs: 20, name: 'slow' }, () => never());
    const reply = t.bus.request('q', 1, { timeoutMs: 5_000 }).catch((error: unknown) => error);
    await t.env.advance(30);
    expect(await reply).toMatchObject({
      code: 'BUS_EXPIRED',
      details: { topic: 'q', endpoint: 'slow', timeoutMs: 20 },
    });
  });
});
