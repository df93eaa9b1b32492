import { describe, expect, test } from 'vitest';
import { ignore, imbalance, testBench } from './support/bench.ts';
import { busy } from './support/busy.ts';
import { gate, note, refusal, settlesNow, thrown } from './support/promises.ts';

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
});

describe('the bound of a mailbox', () => {
  test.each(['block', 'error'] as const)(
    'holds with %s, whatever the concurrency',
    async (overflow) => {
      for (const concurrency of [1, 2, 10]) {
        const { publish, subscribe, bus } = await testBench();
        const endpoint = subscribe('a', () => gate().promise, {
          overflow,
          concurrency,
          capacity: 4,
        });
        for (let i = 0; i < 200; i++) void publish('a', i);
        expect(endpoint.load).toBe(concurrency + 4 + (overflow === 'block' ? 4 : 0));
        expect(imbalance(bus)).toBe(0);
      }
    },
  );

  test('holds however deep in other handlers the publisher is', async () => {
    const { publish, subscribe, bus, env } = await testBench();
    const end = subscribe('end', ignore, { capacity: 4, overflow: 'error' });
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

test.each(['drop-oldest', 'drop-newest', 'latest'] as const)(
  'the policy %s is refused where no plugin brings it',
  async (overflow) => {
    const { bus } = await testBench();
    const error = thrown(() => bus.handle('a', ignore, { overflow }));
    expect(error).toMatchObject({ code: 'BUS_OPTION_INVALID', details: { option: 'overflow' } });
    expect(bus.endpoints()).toEqual([]);
  },
);

test('messages of any priority and key wait in the order they came', async () => {
  const { send, finish } = await busy({ capacity: 10 });
  await send('l', 'low', 'k');
  await send('n', 'normal', 'k');
  await send('h', 'high');
  expect(await finish()).toBe('l,n,h');
});
