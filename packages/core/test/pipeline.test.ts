import { describe, expect, test } from 'vitest';
import type { AnyPlugin, HookPoints } from '../src/index.ts';
import type { Ending } from './support/bench.ts';
import { ignore, outcomeLog, plugin, testBench } from './support/bench.ts';
import { gate, refusal, settlesNow, unhandledDuring } from './support/promises.ts';

const tapping = (tap: (hooks: HookPoints) => void): AnyPlugin =>
  plugin('tap', ({ hooks }) => tap(hooks));

describe('the promise of a send', () => {
  test('is one shared object per count where nothing has to wait', async () => {
    const { publish, subscribe } = await testBench();
    expect(publish('a')).toBe(publish('b'));
    subscribe('a', ignore);
    const one = publish('a', 1);
    expect(publish('a', 2)).toBe(one);
    expect(await one).toBe(1);
    subscribe('a', ignore);
    expect(await publish('a')).toBe(2);
  });

  test('comes after idle handlers have run', async () => {
    const { publish, subscribe } = await testBench();
    const seen: unknown[] = [];
    subscribe('a', (message) => void seen.push(message.payload));
    void publish('a', 1);
    expect(seen).toEqual([1]);
  });

  test('does not wait for a handler that takes its time', async () => {
    const { publish, subscribe } = await testBench();
    subscribe('a', () => gate().promise);
    expect(await settlesNow(publish('a'))).toBe(true);
  });

  test('waits for room in a full mailbox, which is back-pressure', async () => {
    const { publish, subscribe, env } = await testBench();
    const slow = gate();
    subscribe('a', () => slow.promise, { capacity: 1 });
    await publish('a');
    await publish('a');
    const third = publish('a');
    expect(await settlesNow(third)).toBe(false);
    slow.open();
    await env.settle();
    expect(await third).toBe(1);
  });

  test('counts every target that accepted', async () => {
    const { bus, host } = await testBench();
    for (let i = 0; i < 5; i++) bus.handle('a', ignore);
    expect(await bus.notify('a', 1)).toBe(5);
    expect(await host.channel('notification', 'a')(1)).toBe(5);
  });
});

describe('a refusal', () => {
  test('that nobody awaits is counted and observed, and harms nothing', async () => {
    const endings: Ending[] = [];
    const { bus, publish, subscribe, codes, env } = await testBench({
      plugins: [outcomeLog(endings)],
    });
    subscribe('full', () => gate().promise, { capacity: 1, overflow: 'error' });
    const unhandled = await unhandledDuring(async () => {
      void bus.notify('nowhere', 1);
      void bus.notify('a..b', 1);
      void publish('a', 1, { timeoutMs: -1 });
      void publish('full');
      void publish('full');
      void publish('full');
      void publish('a', 1, { signal: AbortSignal.abort() });
      await env.settle();
    });
    expect(unhandled).toEqual([]);
    const expected = ['BUS_NO_ROUTE', 'BUS_TOPIC_INVALID', 'BUS_OPTION_INVALID', 'BUS_CANCELLED'];
    expect([...codes].sort()).toEqual([...expected, 'BUS_MAILBOX_FULL'].sort());
    expect(endings.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['unroutable', 'BUS_NO_ROUTE'],
      ['rejected', 'BUS_TOPIC_INVALID'],
      ['rejected', 'BUS_OPTION_INVALID'],
      ['rejected', 'BUS_MAILBOX_FULL'],
      ['cancelled', 'BUS_CANCELLED'],
    ]);
  });

  test('by one full target leaves the others their message', async () => {
    const { publish, subscribe } = await testBench();
    let seen = 0;
    subscribe('a', () => gate().promise, { capacity: 1, overflow: 'error', name: 'stuck' });
    subscribe('a', () => void seen++);
    for (let i = 0; i < 2; i++) await publish('a');
    const error = await refusal(publish('a'));
    expect(error).toMatchObject({
      code: 'BUS_MAILBOX_FULL',
      details: { topic: 'a', endpoint: 'stuck', capacity: 1 },
    });
    expect(seen).toBe(3);
  });

  test('for want of a route names the topic and what to do', async () => {
    const { bus, request } = await testBench();
    for (const send of [() => bus.notify('a', 1), () => request('a')]) {
      const error = await refusal(send());
      expect(error).toMatchObject({ code: 'BUS_NO_ROUTE', details: { topic: 'a' } });
      expect(error.message).toContain("bus.handle('a'");
    }
  });

  test('an event nobody wants is none: it is unroutable, and resolves to 0', async () => {
    const { bus, publish, codes } = await testBench();
    expect(await publish('a')).toBe(0);
    expect(codes).toEqual([]);
    expect(bus.inspect().outcomes.ended.unroutable).toBe(1);
  });
});

