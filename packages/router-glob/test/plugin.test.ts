import type { Bus } from '@bus/core';
import { createBus } from '@bus/core';
import { describe, expect, it } from 'vitest';
import type { GlobOptions } from '../src/index.ts';
import { routerGlob } from '../src/index.ts';

async function startedBus(options: GlobOptions = {}): Promise<Bus> {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const bus: Bus = createBus({ log }).use(routerGlob(options));
  return bus.start();
}

/** The names of the endpoints for a topic, best first. */
async function targets(bus: Bus, topic: string): Promise<string[]> {
  const seen: string[] = [];
  for (const { name } of bus.explain(topic, { kind: 'notification' }).endpoints) {
    seen.push(name ?? '');
  }
  return seen;
}

describe('routerGlob', () => {
  it('brings messages to the handlers whose pattern matches', async () => {
    await using bus = await startedBus();
    const got: string[] = [];
    bus.handle('orders.*', (message) => void got.push(`one ${message.topic}`));
    bus.handle('orders.**', (message) => void got.push(`many ${message.topic}`));
    bus.handle('orders.created', (message) => void got.push(`exact ${message.topic}`));
    expect(await bus.notify('orders.created', {})).toBe(3);
    expect(await bus.notify('orders.eu.created', {})).toBe(1);
    expect(got.sort()).toEqual([
      'exact orders.created',
      'many orders.created',
      'many orders.eu.created',
      'one orders.created',
    ]);
  });

  it('orders equals of one priority from the most to the least specific, however they came', async () => {
    const patterns = ['a.b.c', 'a.b.c*', 'a.b.*', 'a.b.**', 'a.*.c', 'a.**', '*.b.c', '**.c', '**'];
    for (const order of [patterns, patterns.toReversed()]) {
      await using bus = await startedBus();
      for (const pattern of order) bus.handle(pattern, () => {}, { name: pattern });
      bus.handle('{a.b.c,**.c}', () => {}, { name: 'braces', priority: -1 });
      bus.handle('a.**', () => {}, { name: 'first', priority: 1 });
      expect(await targets(bus, 'a.b.c')).toEqual(['first', ...patterns, 'braces']);
    }
  });

  it('orders a pattern with braces by its least specific alternative', async () => {
    await using bus = await startedBus();
    for (const pattern of ['{a,*}.b', '{a,c}.b', '*.b', 'a.*']) {
      bus.handle(pattern, () => {}, { name: pattern });
    }
    expect(await targets(bus, 'a.b')).toEqual(['{a,c}.b', 'a.*', '{a,*}.b', '*.b']);
  });

  it('adds and removes while messages flow', async () => {
    await using bus = await startedBus();
    const first = bus.handle('a.*', () => {}, { name: 'first' });
    expect(await bus.notify('a.b', 1)).toBe(1);
    const second = bus.handle('*.b', () => {}, { name: 'second' });
    expect(await bus.notify('a.b', 1)).toBe(2);
    first.stop();
    expect(await targets(bus, 'a.b')).toEqual(['second']);
    second.stop();
    await expect(bus.notify('a.b', 1)).rejects.toMatchObject({ code: 'BUS_NO_ROUTE' });
  });

  it('keeps system topics from patterns that do not name them', async () => {
    await using bus = await startedBus();
    bus.handle('**', () => {}, { name: 'all' });
    bus.handle('*.peer.up', () => {}, { name: 'one' });
    bus.handle('$bus.**', () => {}, { name: 'system' });
    expect(await targets(bus, '$bus.peer.up')).toEqual(['system']);
  });

  it('refuses invalid patterns and leaves exact topics to the kernel', async () => {
    await using bus = await startedBus();
    const add = (pattern: string) => () => bus.handle(pattern, () => {});
    expect(add('a..*')).toThrow(expect.objectContaining({ code: 'BUS_PATTERN_INVALID' }));
    expect(add('a"b.c')).not.toThrow();
  });

  it('leaves case aside where told to, for exact topics too', async () => {
    await using bus = await startedBus({ nocase: true });
    bus.handle('Orders.Created', () => {}, { name: 'exact' });
    bus.handle('ORDERS.*', () => {}, { name: 'wild' });
    expect(await targets(bus, 'orders.CREATED')).toEqual(['exact', 'wild']);
  });

  it('refuses a cache size that is not a whole number above 0', () => {
    expect(() => routerGlob({ cache: 0 })).toThrow(
      expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
    );
    expect(() => routerGlob({ cache: 100_000 })).not.toThrow();
  });

  it('refuses a misspelled option and names the one that was meant', () => {
    const refused = (message: string) =>
      expect.objectContaining({ code: 'BUS_OPTION_INVALID', message });
    expect(() => routerGlob({ noCase: true } as GlobOptions)).toThrow(
      refused("routerGlob has no option 'noCase': did you mean 'nocase'?"),
    );
    expect(() => routerGlob({ caches: 1 } as GlobOptions)).toThrow(
      refused("routerGlob has no option 'caches': did you mean 'cache'?"),
    );
    expect(() => routerGlob('nocase' as GlobOptions)).toThrow(
      refused("option 'routerGlob' is 'nocase': give an object of options, or nothing"),
    );
    expect(() => routerGlob({ nocase: 'no' } as unknown as GlobOptions)).toThrow(
      refused("option 'nocase' is 'no': give true or false"),
    );
  });
});
