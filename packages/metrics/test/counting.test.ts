import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bench } from './support/bench.ts';
import { bench, stallable } from './support/bench.ts';

/** What the kernel has counted itself, in the shape of a snapshot. */
function counted(bus: Bench['bus']): object {
  const { dropped, ...ended } = bus.inspect().outcomes.ended;
  const sum = Object.values(dropped).reduce((a, b) => a + b, 0);
  return { outcomes: { ...ended, dropped: sum }, dropped };
}

describe('outcomes', () => {
  test('are counted for each pattern and name, whatever the topic', async () => {
    await using own = await bench();
    own.bus.subscribe('orders.*', () => undefined, { name: 'stock' });
    own.bus.subscribe(
      'orders.*',
      () => {
        throw new Error('no');
      },
      { name: 'mail' },
    );
    for (let order = 0; order < 5; order++) await own.bus.publish(`orders.${order}`, {});
    expect(own.of('orders.*', 'stock')).toMatchObject({
      kind: 'local',
      bus: 'here',
      endpoints: 1,
      outcomes: { handled: 5 },
    });
    expect(own.of('orders.*', 'mail').outcomes).toEqual({ failed: 5 });
  });

  test('of messages that reach no endpoint are in the sums of the bus alone', async () => {
    await using own = await bench();
    await own.bus.publish('nobody.listens', {});
    const { outcomes, endpoints } = own.bus.metrics.snapshot();
    expect(outcomes.unroutable).toBe(1);
    expect(endpoints.map(({ pattern }) => pattern)).toEqual(['$bus.alert']);
  });

  test('balance with what the kernel counts, after any traffic', async () => {
    const step = fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom('add', 'addSlow', 'addFailing', 'remove') },
      { weight: 5, arbitrary: fc.constantFrom('publish', 'notify', 'burst', 'elsewhere', 'wait') },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.nat(3), async (steps, cap) => {
        await using own = await bench({ series: 1 + cap });
        const { bus, env } = own;
        const added: { stop(): void }[] = [];
        const sleep = (): Promise<void> => new Promise((resolve) => void env.setTimer(resolve, 5));
        const fail = (): void => {
          throw new Error('on purpose');
        };
        const add = (listener: () => unknown): void => {
          const name = `n${added.length % 5}`;
          const tight = { name, capacity: 2, overflow: 'drop-oldest' } as const;
          added.push(bus.subscribe('a.*', () => void listener(), { name }));
          added.push(bus.subscribe('a.*', async () => void (await listener()), tight));
          added.push(bus.handle('a.b', async () => void (await listener()), { name }));
        };
        const does: Record<string, () => unknown> = {
          add: () => add(() => undefined),
          addSlow: () => add(sleep),
          addFailing: () => add(fail),
          remove: () => added.shift()?.stop(),
          publish: () => bus.publish('a.b', 1),
          notify: () => bus.notify('a.b', 1, { timeoutMs: 3 }),
          burst: () => Array.from({ length: 9 }, () => bus.publish('a.c', 1)),
          elsewhere: () => bus.publish('b', 1),
          wait: () => env.advance(4),
        };
        for (const name of steps) {
          void does[name]?.();
          await env.settle();
          expect(bus.metrics.snapshot()).toMatchObject(counted(bus));
        }
        await env.advance(100);
        const { outcomes } = bus.metrics.snapshot();
        const { accepted, inFlight } = bus.inspect().outcomes;
        expect(inFlight).toBe(0);
        expect(Object.values(outcomes).reduce((a, b) => a + b, 0)).toBe(accepted);
      }),
      { numRuns: 60 },
    );
  });

  test('that were dropped are told by reason', async () => {
    await using own = await bench();
    own.bus.subscribe('a', () => new Promise(() => undefined), {
      capacity: 1,
      overflow: 'drop-newest',
    });
    for (let i = 0; i < 5; i++) await own.bus.publish('a', i);
    expect(own.bus.metrics.snapshot().dropped).toEqual({ 'drop-newest': 3 });
    expect(own.of('a').outcomes).toEqual({ dropped: 3 });
  });
});

