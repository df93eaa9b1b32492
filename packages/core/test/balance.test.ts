import { describe, expect, test } from 'vitest';
import type { Balance } from '../src/index.ts';
import { testBench } from './support/bench.ts';
import { prefixRouter } from './support/prefix-router.ts';
import { gate, refusal } from './support/promises.ts';

/** One more for `name`; returns how many that makes. */
function count(counts: Record<string, number>, name: string): number {
  const nth = (counts[name] ?? 0) + 1;
  counts[name] = nth;
  return nth;
}

/** Handlers on `a`, one per name; `counts` says who got how many requests. */
async function handlers(
  names: readonly string[],
  balance: Balance,
  work: (nth: number) => unknown = (nth) => nth,
) {
  const bench = await testBench();
  const counts: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  const handles = names.map((name) =>
    bench.bus.handle('a', () => work(count(counts, name)), { name, balance }),
  );
  return { ...bench, counts, handles };
}

describe('a request among equals', () => {
  test('goes to each in turn', async () => {
    const { request, counts } = await handlers(['x', 'y', 'z'], 'round-robin');
    for (let i = 0; i < 9; i++) await request('a');
    expect(counts).toEqual({ x: 3, y: 3, z: 3 });
  });

  test('goes on in turn when handlers come and go elsewhere', async () => {
    const { request, counts, bus } = await handlers(['x', 'y', 'z'], 'round-robin');
    for (let i = 0; i < 9; i++) {
      await request('a');
      bus.handle(`other.${i}`, () => undefined);
    }
    expect(counts).toEqual({ x: 3, y: 3, z: 3 });
  });

  test('goes to the least busy', async () => {
    const { request, counts, handles } = await handlers(
      ['x', 'y'],
      'least-pending',
      () => gate().promise,
    );
    const [x] = handles as unknown as { pause(): void }[];
    x?.pause();
    for (let i = 0; i < 10; i++) await request('a');
    expect(counts.y).toBe(5);
  });

  test('goes to the same one for a key, and few keys move when one leaves', async () => {
    const { request, counts, handles } = await handlers(['x', 'y', 'z'], 'sticky');
    const owner = async (key: string): Promise<string | undefined> => {
      const before = { ...counts };
      await request('a', 1, { key });
      return Object.keys(counts).find((name) => counts[name] !== before[name]);
    };
    const keys = Array.from({ length: 100 }, (_, i) => `key-${i}`);
    const first = new Map<string, string | undefined>();
    for (const key of keys) first.set(key, await owner(key));
    for (const key of keys) expect(await owner(key)).toBe(first.get(key));
    for (const name of ['x', 'y', 'z']) expect(counts[name]).toBeGreaterThan(30);
    handles[2]?.stop();
    for (const key of keys) {
      const now = await owner(key);
      if (first.get(key) !== 'z') expect(now).toBe(first.get(key));
    }
  });

  test('goes to the one a function returns; one not among them is not heeded', async () => {
    const { request, counts } = await handlers(['x', 'y'], (equals, { payload }) =>
      payload === 'bad' ? (undefined as never) : (equals[1] ?? (undefined as never)),
    );
    await request('a');
    await request('a');
    await request('a', 'bad');
    expect(counts).toEqual({ x: 1, y: 2 });
  });

  test('is refused when that function throws, and only then', async () => {
    const { request, bus, codes } = await handlers(['x', 'y'], (equals, { payload }) => {
      if (payload === 'bad') throw new Error('no');
      return equals[0] as never;
    });
    const error = await refusal(request('a', 'bad'));
    expect(error).toMatchObject({
      code: 'BUS_HANDLER_FAILED',
      details: { topic: 'a', endpoint: 'x' },
    });
    expect(await request('a')).toBe(1);
    expect(codes).toEqual(['BUS_HANDLER_FAILED']);
    expect(bus.inspect().outcomes.ended).toMatchObject({ rejected: 1, handled: 1 });
  });

  test('may be balanced by the asker instead', async () => {
    const { request, counts } = await handlers(['x', 'y'], 'round-robin');
    const last: Balance = (equals) => equals.at(-1) as never;
    for (let i = 0; i < 4; i++) await request('a', 1, {}, { balance: last });
    expect(counts).toEqual({ x: 0, y: 4 });
  });
});

describe('a request among unequals', () => {
  test('goes to the highest priority, and down when that leaves', async () => {
    const { bus, request } = await testBench();
    const seen: number[] = [];
    const handles = [0, 10, 5].map((priority) =>
      bus.handle('a', () => void seen.push(priority), { priority }),
    );
    for (const at of [1, 2, 0]) {
      await request('a');
      handles[at]?.stop();
    }
    expect(seen).toEqual([10, 5, 0]);
    expect((await refusal(request('a'))).code).toBe('BUS_NO_ROUTE');
  });

  test('goes to the more specific pattern of one priority', async () => {
    const { bus, request } = await testBench({ plugins: [prefixRouter()] });
    const seen: string[] = [];
    for (const pattern of ['a*', 'a.b', 'a.*']) bus.handle(pattern, () => void seen.push(pattern));
    bus.handle('urgent*', () => void seen.push('by priority'), { priority: 1 });
    bus.handle('urgent.x', () => void seen.push('never'));
    await request('a.b');
    await request('a.c');
    await request('ab');
    await request('urgent.x');
    expect(seen).toEqual(['a.b', 'a.*', 'a*', 'by priority']);
  });

  test('that a filter refuses goes to the next', async () => {
    const { host, request } = await testBench();
    const seen: string[] = [];
    host.addEndpoint({
      pattern: 'a',
      kinds: ['request'],
      priority: 1,
      filter: ({ payload }) => payload === 'mine',
      handler: () => void seen.push('picky'),
    });
    host.addEndpoint({ pattern: 'a', kinds: ['request'], handler: () => void seen.push('any') });
    await request('a', 'mine');
    await request('a', 'other');
    expect(seen).toEqual(['picky', 'any']);
  });
});

describe('groups', () => {
  test('each gets a message once, in turn among its members; others get every one', async () => {
    const { publish, subscribe } = await testBench();
    const counts: Record<string, number> = { x: 0, y: 0, other: 0, alone: 0 };
    subscribe('a', () => void count(counts, 'x'), { group: 'g' });
    subscribe('a', () => void count(counts, 'y'), { group: 'g' });
    subscribe('a', () => void count(counts, 'other'), { group: 'h' });
    subscribe('a', () => void count(counts, 'alone'));
    for (let i = 0; i < 4; i++) expect(await publish('a')).toBe(3);
    expect(counts).toEqual({ x: 2, y: 2, other: 4, alone: 4 });
  });

  test('prefer their members of the highest priority, and pass over those who refuse', async () => {
    const { publish, subscribe } = await testBench();
    const seen: string[] = [];
    subscribe('a', () => void seen.push('low'), { group: 'g' });
    subscribe('a', () => void seen.push('high'), {
      group: 'g',
      priority: 1,
      filter: ({ payload }) => payload !== 'skip',
    });
    await publish('a');
    await publish('a', 'skip');
    expect(seen).toEqual(['high', 'low']);
  });
});
