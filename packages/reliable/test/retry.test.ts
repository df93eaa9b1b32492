import { never, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, reliably, steady } from './support/bench.ts';
import { alwaysFails } from './support/listeners.ts';
import { watched } from './support/promises.ts';

describe('a reliable subscription', () => {
  it('runs its listener k + 1 times where it fails k times', async () => {
    await using it = await bench();
    const runs: number[] = [];
    it.bus.subscribe(
      'orders.created',
      (message) => {
        runs.push(message.attempt);
        if (runs.length < 3) throw new Error('not yet');
      },
      reliably,
    );
    const published = watched(it.bus.publish('orders.created', 1, reliably));
    await it.env.advance(10_000);
    expect(runs).toEqual([1, 2, 3]);
    expect(published).toMatchObject({ state: 'done', value: 1 });
    expect(it.bus.inspect().outcomes.ended).toMatchObject({ handled: 1, 'dead-lettered': 0 });
    expect(it.report()).toMatchObject({ retries: 2, pending: 0, acknowledged: 1 });
    expect(unaccounted(it.bus)).toBe(0);
  });

  it('acknowledges at once what its listener returns from at once', async () => {
    await using it = await bench();
    it.bus.subscribe('orders.created', () => undefined, reliably);
    expect(await it.bus.publish('orders.created', 1, reliably)).toBe(1);
    expect(it.bus.inspect().outcomes.inFlight).toBe(0);
  });

  it('tries best-effort messages and notifications again too', async () => {
    await using it = await bench();
    let runs = 0;
    const failOnce = () => {
      if (++runs % 2 === 1) throw new Error('not yet');
    };
    it.bus.subscribe('cache.clear', failOnce, reliably);
    await it.bus.publish('cache.clear', {});
    await it.env.advance(1000);
    await it.bus.notify('cache.clear', {});
    await it.env.advance(1000);
    expect(runs).toBe(4);
    expect(it.bus.inspect().outcomes.ended.handled).toBe(2);
  });

  it('waits between runs as the backoff says, up to its maximum', async () => {
    await using it = await bench({
      attempts: 5,
      backoff: { baseMs: 10, factor: 3, maxMs: 100, jitter: 'none' },
    });
    const at: number[] = [];
    it.bus.subscribe(
      'a',
      () => {
        at.push(it.env.now());
        throw new Error('never');
      },
      reliably,
    );
    void it.bus.publish('a', 1, reliably);
    await it.env.advance(1000);
    expect(at).toEqual([0, 10, 40, 130, 230]);
  });

  it('waits a random part of that with jitter, and differs by seed', async () => {
    const waits = async (seed: number) => {
      await using it = await bench({ attempts: 2 }, { seed });
      const at: number[] = [];
      it.bus.subscribe(
        'a',
        () => {
          at.push(it.env.now());
          throw new Error('never');
        },
        reliably,
      );
      void it.bus.publish('a', 1);
      await it.env.advance(1000);
      return at[1] ?? Number.NaN;
    };
    const all = await Promise.all([1, 2, 3, 4, 5, 6].map(waits));
    for (const wait of all) expect(wait).toBeLessThanOrEqual(100);
    expect(new Set(all).size).toBeGreaterThan(3);
  });

  it('has options of its own before those of the plugin', async () => {
    await using it = await bench({ attempts: 1, backoff: { jitter: 'none', baseMs: 7 } });
    const listener = alwaysFails();
    it.bus.subscribe('a', listener, { ...reliably, attempts: 4, backoff: { factor: 1 } });
    void it.bus.publish('a', 1);
    await it.env.advance(20);
    expect(listener.runs).toBe(3);
    await it.env.advance(7);
    expect(listener.runs).toBe(4);
  });

  it('hands every field of the message on', async () => {
    await using it = await bench();
    const seen: object[] = [];
    it.bus.subscribe(
      'a.*',
      (message) => void seen.push(JSON.parse(JSON.stringify(message))),
      reliably,
    );
    await it.bus.publish(
      'a.b',
      { x: 1 },
      { ...reliably, key: 'k', headers: { h: '1' }, priority: 'high' },
    );
    expect(seen).toEqual([
      expect.objectContaining({
        kind: 'event',
        topic: 'a.b',
        payload: { x: 1 },
        key: 'k',
        headers: { h: '1' },
        priority: 'high',
        source: 'here',
        attempt: 1,
        hops: 0,
      }),
    ]);
  });

  it('does not care that the wall clock is set back and forward', async () => {
    await using it = await bench({ ...steady, ackTimeoutMs: 50 });
    const at: number[] = [];
    it.bus.subscribe(
      'a',
      (message) => {
        at.push(it.env.now());
        return message.attempt === 1 ? never() : undefined;
      },
      reliably,
    );
    const published = watched(it.bus.publish('a', 1, reliably));
    it.env.jumpWall(-3_600_000);
    await it.env.advance(100);
    it.env.jumpWall(7_200_000);
    await it.env.advance(50);
    expect(at).toEqual([0, 150]);
    expect(published.state).toBe('done');
  });
});