describe('times', () => {
  test('of handlers that wait are all taken, from start and from send', async () => {
    await using own = await bench();
    own.bus.subscribe(
      'a',
      () => new Promise<void>((resolve) => void own.env.setTimer(resolve, 100)),
    );
    for (let i = 0; i < 4; i++) void own.bus.publish('a', i);
    await own.env.advance(400);
    const { duration, latency } = own.of('a');
    expect(duration).toMatchObject({ count: 4, sum: 0.4, max: 0.1 });
    expect(latency).toMatchObject({ count: 4, max: 0.4 });
    expect(latency.sum).toBeCloseTo(1, 9);
    expect(Math.abs(duration.p50 / 0.1 - 1)).toBeLessThanOrEqual(0.05);
    expect(Math.abs(latency.p99 / 0.4 - 1)).toBeLessThanOrEqual(0.05);
  });

  test('of handlers that return at once are taken one time in 64', async () => {
    await using own = await bench();
    own.bus.subscribe('a', () => undefined);
    for (let i = 0; i < 640; i++) await own.bus.publish('a', i);
    expect(own.of('a').duration.count).toBe(10);
  });

  test('are taken of every run where that is asked for', async () => {
    await using own = await bench({ timing: 'every' });
    own.bus.subscribe('a', () => undefined);
    for (let i = 0; i < 640; i++) await own.bus.publish('a', i);
    expect(own.of('a').duration.count).toBe(640);
  });
});

describe('a snapshot', () => {
  test('shows what waits, for how long, and what runs', async () => {
    await using own = await bench();
    own.bus.subscribe('a', () => new Promise(() => undefined));
    void own.bus.publish('a', 1);
    void own.bus.publish('a', 2);
    await own.env.advance(1500);
    void own.bus.publish('a', 3);
    await own.env.advance(500);
    expect(own.of('a')).toMatchObject({ running: 1, queued: 2, queuedAge: 2 });
  });

  test('adds up endpoints of one pattern and name', async () => {
    await using own = await bench();
    for (let i = 0; i < 3; i++) own.bus.subscribe('a', () => new Promise(() => undefined));
    for (let i = 0; i < 2; i++) void own.bus.publish('a', i);
    await own.env.settle();
    expect(own.of('a')).toMatchObject({ endpoints: 3, running: 3, queued: 3 });
  });

  test('says how late the event loop is, and was at worst since the last one', async () => {
    await using own = await bench();
    await using other = await stallable(own);
    await own.env.advance(50);
    other.stall(300);
    await own.env.advance(50);
    expect(other.bus.metrics.snapshot().loop).toEqual({ lag: 0.3, worst: 0.3 });
    await own.env.advance(200);
    expect(other.bus.metrics.snapshot().loop).toEqual({ lag: 0, worst: 0 });
    expect(own.bus.metrics.snapshot().loop).toEqual({ lag: 0, worst: 0 });
  });

  test('says at once that the loop is late, before any timer could', async () => {
    await using own = await bench();
    await using other = await stallable(own);
    other.stall(1100);
    expect(other.bus.metrics.snapshot().loop).toEqual({ lag: 1, worst: 1 });
  });

  test('says what memory is in use', async () => {
    await using own = await bench();
    const { memory } = own.bus.metrics.snapshot();
    expect(memory?.heapUsed).toBeGreaterThan(1e6);
    expect(memory?.rss).toBeGreaterThan(memory?.heapUsed ?? 0);
  });

  test('is plain JSON', async () => {
    await using own = await bench();
    own.handleFor('a', 5);
    void own.bus.notify('a', 1);
    await own.env.advance(10);
    const snapshot = own.bus.metrics.snapshot();
    const { endpoints, ...rest } = snapshot;
    expect(JSON.parse(JSON.stringify(rest))).toEqual(rest);
    expect(JSON.parse(JSON.stringify(endpoints))).toEqual(
      endpoints.map(({ name, ...others }) => (name === undefined ? others : { name, ...others })),
    );
  });
});
