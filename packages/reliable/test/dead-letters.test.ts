import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, reliably, steady } from './support/bench.ts';
import { failing } from './support/listeners.ts';
import { watched } from './support/promises.ts';

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
