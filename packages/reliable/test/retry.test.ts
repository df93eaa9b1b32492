import type { Message } from '@bus/core';
import { describe, expect, it } from 'vitest';
import type { Acknowledgeable } from '../src/index.ts';
import { bench, deferred, never, steady, unaccounted, watched } from './support.ts';

const reliably = { delivery: 'reliable' } as const;

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
    let runs = 0;
    const fail = () => {
      runs++;
      throw new Error('never');
    };
    it.bus.subscribe('a', fail, { ...reliably, attempts: 4, backoff: { factor: 1 } });
    void it.bus.publish('a', 1);
    await it.env.advance(20);
    expect(runs).toBe(3);
    await it.env.advance(7);
    expect(runs).toBe(4);
  });

  it('counts a run that says nothing within the ack deadline as failed, and ignores its late result', async () => {
    await using it = await bench({ ...steady, ackTimeoutMs: 50 });
    const runs: ReturnType<typeof deferred>[] = [];
    const aborted: boolean[] = [];
    it.bus.subscribe(
      'a',
      (message) => {
        const run = deferred();
        runs.push(run);
        const at = runs.length - 1;
        aborted[at] = false;
        message.signal.addEventListener('abort', () => {
          aborted[at] = true;
        });
        return run.promise;
      },
      reliably,
    );
    const published = watched(it.bus.publish('a', 1, reliably));
    await it.env.advance(50);
    expect(aborted).toEqual([true]);
    runs[0]?.resolve(undefined);
    await it.env.advance(99);
    expect(published.state).toBe('waiting');
    await it.env.advance(1);
    expect(runs).toHaveLength(2);
    runs[1]?.resolve(undefined);
    await it.env.settle();
    expect(published).toMatchObject({ state: 'done', value: 1 });
    expect(aborted).toEqual([true, false]);
  });

  it('gives a run that works on another ack deadline', async () => {
    await using it = await bench({ ...steady, ackTimeoutMs: 50, attempts: 1 });
    const run = deferred();
    let got: (Message & Acknowledgeable) | undefined;
    it.bus.subscribe(
      'a',
      (message) => {
        got = message;
        return run.promise;
      },
      reliably,
    );
    const published = watched(it.bus.publish('a', 1, reliably));
    for (let i = 0; i < 5; i++) {
      await it.env.advance(40);
      got?.working();
    }
    expect(it.bus.deadLetters.count).toBe(0);
    run.resolve(undefined);
    await it.env.settle();
    expect(published).toMatchObject({ state: 'done', value: 1 });
  });

  it('does not let one that works on hide that another is late', async () => {
    await using it = await bench({ ...steady, ackTimeoutMs: 50, attempts: 1 });
    const got: (Message & Acknowledgeable)[] = [];
    it.bus.subscribe(
      'a',
      (message) => {
        got.push(message);
        return never();
      },
      { ...reliably, concurrency: 2 },
    );
    for (const payload of [1, 2]) void it.bus.publish('a', payload);
    await it.env.advance(40);
    got[0]?.working();
    await it.env.advance(20);
    expect(it.bus.deadLetters.list().map(({ message }) => message.payload)).toEqual([2]);
  });

  it('is done by ack() though the listener goes on, and even if it fails then', async () => {
    await using it = await bench();
    const run = deferred();
    it.bus.subscribe(
      'a',
      (message) => {
        message.ack();
        return run.promise;
      },
      reliably,
    );
    expect(await it.bus.publish('a', 1, reliably)).toBe(1);
    run.reject(new Error('too late'));
    await it.env.advance(1000);
    expect(it.report().retries).toBe(0);
    expect(it.errors.map(({ code }) => code)).toEqual(['BUS_HANDLER_FAILED']);
  });

  it('is tried again by nack(), after the delay that says', async () => {
    await using it = await bench();
    const at: number[] = [];
    it.bus.subscribe(
      'a',
      (message) => {
        at.push(it.env.now());
        if (message.attempt === 1) message.nack({ delayMs: 1234 });
      },
      reliably,
    );
    const published = watched(it.bus.publish('a', 1, reliably));
    await it.env.advance(1233);
    expect(published.state).toBe('waiting');
    await it.env.advance(1);
    expect(at).toEqual([0, 1234]);
    expect(published.state).toBe('done');
  });

  it('is not tried again after reject()', async () => {
    await using it = await bench();
    let runs = 0;
    it.bus.subscribe(
      'a',
      async (message) => {
        runs++;
        message.reject('malformed');
        message.ack();
      },
      reliably,
    );
    expect(await it.bus.publish('a', 1, reliably)).toBe(0);
    await it.env.advance(10_000);
    expect(runs).toBe(1);
    const [letter] = it.bus.deadLetters.list();
    expect(letter).toMatchObject({ reason: 'rejected', attempts: 1 });
    expect(letter?.errors[0]?.message).toContain('malformed');
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

  it('makes no more runs once its sender has given the message up', async () => {
    await using it = await bench();
    let runs = 0;
    it.bus.subscribe(
      'a',
      () => {
        runs++;
        throw new Error('never');
      },
      reliably,
    );
    const controller = new AbortController();
    const published = watched(it.bus.publish('a', 1, { ...reliably, signal: controller.signal }));
    await it.env.advance(50);
    controller.abort(new Error('enough'));
    await it.env.advance(10_000);
    expect(runs).toBe(1);
    expect(published.state).toBe('RELIABLE_UNACKNOWLEDGED');
    expect(it.bus.inspect().outcomes.ended.cancelled).toBe(1);
    expect(it.bus.deadLetters.count).toBe(0);
    expect(unaccounted(it.bus)).toBe(0);
  });

  it('makes no more runs once the time of the message is over', async () => {
    await using it = await bench();
    let runs = 0;
    it.bus.subscribe(
      'a',
      () => {
        runs++;
        throw new Error('never');
      },
      reliably,
    );
    const published = watched(it.bus.publish('a', 1, { ...reliably, timeoutMs: 150 }));
    await it.env.advance(10_000);
    expect(runs).toBe(2);
    expect(published.state).toBe('RELIABLE_UNACKNOWLEDGED');
    expect(published.error?.cause).toMatchObject({ code: 'BUS_EXPIRED' });
    expect(it.bus.inspect().outcomes.ended.expired).toBe(1);
  });

  it('makes no more runs once it is stopped, but goes on while it drains', async () => {
    await using it = await bench();
    let runs = 0;
    const fail = () => {
      runs++;
      throw new Error('never');
    };
    const stopped = it.bus.subscribe('a', fail, reliably);
    void it.bus.publish('a', 1);
    stopped.stop();
    await it.env.advance(10_000);
    expect(runs).toBe(1);
    expect(it.bus.inspect().outcomes.ended.failed).toBe(1);

    const drained = it.bus.subscribe('a', fail, reliably);
    void it.bus.publish('a', 1);
    const gone = watched(drained[Symbol.asyncDispose]());
    await it.env.advance(10_000);
    expect(runs).toBe(4);
    expect(gone.state).toBe('done');
    expect(it.bus.inspect().outcomes.ended['dead-lettered']).toBe(1);
  });

  it('leaves nothing armed when the bus stops', async () => {
    const it = await bench();
    it.bus.subscribe('a', never, reliably);
    it.bus.subscribe(
      'b',
      () => {
        throw new Error('never');
      },
      reliably,
    );
    const published = [
      watched(it.bus.publish('a', 1, reliably)),
      watched(it.bus.publish('b', 1, reliably)),
    ];
    await it[Symbol.asyncDispose]();
    expect(published.map(({ state }) => state)).toEqual([
      'RELIABLE_UNACKNOWLEDGED',
      'RELIABLE_UNACKNOWLEDGED',
    ]);
    expect(unaccounted(it.bus)).toBe(0);
    expect(it.bus.inspect().outcomes.inFlight).toBe(0);
    await it.env.advance(100);
    expect(it.env.pending).toBe(0);
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

describe('the order', () => {
  it('is kept while a message is tried again: all others wait', async () => {
    await using it = await bench();
    const handled: unknown[] = [];
    it.bus.subscribe(
      'a',
      ({ payload, attempt }) => {
        if (payload === 1 && attempt < 3) throw new Error('not yet');
        handled.push(payload);
      },
      reliably,
    );
    for (const payload of [0, 1, 2, 3]) void it.bus.publish('a', payload, reliably);
    await it.env.advance(100);
    expect(handled).toEqual([0]);
    await it.env.advance(1000);
    expect(handled).toEqual([0, 1, 2, 3]);
  });

  it('is kept by key where several are handled at once: other keys go on', async () => {
    await using it = await bench();
    const handled: unknown[] = [];
    it.bus.subscribe(
      'a',
      ({ payload, key, attempt }) => {
        if (payload === 1 && attempt === 1) throw new Error('not yet');
        handled.push(`${key}${payload}`);
      },
      { ...reliably, concurrency: 4 },
    );
    for (const payload of [1, 2]) {
      for (const key of ['x', 'y']) {
        if (key === 'y' && payload === 1) continue;
        void it.bus.publish('a', payload, { key });
      }
    }
    expect(handled).toEqual(['y2']);
    await it.env.advance(1000);
    expect(handled).toEqual(['y2', 'x1', 'x2']);
  });

  it('is given up where it is released: others go on, no more at once than asked for', async () => {
    await using it = await bench();
    const handled: unknown[] = [];
    let running = 0;
    let most = 0;
    it.bus.subscribe(
      'a',
      async ({ payload, attempt }) => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        if (payload === 1 && attempt === 1) throw new Error('not yet');
        handled.push(payload);
      },
      { ...reliably, order: 'released' },
    );
    const published = [1, 2, 3].map((payload) =>
      watched(it.bus.publish('a', payload, { ...reliably, key: 'k' })),
    );
    for (const payload of [4, 5]) void it.bus.publish('a', payload, { key: 'k' });
    await it.env.advance(50);
    expect(handled).toEqual([4, 5]);
    await it.env.advance(1000);
    expect(handled).toEqual([4, 5, 1, 2, 3]);
    expect(published.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(most).toBe(1);
    expect(it.bus.inspect().outcomes.ended.handled).toBe(5);
  });
});
