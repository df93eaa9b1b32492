import { describe, expect, test } from 'vitest';
import { ignore, imbalance, testBench } from './support/bench.ts';
import { busy } from './support/busy.ts';
import { gate, note, refusal, settlesNow } from './support/promises.ts';

describe('overflow', () => {
  test('block makes the publisher wait, at most as many as the capacity, then refuses', async () => {
    const { send, finish, codes } = await busy({ capacity: 2, overflow: 'block' });
    const sent = ['a', 'b', 'c', 'd'].map((name) => send(name));
    expect(await Promise.all(sent.map(settlesNow))).toEqual([true, true, false, false]);
    const error = await refusal(send('e'));
    expect(error).toMatchObject({
      code: 'BUS_MAILBOX_FULL',
      details: { topic: 'a', endpoint: 'busy', capacity: 2 },
    });
    expect(codes).toEqual(['BUS_MAILBOX_FULL']);
    expect(await finish()).toBe('a,b,c,d');
    expect(await Promise.all(sent)).toEqual([1, 1, 1, 1]);
  });

  test('error refuses at once', async () => {
    const { send, finish, bus } = await busy({ capacity: 2, overflow: 'error' });
    await send('a');
    await send('b');
    expect((await refusal(send('c'))).code).toBe('BUS_MAILBOX_FULL');
    expect(bus.inspect().outcomes.ended.rejected).toBe(1);
    expect(await finish()).toBe('a,b');
  });

  test('drop-newest keeps what waits', async () => {
    const { send, finish, bus } = await busy({ capacity: 2, overflow: 'drop-newest' });
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((name) => send(name)))).toEqual([1, 1, 0, 0]);
    expect(bus.inspect().outcomes.ended.dropped).toEqual({ 'drop-newest': 2 });
    expect(await finish()).toBe('a missed 2,b');
  });

  test('drop-oldest keeps what came last, and tells its reader how many it missed', async () => {
    const { send, finish, bus } = await busy({ capacity: 2, overflow: 'drop-oldest' });
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((name) => send(name)))).toEqual([1, 1, 1, 1]);
    expect(bus.inspect().outcomes.ended.dropped).toEqual({ 'drop-oldest': 2 });
    expect(await finish()).toBe('c missed 2,d');
  });

  test('latest keeps the newest of each key, in the place of the one before', async () => {
    const { send, finish, bus } = await busy({ capacity: 2, overflow: 'latest' });
    for (const [payload, key] of [
      ['a1', 'a'],
      ['b1', 'b'],
      ['a2', 'a'],
      ['b2', 'b'],
      ['a3', 'a'],
    ] as const) {
      expect(await send(payload, 'normal', key)).toBe(1);
    }
    expect(bus.inspect().outcomes.ended).toMatchObject({ superseded: 3, dropped: {} });
    expect(await finish()).toBe('a3 missed 3,b2');
  });

  test('latest without keys goes by topic, also under names of Object.prototype', async () => {
    const { bus, env, host } = await testBench();
    const slow = gate();
    const seen: unknown[] = [];
    const names = ['__proto__', 'constructor', 'toString'];
    for (const name of names) {
      host.addEndpoint({
        pattern: name,
        kinds: ['event'],
        overflow: 'latest',
        handler: ({ topic, payload }) => note(seen, `${topic} ${payload}`, slow.promise),
      });
      for (let i = 0; i < 3; i++) await host.send('event', name, i);
      await host.send('event', name, 3, { key: name });
    }
    slow.open();
    await env.settle();
    expect(seen.slice(3).sort()).toEqual(names.flatMap((name) => [`${name} 3`]).sort());
    expect(imbalance(bus)).toBe(0);
  });

  test('latest beyond its capacity of keys drops the oldest', async () => {
    const { send, finish, bus } = await busy({ capacity: 2, overflow: 'latest' });
    for (const key of ['a', 'b', 'c']) await send(key, 'normal', key);
    expect(bus.inspect().outcomes.ended.dropped).toEqual({ 'drop-oldest': 1 });
    expect(await finish()).toBe('b missed 1,c');
  });

  test('latest forgets the key of a message it had no room for', async () => {
    const { send, finish, bus } = await busy({ capacity: 1, overflow: 'latest' });
    await send('x', 'high', 'x');
    expect(await send('low', 'low', 'k')).toBe(0);
    expect(await send('k', 'high', 'k')).toBe(1);
    expect(await finish()).toBe('k missed 2');
    expect(imbalance(bus)).toBe(0);
    expect(bus.inspect().outcomes.inFlight).toBe(0);
  });

  test('a message that is handled frees its key', async () => {
    const { publish, subscribe } = await testBench();
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => void seen.push(payload), { overflow: 'latest' });
    for (let i = 0; i < 3; i++) await publish('a', i, { key: 'k' });
    expect(seen).toEqual([0, 1, 2]);
  });
});