describe('kinds', () => {
  test('an endpoint gets the kinds it takes and no others', async () => {
    const { bus, publish, request, subscribe } = await testBench();
    const seen: string[] = [];
    bus.handle('a', ({ kind }) => void seen.push(`handler ${kind}`));
    subscribe('a', ({ kind }) => void seen.push(`subscriber ${kind}`));
    await publish('a');
    await bus.notify('a', 1);
    await request('a');
    expect(seen).toEqual([
      'subscriber event',
      'handler notification',
      'subscriber notification',
      'handler request',
    ]);
  });

  test('a scattered request reaches every handler', async () => {
    const { bus, request } = await testBench();
    for (let i = 0; i < 3; i++) bus.handle('a', ignore, { priority: i });
    expect(await request('a')).toBe(1);
    expect(await request('a', 1, {}, { scatter: true })).toBe(3);
  });
});

describe('filters', () => {
  test('leave out what they refuse; a message that all refuse is unroutable', async () => {
    const { bus, publish, subscribe } = await testBench();
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => void seen.push(payload), {
      filter: (m) => Number(m.payload) > 1,
    });
    expect(await publish('a', 1)).toBe(0);
    expect(await publish('a', 2)).toBe(1);
    expect(seen).toEqual([2]);
    expect(bus.inspect().outcomes).toMatchObject({
      accepted: 2,
      ended: { handled: 1, unroutable: 1 },
    });
  });

  test('one that throws says no, and harms no other', async () => {
    const { bus, publish, subscribe, codes } = await testBench();
    let seen = 0;
    subscribe('a', ignore, {
      filter: () => {
        throw new Error('bad filter');
      },
    });
    subscribe('a', () => void seen++);
    expect(await publish('a')).toBe(1);
    expect(seen).toBe(1);
    expect(codes).toEqual(['BUS_HANDLER_FAILED']);
    expect(bus.inspect().outcomes.ended).toMatchObject({ handled: 1, failed: 0 });
  });

  test.each([/x/, 'x', 1, {}])('a truthy answer such as %o is a yes', async (answer) => {
    const { publish, subscribe } = await testBench();
    subscribe('a', ignore, { filter: () => answer });
    subscribe('a', ignore, { filter: () => answer, group: 'g' });
    expect(await publish('a')).toBe(2);
  });

  test('are asked once per message', async () => {
    const { publish, subscribe } = await testBench();
    let asked = 0;
    for (const group of ['g', 'g', undefined]) {
      subscribe('a', ignore, { group, filter: () => ++asked });
    }
    await publish('a');
    expect(asked).toBe(3);
  });

  test('a sender that is told of every target hears of nobody where all say no', async () => {
    const { host, subscribe } = await testBench();
    const told: string[] = [];
    subscribe('a', ignore, { filter: () => false });
    const completion = {
      settled: (_message: unknown, _endpoint: unknown, outcome: string) => void told.push(outcome),
    };
    await host.send('event', 'a', 1, {}, { completion });
    expect(told).toEqual(['unroutable']);
  });
});

