import { never, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, reliably, steady } from './support/bench.ts';
import { failing } from './support/listeners.ts';
import { watched } from './support/promises.ts';

describe('a replay', () => {
  it('hands letters to the subscription that gave them up, and to no other', async () => {
    await using it = await bench();
    const others: unknown[] = [];
    const billing = failing(it, 'orders.*');
    it.bus.subscribe('orders.*', ({ payload }) => void others.push(payload), reliably);
    for (const payload of [1, 2, 3]) await it.bus.publish('orders.new', payload, { key: 'k' });
    await it.env.settle();
    const before = it.bus.deadLetters.list().map(({ id }) => id);
    billing.broken = false;
    expect(await it.bus.deadLetters.replay(before[1])).toBe(1);
    expect(billing.handled).toEqual([2]);
    expect(it.bus.deadLetters.list().map(({ id }) => id)).toEqual([before[0], before[2]]);
    expect(await it.bus.deadLetters.replay({ topic: 'orders.*' })).toBe(2);
    expect(billing.handled).toEqual([2, 1, 3]);
    expect(others).toEqual([1, 2, 3]);
    expect(it.bus.deadLetters.count).toBe(0);
    expect(await it.bus.deadLetters.replay('unknown')).toBe(0);
    expect(unaccounted(it.bus)).toBe(0);
  });

  it('keeps one letter of what fails again, counts it, and does not loop', async () => {
    await using it = await bench({ ...steady, deadLetters: { capacity: 1 } });
    const billing = failing(it, 'a', { attempts: 2 });
    void it.bus.publish('a', 1, reliably);
    await it.env.advance(1000);
    const id = it.bus.deadLetters.list()[0]?.id;
    for (const replays of [1, 2]) {
      const replayed = watched(it.bus.deadLetters.replay());
      await it.env.advance(60_000);
      expect(replayed).toMatchObject({ state: 'done', value: 0 });
      expect(it.bus.deadLetters.list()).toEqual([
        expect.objectContaining({ id, replays, attempts: 2 + 2 * replays, reason: 'failed' }),
      ]);
    }
    expect(billing.runs).toBe(6);
    billing.broken = false;
    expect(await it.bus.deadLetters.replay()).toBe(1);
    expect(it.bus.deadLetters.count).toBe(0);
  });

  it('keeps a letter whose payload cannot be decoded, wherever it is to go, and goes on', async () => {
    await using it = await bench();
    const billing = failing(it, 'a');
    const decode = () => {
      throw new Error('garbled');
    };
    await it.host.receive('event', 'a', new Uint8Array(1), { source: 'there', id: 'bad', decode });
    await it.bus.publish('a', 2, reliably);
    await it.env.settle();
    const parked: unknown[] = [];
    it.bus.subscribe('parking', ({ payload }) => void parked.push(payload));
    expect(await it.bus.deadLetters.replay('bad', { to: 'parking' })).toBe(0);
    billing.broken = false;
    expect(await it.bus.deadLetters.replay('bad')).toBe(0);
    expect(await it.bus.deadLetters.replay({}, { to: 'parking' })).toBe(1);
    expect(parked).toEqual([2]);
    const [letter] = it.bus.deadLetters.list();
    expect(letter).toMatchObject({ id: 'bad', replays: 0, message: { payload: undefined } });
    expect(letter?.errors).toHaveLength(4);
  });

  it('sends letters to another topic, and keeps them where nobody takes them there', async () => {
    await using it = await bench();
    failing(it, 'orders.*');
    void it.bus.publish('orders.new', 1);
    await it.env.settle();
    expect(await it.bus.deadLetters.replay(undefined, { to: 'parking' })).toBe(0);
    expect(it.bus.deadLetters.list()[0]?.errors.at(-1)?.code).toBe('BUS_NO_ROUTE');
    // The same subscription, which fails there too: a letter of its own, instead of the old one.
    expect(await it.bus.deadLetters.replay(undefined, { to: 'orders.again' })).toBe(0);
    expect(it.bus.deadLetters.list().map(({ topic }) => topic)).toEqual(['orders.again']);
    const parked: unknown[] = [];
    it.bus.subscribe('parking', ({ payload }) => void parked.push(payload));
    expect(await it.bus.deadLetters.replay(undefined, { to: 'parking' })).toBe(1);
    expect(parked).toEqual([1]);
    expect(it.bus.deadLetters.count).toBe(0);
  });

  it('sends no more a second than it may, and ends when it is aborted', async () => {
    await using it = await bench();
    const billing = failing(it, 'a');
    for (const payload of [1, 2, 3, 4, 5]) void it.bus.publish('a', payload);
    await it.env.settle();
    billing.broken = false;
    const controller = new AbortController();
    const { signal } = controller;
    const replayed = watched(it.bus.deadLetters.replay({}, { rate: 10, signal }));
    await it.env.advance(250);
    expect(billing.handled).toEqual([1, 2, 3]);
    // What is under way is not taken twice.
    expect(await it.bus.deadLetters.replay()).toBe(0);
    controller.abort();
    await it.env.settle();
    expect(replayed).toMatchObject({ state: 'done', value: 3 });
    expect(await it.bus.deadLetters.replay()).toBe(2);
    expect(billing.handled).toEqual([1, 2, 3, 4, 5]);
  });

  it('gives up what is running when it is aborted', async () => {
    await using it = await bench({ ...steady, ackTimeoutMs: 10 });
    it.bus.subscribe('a', never, { ...reliably, attempts: 1 });
    void it.bus.publish('a', 1);
    await it.env.advance(20);
    const controller = new AbortController();
    const replayed = watched(it.bus.deadLetters.replay({}, { signal: controller.signal }));
    await it.env.settle();
    controller.abort();
    await it.env.settle();
    expect(replayed).toMatchObject({ state: 'done', value: 0 });
    expect(it.bus.deadLetters.list()[0]?.errors.at(-1)?.code).toBe('BUS_CANCELLED');
  });

  it('finds the subscription that has come in place of the one that gave up', async () => {
    await using it = await bench();
    const first = failing(it, 'a');
    void it.bus.publish('a', 1);
    await it.env.settle();
    first.subscription.stop();
    expect(await it.bus.deadLetters.replay()).toBe(0);
    expect(it.bus.deadLetters.list()[0]?.errors.at(-1)?.message).toContain('is gone');
    const second = failing(it, 'a');
    expect(await it.bus.deadLetters.replay()).toBe(0);
    expect(it.bus.deadLetters.list()[0]).toMatchObject({ replays: 1 });
    second.broken = false;
    expect(await it.bus.deadLetters.replay()).toBe(1);
    expect(second.handled).toEqual([1]);
  });

  it('skips what was dropped meanwhile', async () => {
    await using it = await bench();
    const billing = failing(it, 'a');
    for (const payload of [1, 2]) void it.bus.publish('a', payload);
    await it.env.settle();
    billing.broken = false;
    const replayed = watched(it.bus.deadLetters.replay({}, { rate: 1 }));
    await it.env.settle();
    it.bus.deadLetters.drop();
    await it.env.advance(2000);
    expect(replayed).toMatchObject({ state: 'done', value: 1 });
    expect(billing.handled).toEqual([1]);
  });

  it('refuses options that make no sense', async () => {
    await using it = await bench();
    const invalid = { code: 'BUS_OPTION_INVALID' };
    for (const rate of [0, '10' as never]) {
      await expect(it.bus.deadLetters.replay({}, { rate })).rejects.toMatchObject(invalid);
    }
    await expect(it.bus.deadLetters.replay({}, { to: 1 as never })).rejects.toMatchObject(invalid);
  });
});
