import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, numbers } from './support/bench.ts';
import { stepwise } from './support/stepwise.ts';

describe('a batch', () => {
  it('is what came in one go, in order', async () => {
    await using t = await bench();
    const { batches, listener } = stepwise();
    t.bus.subscribe('t', { batch: {} }, listener);
    t.burst(1, 3);
    expect(batches).toEqual([]);
    await t.env.settle();
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('has at most `size` messages, by default 100', async () => {
    await using t = await bench();
    const { batches, listener, finish } = stepwise();
    t.bus.subscribe('t', { batch: {} }, listener);
    t.burst(1, 250);
    await t.env.settle();
    expect(batches).toEqual([numbers(1, 100)]);
    finish();
    await t.env.settle();
    finish();
    await t.env.settle();
    expect(batches).toEqual([numbers(1, 100), numbers(101, 200), numbers(201, 250)]);
  });

  it('is handed over at once when it is full', async () => {
    await using t = await bench();
    const { batches, listener } = stepwise();
    t.bus.subscribe('t', { batch: { size: 2 } }, listener);
    t.burst(1, 2);
    expect(batches).toEqual([[1, 2]]);
  });

  it('is handed over at once when it weighs enough', async () => {
    await using t = await bench();
    const { batches, listener } = stepwise();
    t.bus.subscribe('t', { batch: { bytes: 3, sizeOf: Number } }, listener);
    t.burst(1, 2);
    expect(batches).toEqual([[1, 2]]);
  });

  it('weighs at most `bytes`, of strings and binary', async () => {
    await using t = await bench();
    const sizes: number[][] = [];
    const listener = (messages: readonly { payload: unknown }[]): void => {
      sizes.push(messages.map(({ payload }) => (payload as string | Uint8Array).length));
    };
    t.bus.subscribe('t', { batch: { bytes: 10 } }, listener);
    for (const length of [4, 4, 4, 6, 1, 25, 2]) void t.bus.publish('t', 'x'.repeat(length));
    void t.bus.publish('t', new Uint8Array(9));
    await t.env.settle();
    expect(sizes).toEqual([[4, 4], [4, 6], [1], [25], [2], [9]]);
  });

  it('weighs what `sizeOf` says', async () => {
    await using t = await bench();
    const { batches, listener, finish } = stepwise();
    t.bus.subscribe('t', { batch: { bytes: 10, sizeOf: Number } }, listener);
    t.burst(1, 6);
    await t.env.settle();
    for (let i = 0; i < 3; i++) {
      finish();
      await t.env.settle();
    }
    expect(batches).toEqual([[1, 2, 3, 4], [5], [6]]);
  });

  it.each([
    ['throws', (): never => expect.fail('cannot tell'), 'BUS_HANDLER_FAILED'],
    ['says no number', () => Number.NaN, 'BUS_HANDLER_FAILED'],
  ])('goes without a message whose `sizeOf` %s', async (_, fault, code) => {
    await using t = await bench();
    const { batches, listener } = stepwise();
    const sizeOf = (payload: unknown): number => (payload === 2 ? fault() : 1);
    t.bus.subscribe('t', { batch: { bytes: 10, sizeOf } }, listener);
    t.burst(1, 3);
    await t.env.settle();
    expect(batches).toEqual([[1, 3]]);
    expect(t.bus.inspect().outcomes.ended.failed).toBe(1);
    expect(t.errors.map((error) => error.code)).toEqual([code]);
  });

  it('is gathered while the one before is handled', async () => {
    await using t = await bench();
    const { batches, listener, finish } = stepwise();
    t.bus.subscribe('t', { batch: { waitMs: 0 } }, listener);
    for (const n of numbers(1, 5)) {
      t.burst(n, n);
      await t.env.advance(10);
    }
    expect(batches).toEqual([[1]]);
    finish();
    await t.env.settle();
    expect(batches).toEqual([[1], [2, 3, 4, 5]]);
  });

  it('holds messages of one key in the order sent', async () => {
    await using t = await bench();
    const { batches, listener } = stepwise();
    t.bus.subscribe('t', { batch: {} }, listener);
    t.burst(1, 3, { key: 'k' });
    await t.env.settle();
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('takes notifications too', async () => {
    await using t = await bench();
    const { batches, listener } = stepwise();
    t.bus.subscribe('t', { batch: {} }, listener);
    void t.bus.notify('t', 'n');
    t.burst(1, 1);
    await t.env.settle();
    expect(batches).toEqual([['n', 1]]);
  });
});

describe('concurrency', () => {
  it('is the number of batches handled at once', async () => {
    await using t = await bench();
    const { batches, listener, finish } = stepwise();
    t.bus.subscribe('t', { batch: { size: 2 }, concurrency: 2 }, listener);
    t.burst(1, 7);
    await t.env.settle();
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ]);
    finish(1);
    await t.env.settle();
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    finish();
    await t.env.settle();
    expect(batches.at(-1)).toEqual([7]);
  });

  it('above 1 never has one key in two batches, or twice in one', async () => {
    await using t = await bench();
    const { batches, listener, finish } = stepwise();
    t.bus.subscribe('t', { batch: { size: 2 }, concurrency: 2 }, listener);
    for (const n of [1, 2, 3]) {
      for (const key of ['a', 'b', 'c']) void t.bus.publish('t', `${key}${n}`, { key });
    }
    await t.env.settle();
    expect(batches).toEqual([['a1', 'b1'], ['c1']]);
    finish(1);
    await t.env.settle();
    expect(batches.at(-1)).toEqual(['c2']);
    finish();
    await t.env.settle();
    expect(batches.at(-1)).toEqual(['a2', 'b2']);
  });
});

describe('a handler', () => {
  it('that sends to itself is not called within its own call', async () => {
    await using t = await bench();
    const log: string[] = [];
    let sent = 0;
    t.bus.subscribe('t', { batch: { size: 2 }, concurrency: 4 }, (messages) => {
      log.push(`begin ${messages.length}`);
      while (sent < 4) t.burst(++sent, sent);
      log.push('end');
    });
    t.burst(0, 0);
    await t.env.settle();
    expect(log).toEqual(['begin 1', 'end', 'begin 2', 'end', 'begin 2', 'end']);
  });

  it('gives the endpoint its name', async () => {
    await using t = await bench();
    t.bus.subscribe('t', { batch: {} }, function store() {});
    t.bus.subscribe('t', { batch: {}, name: 'given' }, () => {});
    t.bus.handle('t', { batch: {} }, () => []);
    expect(t.bus.endpoints('t').map(({ name }) => name)).toEqual(['store', 'given', 't']);
  });
});

describe('what waits', () => {
  it('is in flight, and ends in one outcome each', async () => {
    await using t = await bench();
    const { listener, finish } = stepwise();
    t.bus.subscribe('t', { batch: { size: 10 } }, listener);
    t.burst(1, 25);
    expect(t.bus.inspect().outcomes.inFlight).toBe(25);
    for (let i = 0; i < 3; i++) {
      await t.env.settle();
      finish();
    }
    await t.env.settle();
    const { inFlight, ended } = t.bus.inspect().outcomes;
    expect([inFlight, ended.handled, unaccounted(t.bus)]).toEqual([0, 25, 0]);
  });

  it('is bounded by two batches and the mailbox', async () => {
    await using t = await bench();
    const { listener } = stepwise();
    const options = { batch: { size: 3 }, capacity: 5, overflow: 'drop-newest' } as const;
    t.bus.subscribe('t', options, listener);
    t.burst(1, 20);
    await t.env.settle();
    expect(t.bus.inspect().outcomes).toMatchObject({
      inFlight: 11,
      ended: { dropped: { 'drop-newest': 9 } },
    });
  });

  it('is superseded by key with `mode: latest`', async () => {
    await using t = await bench();
    const { batches, listener, finish } = stepwise();
    t.bus.subscribe('t', { batch: { size: 2 }, mode: 'latest' }, listener);
    for (const n of [1, 2, 3]) {
      for (const key of ['a', 'b']) void t.bus.publish('t', `${key}${n}`, { key });
    }
    await t.env.settle();
    finish();
    await t.env.settle();
    expect(batches).toEqual([
      ['a1', 'b1'],
      ['a3', 'b3'],
    ]);
    expect(t.bus.inspect().outcomes.ended.superseded).toBe(2);
  });
});
