import { describe, expect, test } from 'vitest';
import { ignore, imbalance, testBench, told } from './support/bench.ts';
import { gate, refusal } from './support/promises.ts';

describe('what a plugin may ask of a send', () => {
  test('`wants` leaves endpoints out, each asked once', async () => {
    const { host, subscribe } = await testBench();
    const seen: string[] = [];
    const asked: string[] = [];
    for (const name of ['x', 'y', 'z']) subscribe('a', () => void seen.push(name), { name });
    const wants = ({ name }: { readonly name: string | undefined }): boolean => {
      asked.push(name ?? '');
      return name !== 'y';
    };
    expect(await host.send('event', 'a', 1, undefined, { wants })).toBe(2);
    expect(seen).toEqual(['x', 'z']);
    expect(asked).toEqual(['x', 'y', 'z']);
  });

  test('`wants` comes before one of a group, and before one for a request, is chosen', async () => {
    const { bus, host, subscribe } = await testBench();
    const seen: string[] = [];
    for (const name of ['x', 'y']) {
      subscribe('a', () => void seen.push(name), { name, group: 'g' });
      bus.handle('r', () => void seen.push(name), { name, priority: name === 'x' ? 1 : 0 });
    }
    const wants = ({ name }: { readonly name: string | undefined }): boolean => name === 'y';
    for (let i = 0; i < 3; i++) await host.send('event', 'a', 1, undefined, { wants });
    await host.send('request', 'r', 1, undefined, { wants });
    expect(seen).toEqual(['y', 'y', 'y', 'y']);
  });

  test('`wants` that leaves nobody makes it unroutable', async () => {
    const { bus, host, subscribe } = await testBench();
    subscribe('a', ignore);
    bus.handle('a', ignore);
    const nobody = { wants: () => false };
    expect(await host.send('event', 'a', 1, undefined, nobody)).toBe(0);
    expect((await refusal(host.send('request', 'a', 1, undefined, nobody))).code).toBe(
      'BUS_NO_ROUTE',
    );
    expect(bus.inspect().outcomes.ended.unroutable).toBe(2);
  });

  test('`wants` that throws costs that message and no other', async () => {
    const { bus, host, subscribe } = await testBench();
    const cause = new Error('no');
    subscribe('a', ignore);
    const wants = (): boolean => {
      throw cause;
    };
    const error = await refusal(host.send('event', 'a', 1, undefined, { wants }));
    expect(error).toMatchObject({ code: 'BUS_HANDLER_FAILED', cause });
    expect(await host.send('event', 'a', 1)).toBe(1);
    expect(bus.inspect().outcomes.ended).toMatchObject({ rejected: 1, handled: 1 });
    expect(imbalance(bus)).toBe(0);
  });

  test('`fields` and `sequence` send the same message again', async () => {
    const { host, subscribe } = await testBench();
    const ids: string[] = [];
    const attempts: number[] = [];
    subscribe('a', ({ id, attempt, key }) => {
      ids.push(`${id} ${key}`);
      attempts.push(attempt);
    });
    const numbered = { fields: { idPrefix: 'publisher-', attempt: 1 }, sequence: 37 };
    await host.send('event', 'a', 1, { key: 'k' }, numbered);
    await host.send('event', 'a', 1, { key: 'k' }, { ...numbered, fields: { attempt: 2 } });
    await host.send('event', 'a', 1, undefined, {
      fields: { idPrefix: 'publisher-' },
      sequence: 0,
    });
    expect(ids[0]).toBe('publisher-11 k');
    expect(ids[1]).toMatch(/^[0-9a-f]{12}-11 k$/);
    expect(ids[2]).toBe('publisher-0 undefined');
    expect(attempts).toEqual([1, 2, 1]);
  });

  test('`sequence` leaves the bus\u2019s own count alone', async () => {
    const { host, publish, subscribe } = await testBench();
    const ids: string[] = [];
    subscribe('a', ({ id }) => void ids.push(id.slice(id.lastIndexOf('-') + 1)));
    await publish('a');
    await host.send('event', 'a', 1, undefined, { sequence: 35 });
    await publish('a');
    expect(ids).toEqual(['0', 'z', '1']);
  });

  test('a completion is told of every target, and of the end of what waited', async () => {
    const { host, subscribe, env } = await testBench();
    const slow = gate();
    subscribe('a', ignore, { name: 'quick' });
    subscribe('a', () => slow.promise, { name: 'slow' });
    subscribe('a', ignore, { name: 'filtered', filter: () => false });
    const completion = told();
    await host.send('event', 'a', 1, undefined, { completion });
    expect(completion.outcomes).toEqual(['quick handled undefined']);
    slow.fail(new Error('no'));
    await env.settle();
    expect(completion.outcomes[1]).toBe('slow failed BUS_HANDLER_FAILED');
  });
});