describe('the bound of a mailbox', () => {
  test('holds for every policy, whatever the concurrency and the keys', async () => {
    for (const overflow of ['block', 'error', 'drop-oldest', 'drop-newest', 'latest'] as const) {
      for (const concurrency of [1, 2, 10]) {
        for (const keys of [1, 3]) {
          const { publish, subscribe, bus } = await testBench();
          const options = { overflow, concurrency, capacity: 4 };
          const endpoint = subscribe('a', () => gate().promise, options);
          for (let i = 0; i < 200; i++) {
            void publish('a', i, { key: `k${i % keys}`, priority: i % 2 ? 'low' : 'normal' });
          }
          const blocked = overflow === 'block' ? 4 : 0;
          expect(endpoint.load).toBeLessThanOrEqual(concurrency + 4 + blocked);
          expect(imbalance(bus)).toBe(0);
        }
      }
    }
  });

  test('holds however deep in other handlers the publisher is', async () => {
    const { publish, subscribe, bus, env } = await testBench();
    const end = subscribe('end', ignore, { capacity: 4, overflow: 'drop-newest' });
    for (let i = 0; i < 100; i++) {
      subscribe(`step.${i}`, () => void publish(`step.${i + 1}`));
    }
    let worst = 0;
    subscribe('step.60', () => {
      for (let i = 0; i < 1000; i++) void publish('end');
      worst = end.load;
    });
    subscribe('step.40', () => {
      for (let i = 0; i < 1000; i++) void publish('end');
      worst = Math.max(worst, end.load);
    });
    void publish('step.0');
    await env.settle();
    expect(worst).toBeLessThanOrEqual(4);
    expect(imbalance(bus)).toBe(0);
  });

  test('an expired message makes room for a publisher that waits', async () => {
    const { publish, subscribe, env } = await testBench();
    const slow = gate();
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => note(seen, payload, slow.promise), { capacity: 1 });
    await publish('a', 1);
    await publish('a', 2, { timeoutMs: 5 });
    const third = publish('a', 3);
    expect(await settlesNow(third)).toBe(false);
    await env.advance(5);
    expect(await settlesNow(third)).toBe(true);
    slow.open();
    await env.settle();
    expect(seen).toEqual([1, 3]);
  });

  test('an expired message leaves nobody behind when nothing else waits', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    const seen: unknown[] = [];
    const endpoint = subscribe('a', ({ payload }) => void seen.push(payload), { capacity: 1 });
    endpoint.pause();
    void publish('a', 1, { timeoutMs: 5 });
    void publish('a', 2);
    await env.advance(5);
    endpoint.resume();
    await env.settle();
    expect(seen).toEqual([2]);
    expect(bus.inspect().outcomes.inFlight).toBe(0);
  });
});

describe('priority', () => {
  test('high overtakes what waits, and equals keep their order', async () => {
    const { send, finish } = await busy({ capacity: 10 });
    for (const name of ['l1', 'n1', 'h1', 'l2', 'n2', 'h2']) {
      await send(name, name.startsWith('l') ? 'low' : name.startsWith('h') ? 'high' : 'normal');
    }
    expect(await finish()).toBe('h1,h2,n1,n2,l1,l2');
  });

  test('low is not starved: after a number of overtakings it has its turn', async () => {
    const { send, finish } = await busy({ capacity: 100 });
    await send('low', 'low');
    for (let i = 0; i < 30; i++) await send(`h${i}`, 'high');
    const handled = (await finish()).split(',');
    expect(handled.indexOf('low')).toBe(8);
  });

  test('low is not starved by an endless stream either', async () => {
    const { publish, subscribe, env } = await testBench();
    let highs = 0;
    let before = -1;
    subscribe('a', async ({ priority }) => {
      if (priority === 'low') before = highs;
      else if (++highs < 100) void publish('a', 1, { priority: 'high' });
      await undefined;
    });
    void publish('a', 1, { priority: 'high' });
    void publish('a', 1, { priority: 'high' });
    void publish('a', 1, { priority: 'low' });
    await env.settle();
    await env.settle();
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(12);
  });

  test.each(['drop-oldest', 'drop-newest'] as const)(
    '%s gives up the lowest priority first',
    async (overflow) => {
      const { send, finish } = await busy({ capacity: 3, overflow });
      await send('low', 'low');
      await send('normal', 'normal');
      await send('high', 'high');
      expect(await send('high2', 'high')).toBe(1);
      expect(await send('high3', 'high')).toBe(1);
      expect(await finish()).toBe('high missed 2,high2,high3');
    },
  );

  test('a message below all that waits is the one dropped', async () => {
    for (const overflow of ['drop-oldest', 'drop-newest'] as const) {
      const { send, finish } = await busy({ capacity: 1, overflow });
      await send('normal');
      expect(await send('low', 'low')).toBe(0);
      expect(await finish()).toBe('normal missed 1');
    }
  });
});