describe('outbound', () => {
  test('may change the message for everyone after it', async () => {
    const stamp = tapping(({ outbound }) =>
      outbound.tap((message) => message.with({ payload: 'changed', headers: { by: 'tap' } })),
    );
    const { publish, subscribe } = await testBench({ plugins: [stamp] });
    let seen: unknown;
    subscribe('a', ({ payload, headers, id }) => {
      seen = [payload, headers.by, typeof id];
    });
    await publish('a', 'first');
    expect(seen).toEqual(['changed', 'tap', 'string']);
  });

  test('may send it elsewhere', async () => {
    const renames = tapping(({ outbound }) =>
      outbound.tap((message) =>
        message.topic === 'old' ? message.with({ topic: 'new' }) : message,
      ),
    );
    const { publish, subscribe } = await testBench({ plugins: [renames] });
    const seen: string[] = [];
    subscribe('new', ({ topic }) => void seen.push(topic));
    subscribe('old', () => void seen.push('never'));
    for (let i = 0; i < 2; i++) expect(await publish('old')).toBe(1);
    expect(seen).toEqual(['new', 'new']);
  });

  test('may drop it, which is counted and no error', async () => {
    const drops = tapping(({ outbound }) => outbound.tap(() => undefined));
    const { bus, publish, subscribe, host, codes } = await testBench({ plugins: [drops] });
    subscribe('a', ignore);
    expect(await publish('a')).toBe(0);
    expect(await host.channel('event', 'a')(1)).toBe(0);
    expect(codes).toEqual([]);
    expect(bus.inspect().outcomes.ended.dropped).toEqual({ outbound: 2 });
  });
});

describe('select', () => {
  test('narrows the candidates, best first', async () => {
    const order: (string | undefined)[] = [];
    const picky = tapping(({ select }) =>
      select.tap((targets) => {
        order.push(...targets.map((target) => target.name));
        return targets.filter((target) => target.name !== 'ill');
      }),
    );
    const { bus, publish, subscribe } = await testBench({ plugins: [picky] });
    const seen: string[] = [];
    subscribe('a', () => void seen.push('well'), { name: 'well' });
    subscribe('a', () => void seen.push('ill'), { name: 'ill', priority: 5 });
    expect(await publish('a')).toBe(1);
    expect(order).toEqual(['ill', 'well']);
    expect(seen).toEqual(['well']);
    expect(bus.inspect().outcomes.accepted).toBe(1);
  });

  test('that leaves nobody makes the message unroutable', async () => {
    const nobody = tapping(({ select }) => select.tap(() => undefined));
    const { bus, publish } = await testBench({ plugins: [nobody] });
    bus.handle('a', ignore);
    expect((await refusal(bus.notify('a', 1))).code).toBe('BUS_NO_ROUTE');
    expect(await publish('a')).toBe(0);
  });

  test('chooses for a request before priorities do', async () => {
    const notTheBest = tapping(({ select }) => select.tap((targets) => targets.slice(1)));
    const { bus, request } = await testBench({ plugins: [notTheBest] });
    const seen: number[] = [];
    for (const priority of [1, 2, 3]) bus.handle('a', () => void seen.push(priority), { priority });
    await request('a');
    expect(seen).toEqual([2]);
  });
});

describe('a channel', () => {
  test('sees handlers come and go, and the bus stop', async () => {
    const { host, bus, subscribe } = await testBench();
    const send = host.channel('event', 'a');
    expect(await send(1)).toBe(0);
    const seen: unknown[] = [];
    const subscription = subscribe('a', ({ payload }) => void seen.push(payload));
    expect(await send(2)).toBe(1);
    subscribe('other', ignore);
    expect(await send(3)).toBe(1);
    subscription.stop();
    expect(await send(4)).toBe(0);
    expect(seen).toEqual([2, 3]);
    await bus.stop();
    expect((await refusal(send(5))).code).toBe('BUS_CLOSED');
  });

  test('checks its options on every send', async () => {
    const { host, subscribe } = await testBench();
    let key: unknown;
    subscribe('a', (message) => {
      key = message.key;
    });
    await host.channel('event', 'a', { key: 'k' })(1);
    expect(key).toBe('k');
  });
});
