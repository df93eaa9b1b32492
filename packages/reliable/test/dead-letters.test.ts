import { describe, expect, it } from 'vitest';
import type { Bench } from './support.ts';
import { bench, never, steady, unaccounted, watched } from './support.ts';

const reliably = { delivery: 'reliable' } as const;

/** A subscription that fails as long as it is told to. */
function failing({ bus }: Bench, pattern: string, options: object = {}) {
  const state = { broken: true, runs: 0, handled: [] as unknown[] };
  const subscription = bus.subscribe(
    pattern,
    ({ payload }) => {
      state.runs++;
      if (state.broken) throw new Error(`no ${payload}`, { cause: new TypeError('deeper') });
      state.handled.push(payload);
    },
    { ...reliably, attempts: 1, name: 'billing', ...options },
  );
  return Object.assign(state, { subscription });
}

describe('dead letters', () => {
  it('get one letter of a message that always fails, after just as many runs as asked for', async () => {
    await using it = await bench();
    const told: unknown[] = [];
    it.bus.subscribe('$bus.dead-letter', ({ payload }) => void told.push(payload));
    const billing = failing(it, 'orders.created', { attempts: 4 });
    const published = watched(
      it.bus.publish('orders.created', { total: 7 }, { ...reliably, headers: { tenant: 'x' } }),
    );
    await it.env.advance(60_000);
    expect(billing.runs).toBe(4);
    expect(published).toMatchObject({ state: 'done', value: 0 });
    const letters = it.bus.deadLetters.list();
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      topic: 'orders.created',
      reason: 'failed',
      attempts: 4,
      replays: 0,
      subscription: { name: 'billing', pattern: 'orders.created' },
      message: { payload: { total: 7 }, headers: { tenant: 'x' }, source: 'here' },
    });
    expect(letters[0]?.errors).toHaveLength(4);
    expect(letters[0]?.errors[3]).toEqual({
      code: undefined,
      message: 'no [object Object]',
      causes: [{ code: undefined, message: 'deeper' }],
    });
    expect((letters[0]?.lastAt ?? 0) - (letters[0]?.firstAt ?? 0)).toBe(700);
    expect(JSON.parse(JSON.stringify(letters))[0].message.payload).toEqual({ total: 7 });
    expect(told).toEqual([
      { id: letters[0]?.id, topic: 'orders.created', reason: 'failed', attempts: 4 },
    ]);
    expect(it.bus.inspect().outcomes.ended['dead-lettered']).toBe(1);
    expect(unaccounted(it.bus)).toBe(0);
  });

  it('keep the last ten errors, however many runs there were', async () => {
    await using it = await bench();
    it.bus.subscribe(
      'a',
      ({ attempt }) => {
        throw new Error(`run ${attempt}`);
      },
      { ...reliably, attempts: 12, backoff: { baseMs: 1, maxMs: 1 } },
    );
    void it.bus.publish('a', 1);
    await it.env.advance(100);
    const [letter] = it.bus.deadLetters.list();
    expect(letter?.errors.map(({ message }) => message)).toEqual(
      Array.from({ length: 10 }, (_, at) => `run ${at + 3}`),
    );
  });

  it('are found by topic, by pattern and by reason, and dropped', async () => {
    await using it = await bench();
    failing(it, 'orders.**');
    for (const topic of ['orders.eu.created', 'orders.us.created', 'orders.paid']) {
      void it.bus.publish(topic, 1);
    }
    await it.env.settle();
    const { deadLetters } = it.bus;
    const topics = (topic: string) => deadLetters.list({ topic }).map((letter) => letter.topic);
    expect(topics('orders.paid')).toEqual(['orders.paid']);
    expect(topics('orders.*.created')).toEqual(['orders.eu.created', 'orders.us.created']);
    expect(topics('orders.**')).toHaveLength(3);
    expect(topics('orders.*')).toEqual(['orders.paid']);
    expect(deadLetters.list({ reason: 'rejected' })).toEqual([]);
    expect(deadLetters.list({ topic: 'orders.paid', reason: 'failed' })).toHaveLength(1);
    expect(() => deadLetters.list({ topic: 1 as never })).toThrow(/option 'topic'/);
    expect(() => deadLetters.list(1 as never)).toThrow(/option 'which'/);
    expect(deadLetters.drop({ topic: 'orders.eu.**' })).toBe(1);
    expect(deadLetters.drop(deadLetters.list()[0]?.id)).toBe(1);
    expect(deadLetters.drop('unknown')).toBe(0);
    expect(deadLetters.count).toBe(1);
    expect(deadLetters.drop()).toBe(1);
    expect(it.report().deadLetters).toBe(0);
  });

  it('refuse what finds no room, by default, and its sender is told', async () => {
    await using it = await bench({ ...steady, deadLetters: { capacity: 1 } });
    failing(it, 'a');
    expect(await it.bus.publish('a', 1, reliably)).toBe(0);
    const published = watched(it.bus.publish('a', 2, reliably));
    await it.env.settle();
    expect(published.error).toMatchObject({
      code: 'RELIABLE_DEAD_LETTERS_FULL',
      details: { topic: 'a', capacity: 1 },
    });
    expect(it.bus.deadLetters.list().map(({ message }) => message.payload)).toEqual([1]);
    expect(it.bus.inspect().outcomes.ended).toMatchObject({ failed: 1, 'dead-lettered': 1 });
  });

  it('let the oldest go for a newer one, where they are told to', async () => {
    await using it = await bench({ deadLetters: { capacity: 2, overflow: 'drop-oldest' } });
    failing(it, 'a');
    for (const payload of [1, 2, 3]) void it.bus.publish('a', payload);
    await it.env.settle();
    expect(it.bus.deadLetters.list().map(({ message }) => message.payload)).toEqual([2, 3]);
    expect(it.report()).toMatchObject({ deadLetters: 2, droppedLetters: 1 });
  });

  it('keep a subscription waiting until there is room, where they are told to', async () => {
    await using it = await bench({ deadLetters: { capacity: 1, overflow: 'block' } });
    const billing = failing(it, 'a');
    const published = [1, 2, 3].map((payload) => watched(it.bus.publish('a', payload, reliably)));
    await it.env.advance(60_000);
    expect(billing.runs).toBe(2);
    expect(published.map(({ state }) => state)).toEqual(['done', 'waiting', 'waiting']);
    it.bus.deadLetters.drop();
    await it.env.settle();
    expect(billing.runs).toBe(3);
    expect(published.map(({ state }) => state)).toEqual(['done', 'done', 'waiting']);
    billing.subscription.stop();
    await it.env.settle();
    // What was stopped waits for no room any more.
    it.bus.deadLetters.drop();
    expect(it.bus.deadLetters.count).toBe(0);
    await it.env.advance(1000);
    expect(published[2]).toMatchObject({ state: 'done', value: 0 });
  });

  it('tell nobody of letters that only came of telling', async () => {
    await using it = await bench();
    failing(it, '$bus.dead-letter');
    failing(it, 'a');
    void it.bus.publish('a', 1);
    await it.env.advance(1000);
    expect(it.bus.deadLetters.list().map(({ topic }) => topic)).toEqual(['a', '$bus.dead-letter']);
  });
});

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
    await expect(it.bus.deadLetters.replay({}, { rate: 0 })).rejects.toMatchObject(invalid);
    await expect(it.bus.deadLetters.replay({}, { to: 1 as never })).rejects.toMatchObject(invalid);
  });
});
