import { deferred } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, reliably } from './support/bench.ts';
import { watched } from './support/promises.ts';

describe('a reliable publish with a key', () => {
  it('is sent when the one before of its topic and key is acknowledged', async () => {
    await using it = await bench();
    const started: unknown[] = [];
    const running: (() => void)[] = [];
    it.bus.subscribe(
      '*',
      ({ topic, key, payload }) => {
        started.push(`${topic}${key}${payload}`);
        return new Promise<void>((resolve) => running.push(resolve));
      },
      { ...reliably, concurrency: 9, key: () => undefined },
    );
    for (const [topic, key, payload] of [
      ['a', 'x', 1],
      ['a', 'x', 2],
      ['a', 'y', 3],
      ['b', 'x', 4],
    ] as const) {
      void it.bus.publish(topic, payload, { ...reliably, key });
    }
    expect(started).toEqual(['ax1', 'ay3', 'bx4']);
    running.shift()?.();
    await it.env.settle();
    expect(started).toEqual(['ax1', 'ay3', 'bx4', 'ax2']);
  });

  it('that waits for its turn is ended by its signal at once', async () => {
    await using it = await bench();
    const run = deferred();
    const started: unknown[] = [];
    it.bus.subscribe(
      'a',
      ({ payload }) => {
        started.push(payload);
        return run.promise;
      },
      reliably,
    );
    const controller = new AbortController();
    const { signal } = controller;
    const published = [1, 2, 3].map((payload) =>
      watched(
        it.bus.publish('a', payload, {
          ...reliably,
          key: 'k',
          signal: payload === 2 ? signal : undefined,
        }),
      ),
    );
    controller.abort();
    await it.env.settle();
    expect(published.map(({ state }) => state)).toEqual([
      'waiting',
      'RELIABLE_UNACKNOWLEDGED',
      'waiting',
    ]);
    run.resolve(undefined);
    await it.env.settle();
    expect(started).toEqual([1, 3]);
  });

  it('that waits for its turn is ended when its time is over', async () => {
    await using it = await bench();
    const run = deferred();
    it.bus.subscribe('a', () => run.promise, reliably);
    const options = { ...reliably, key: 'k' };
    const first = watched(it.bus.publish('a', 1, options));
    const second = watched(it.bus.publish('a', 2, { ...options, timeoutMs: 100 }));
    await it.env.advance(200);
    expect([first.state, second.state]).toEqual(['waiting', 'RELIABLE_UNACKNOWLEDGED']);
    run.resolve(undefined);
    await it.env.settle();
    expect(first.state).toBe('done');
  });

  it('does not run out of stack where there are very many of it', async () => {
    await using it = await bench();
    const run = deferred();
    let handled = 0;
    it.bus.subscribe('a', () => (handled++ === 0 ? run.promise : undefined), reliably);
    const all = Array.from({ length: 9999 }, () =>
      it.bus.publish('a', 1, { ...reliably, key: 'k' }),
    );
    run.resolve(undefined);
    // Other work gets its turn in between.
    await it.env.settle();
    await Promise.all(all);
    expect(handled).toBe(9999);
  });
});
