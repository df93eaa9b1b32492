import { createBus, definePlugin } from '@bus/core';
import { deferred, never, quiet, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { pubsub } from '../../src/index.ts';
import { bench, busy } from '../support/bench.ts';

describe('drop-newest', () => {
  it('keeps what waits', async () => {
    await using t = await busy({ capacity: 2, overflow: 'drop-newest' });
    const sent = ['a', 'b', 'c', 'd'].map((name) => t.send(name));
    expect(await Promise.all(sent)).toEqual([1, 1, 0, 0]);
    expect(t.ended().dropped).toEqual({ 'drop-newest': 2 });
    expect(await t.finish()).toBe('a missed 2,b');
  });
});

describe('drop-oldest', () => {
  it('keeps the last messages, and tells the reader how many it missed', async () => {
    await using t = await busy({ capacity: 2, overflow: 'drop-oldest' });
    const sent = ['a', 'b', 'c', 'd'].map((name) => t.send(name));
    expect(await Promise.all(sent)).toEqual([1, 1, 1, 1]);
    expect(t.ended().dropped).toEqual({ 'drop-oldest': 2 });
    expect(await t.finish()).toBe('c missed 2,d');
  });

  it('keeps the last messages of a key whose messages all wait for their turn', async () => {
    await using t = await busy({ capacity: 2, overflow: 'drop-oldest', concurrency: 2 });
    await t.send('running', 'normal', 'k');
    for (const name of ['a', 'b', 'c', 'd']) expect(await t.send(name, 'normal', 'k')).toBe(1);
    expect(t.ended().dropped).toEqual({ 'drop-oldest': 2 });
    expect(await t.finish()).toBe('running,c missed 2,d');
  });
});

describe('latest', () => {
  it('keeps the newest of each key, in the place of the one before', async () => {
    await using t = await busy({ capacity: 2, overflow: 'latest' });
    for (const payload of ['a1', 'b1', 'a2', 'b2', 'a3']) {
      expect(await t.send(payload, 'normal', payload.slice(0, 1))).toBe(1);
    }
    expect(t.ended()).toMatchObject({ superseded: 3, dropped: {} });
    expect(await t.finish()).toBe('a3 missed 3,b2');
  });

  it('takes the topic of a message without a key, also one named like a property of objects', async () => {
    await using t = await bench();
    const slow = deferred<void>();
    const seen: unknown[] = [];
    const names = ['__proto__', 'constructor', 'toString'];
    for (const name of names) {
      const listener = ({ topic, payload }: { topic: string; payload: unknown }) => {
        seen.push(`${topic} ${payload}`);
        return slow.promise;
      };
      t.bus.subscribe(name, listener, { mode: 'latest' });
      for (let i = 0; i < 3; i++) await t.bus.publish(name, i);
      await t.bus.publish(name, 3, { key: name });
    }
    slow.resolve();
    await t.env.settle();
    expect(seen.slice(3).sort()).toEqual(names.map((name) => `${name} 3`).sort());
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('drops the oldest where more keys wait than there is room for', async () => {
    await using t = await busy({ capacity: 2, overflow: 'latest' });
    for (const key of ['a', 'b', 'c']) await t.send(key, 'normal', key);
    expect(t.ended().dropped).toEqual({ 'drop-oldest': 1 });
    expect(await t.finish()).toBe('b missed 1,c');
  });

  it('forgets the key of a message it had no room for', async () => {
    await using t = await busy({ capacity: 1, overflow: 'latest' });
    await t.send('x', 'high', 'x');
    expect(await t.send('low', 'low', 'k')).toBe(0);
    expect(await t.send('k', 'high', 'k')).toBe(1);
    expect(await t.finish()).toBe('k missed 2');
    expect(unaccounted(t.bus)).toBe(0);
    expect(t.bus.inspect().outcomes.inFlight).toBe(0);
  });

  it('frees the key of a message that is handled', async () => {
    await using t = await bench();
    const seen: unknown[] = [];
    const listener = ({ payload }: { payload: unknown }) => void seen.push(payload);
    t.bus.subscribe('a', listener, { mode: 'latest' });
    for (let i = 0; i < 3; i++) await t.bus.publish('a', i, { key: 'k' });
    expect(seen).toEqual([0, 1, 2]);
  });

  it('gives the place of a message that a dispatch tap still has to one that may start', async () => {
    const written = deferred();
    const journal = definePlugin({
      name: 'journal',
      setup({ hooks }) {
        hooks.dispatch.tap((next) => (message, targets) => {
          if (message.payload !== 1) return next(message, targets);
          return written.promise.then(() => next(message, targets));
        });
        return undefined;
      },
    });
    await using t = await bench({ plugins: [journal] });
    const seen: unknown[] = [];
    const listener = ({ payload }: { payload: unknown }) => void seen.push(payload);
    t.bus.subscribe('a', listener, { mode: 'latest' });
    void t.bus.publish('a', 1);
    void t.bus.publish('a', 2);
    expect(seen).toEqual([2]);
    written.resolve(undefined);
    await t.env.settle();
    expect(seen).toEqual([2]);
    expect(unaccounted(t.bus)).toBe(0);
  });
});

describe('the policy of a bus', () => {
  it('holds for handlers, too', async () => {
    await using t = await bench({ mailbox: { capacity: 1, overflow: 'drop-newest' } });
    t.bus.handle('a', never, { concurrency: 1 });
    expect(await t.bus.notify('a', 1)).toBe(1);
    expect(await t.bus.notify('a', 2)).toBe(1);
    expect(await t.bus.notify('a', 3)).toBe(0);
    expect(t.bus.inspect().outcomes.ended.dropped).toEqual({ 'drop-newest': 1 });
  });

  it('is refused where the plugin is missing', async () => {
    const mailbox = { overflow: 'latest' } as const;
    await using bus = await createBus({ log: quiet, mailbox }).start();
    expect(() => bus.handle('a', never)).toThrow(
      expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
    );
    await using other = await createBus({ log: quiet, mailbox }).use(pubsub()).start();
    expect(other.handle('a', never).active).toBe(true);
  });
});

describe('the bound of a mailbox', () => {
  const overflows = ['block', 'error', 'drop-oldest', 'drop-newest', 'latest'] as const;

  it.each(overflows)('holds with %s, whatever the concurrency and the keys', async (overflow) => {
    for (const concurrency of [1, 2, 10]) {
      for (const keys of [1, 3]) {
        await using t = await bench();
        t.bus.subscribe('a', never, { overflow, concurrency, capacity: 4 });
        for (let i = 0; i < 200; i++) {
          const priority = i % 2 === 0 ? 'normal' : 'low';
          void t.bus.publish('a', i, { key: `k${i % keys}`, priority });
        }
        const blocked = overflow === 'block' ? 4 : 0;
        const [endpoint] = t.bus.endpoints('a');
        expect(endpoint?.pending).toBeLessThanOrEqual(concurrency + 4 + blocked);
        expect(unaccounted(t.bus)).toBe(0);
      }
    }
  });

  it('holds however deep in other listeners the publisher is', async () => {
    await using t = await bench();
    const end = t.host.addEndpoint({
      pattern: 'end',
      kinds: ['event'],
      capacity: 4,
      overflow: 'drop-newest',
      handler: () => undefined,
    });
    let worst = 0;
    for (let i = 0; i < 100; i++) {
      t.bus.subscribe(`step.${i}`, () => void t.bus.publish(`step.${i + 1}`, 0));
    }
    for (const step of ['step.40', 'step.60']) {
      t.bus.subscribe(step, () => {
        for (let i = 0; i < 1000; i++) void t.bus.publish('end', 0);
        worst = Math.max(worst, end.load);
      });
    }
    void t.bus.publish('step.0', 0);
    await t.env.settle();
    expect(worst).toBeLessThanOrEqual(4);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('counts messages that a dispatch tap still has', async () => {
    const keeps = definePlugin({
      name: 'keeps',
      setup({ hooks }) {
        hooks.dispatch.tap(() => () => new Promise(() => {}));
        return undefined;
      },
    });
    await using t = await bench({ plugins: [keeps] });
    t.bus.subscribe('a', () => {}, { capacity: 4, overflow: 'drop-newest' });
    for (let n = 0; n < 100; n++) void t.bus.publish('a', n);
    expect(t.bus.endpoints('a')).toMatchObject([{ pending: 4 }]);
    expect(t.bus.inspect().outcomes.ended.dropped).toEqual({ 'drop-newest': 96 });
  });
});
