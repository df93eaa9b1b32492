import type { ConnectionEvents } from '@bus/wire';
import { describe, expect, test } from 'vitest';
import type { FaultCounts, FaultyOptions, FaultyTransport, VirtualEnv } from '../src/index.ts';
import { faultyTransport, memoryTransport, virtualEnv } from '../src/index.ts';
import { quiet } from '../src/quiet.ts';

interface Side extends ConnectionEvents {
  readonly received: number[];
  readonly pieces: number[];
  readonly log: string[];
  send(...bytes: number[]): boolean;
  close(): void;
}

/** A memory link whose connecting end has faults. */
async function link(options: FaultyOptions = {}, seed = 1, framing?: 'message') {
  const env = virtualEnv({ seed });
  const inner = memoryTransport(framing === undefined ? {} : { framing });
  const faulty = faultyTransport(inner.right, options);
  const sides: Side[] = [];
  const open = async (transport: FaultyTransport | typeof inner.left, signal?: AbortSignal) => {
    const opening = transport.open(
      {
        env,
        log: quiet,
        busId: 'it',
        failed: () => undefined,
        connected(connection) {
          const log: string[] = [];
          const received: number[] = [];
          const pieces: number[] = [];
          const side: Side = {
            received,
            pieces,
            log,
            send: (...bytes) => connection.send(Uint8Array.from(bytes)),
            close: () => connection.close(),
            receive(bytes) {
              received.push(...bytes);
              pieces.push(bytes.length);
            },
            writable: () => void log.push('writable'),
            closed: () => void log.push('closed'),
          };
          sides.push(side);
          return side;
        },
      },
      signal ?? new AbortController().signal,
    );
    const settled = Promise.allSettled([opening]);
    await env.settle();
    const [result] = await settled;
    if (result.status === 'rejected') throw result.reason;
  };
  await open(inner.left);
  await open(faulty);
  const [far, near] = sides as [Side, Side];
  return { env, faulty, near, far, reopen: () => open(faulty) };
}

function balance(counts: FaultCounts): number {
  const { taken, duplicated, passed, dropped, waiting } = counts;
  return taken + duplicated - passed - dropped - waiting;
}

const count = 200;
const numbers = Array.from({ length: count }, (_, i) => i);

async function sendAll(side: Side, env: VirtualEnv): Promise<void> {
  for (const number of numbers) {
    side.send(number);
    await env.advance(1);
  }
  await env.advance(1000);
}

describe('faults', () => {
  test('none: everything passes as it is', async () => {
    const { env, near, far, faulty } = await link();
    await sendAll(near, env);
    await sendAll(far, env);
    expect([far.received, near.received]).toEqual([numbers, numbers]);
    expect(faulty.counts.out).toMatchObject({ sends: count, taken: count, passed: count });
  });

  test('delay keeps order, and every send travels as long as was said', async () => {
    const { env, near, far } = await link({ delayMs: [20, 30] });
    near.send(1);
    await env.advance(19);
    expect(far.received).toEqual([]);
    await env.advance(11);
    expect(far.received).toEqual([1]);
    await sendAll(near, env);
    expect(far.received).toEqual([1, ...numbers]);
  });

  test('loss drops the share it was given, and counts it', async () => {
    const { env, near, far, faulty } = await link({ loss: 0.2 });
    await sendAll(near, env);
    const { droppedSends, dropped } = faulty.counts.out;
    expect(far.received).toHaveLength(count - droppedSends);
    expect(dropped).toBe(droppedSends);
    expect(droppedSends).toBeGreaterThan(count * 0.1);
    expect(droppedSends).toBeLessThan(count * 0.3);
  });

  test('duplication delivers twice, and counts it', async () => {
    const { env, near, far, faulty } = await link({ duplication: 0.2 });
    await sendAll(near, env);
    expect(new Set(far.received).size).toBe(count);
    expect(far.received).toHaveLength(count + faulty.counts.out.duplicated);
    expect(faulty.counts.out.duplicated).toBeGreaterThan(0);
  });

  test('reorder lets others overtake, and loses none', async () => {
    const { env, near, far, faulty } = await link({ reorder: 0.2 });
    await sendAll(near, env);
    expect(far.received).not.toEqual(numbers);
    expect(far.received.toSorted((a, b) => a - b)).toEqual(numbers);
    expect(faulty.counts.out.reorderedSends).toBeGreaterThan(0);
  });

  test('split and coalesce change the cuts, and no byte', async () => {
    const options = { split: 0.5, coalesce: 0.5, delayMs: [1, 3] } as const;
    const { env, near, far, faulty } = await link(options);
    for (let i = 0; i < 50; i++) near.send(...numbers.slice(i * 4, i * 4 + 4));
    await env.advance(100);
    expect(far.received).toEqual(numbers);
    expect(faulty.counts.out.splitSends).toBeGreaterThan(5);
    expect(faulty.counts.out.coalescedSends).toBeGreaterThan(5);
  });

  test('work in both directions, unless one is named', async () => {
    const both = await link({ loss: 1 });
    both.near.send(1);
    both.far.send(1);
    const out = await link({ loss: 1, only: 'out' });
    out.near.send(1);
    out.far.send(1);
    await both.env.advance(10);
    await out.env.advance(10);
    expect([both.far.received, both.near.received]).toEqual([[], []]);
    expect([out.far.received, out.near.received]).toEqual([[], [1]]);
  });

  test('can be changed while it runs', async () => {
    const { env, near, far, faulty } = await link({ loss: 1 });
    near.send(1);
    faulty.change({});
    near.send(2);
    await env.advance(10);
    expect(far.received).toEqual([2]);
  });

  test('are the same for the same seed, and others for another', async () => {
    const received: string[] = [];
    for (const seed of [1, 1, 2]) {
      const { env, near, far } = await link({ loss: 0.5, delayMs: [0, 9] }, seed);
      await sendAll(near, env);
      received.push(far.received.join());
    }
    expect(received[1]).toBe(received[0]);
    expect(received[2]).not.toBe(received[0]);
  });

  test('that make no sense are refused', async () => {
    await expect(link({ loss: 2 })).rejects.toThrow("option 'loss' is 2");
    await expect(link({ delayMs: [5, 1] })).rejects.toThrow("option 'delayMs'");
    await expect(link({ bufferBytes: 0 })).rejects.toThrow("option 'bufferBytes' is 0");
    await expect(link({ split: 0.5 }, 1, 'message')).rejects.toThrow('to a stream only');
  });
});

describe('a partition', () => {
  test('holds one direction only, and loses nothing', async () => {
    const { env, near, far, faulty } = await link();
    faulty.partition('out');
    near.send(1);
    far.send(2);
    await env.advance(10_000);
    expect([far.received, near.received]).toEqual([[], [2]]);
    expect(faulty.counts.out.waiting).toBe(1);
    faulty.heal();
    await env.advance(1);
    expect(far.received).toEqual([1]);
    expect(faulty.counts.out.waiting).toBe(0);
  });

  test('makes the sender pause, and go on when it is healed', async () => {
    const { env, near, faulty } = await link({ bufferBytes: 10 });
    faulty.partition();
    expect(near.send(1)).toBe(true);
    expect(near.send(...numbers.slice(0, 9))).toBe(false);
    await env.advance(1000);
    expect(near.log).toEqual([]);
    faulty.heal();
    await env.advance(1);
    expect(near.log).toEqual(['writable']);
  });

  test('keeps others from connecting', async () => {
    const { faulty, reopen } = await link();
    faulty.kill();
    faulty.partition('in');
    await expect(reopen()).rejects.toThrow('partitioned');
    faulty.heal();
    await reopen();
  });

  test('keeps the news of a close until it is healed', async () => {
    const { env, near, far, faulty } = await link();
    faulty.partition();
    far.send(1);
    await env.advance(1);
    far.close();
    await env.advance(10);
    expect(far.log).toEqual(['closed']);
    expect(near.log).toEqual([]);
    faulty.heal();
    await env.advance(10);
    expect(near.received).toEqual([1]);
    expect(near.log).toEqual(['closed']);
  });
});

test('a close from here gets through a partition, to this end', async () => {
  const { env, near, faulty } = await link();
  faulty.partition();
  near.close();
  await env.advance(1);
  expect(near.log).toEqual(['closed']);
});

describe('a half-open connection', () => {
  test('takes everything, delivers nothing, and tells nobody', async () => {
    const { env, near, far, faulty } = await link();
    faulty.halfOpen();
    near.send(1, 2);
    far.send(3);
    await env.advance(1);
    far.close();
    await env.advance(1000);
    expect([far.received, near.received, near.log]).toEqual([[], [], []]);
    expect(faulty.counts.out).toMatchObject({ dropped: 2, droppedSends: 1 });
    expect(faulty.counts.in).toMatchObject({ dropped: 1 });
    near.close();
    await env.advance(1);
    expect(near.log).toEqual(['closed']);
  });

  test('that is closed from here is closed once at both ends', async () => {
    const { env, near, far, faulty } = await link();
    faulty.halfOpen();
    near.close();
    await env.advance(1);
    expect([near.log, far.log]).toEqual([['closed'], ['closed']]);
  });
});

test('a kill closes both ends at once and drops what is on its way', async () => {
  const { env, near, far, faulty } = await link({ delayMs: [50, 50] });
  near.send(1);
  faulty.kill();
  await env.advance(100);
  expect([near.log, far.log, far.received]).toEqual([['closed'], ['closed'], []]);
  expect(faulty.counts.out).toMatchObject({ dropped: 1, waiting: 0 });
  expect(env.pending).toBe(0);
});

test.each(Array.from({ length: 40 }, (_, i) => i + 1))(
  'the sums balance whatever happens (seed %i)',
  async (seed) => {
    const faults = { loss: 0.1, duplication: 0.1, reorder: 0.1, split: 0.2, coalesce: 0.2 };
    const { env, near, far, faulty } = await link({ ...faults, delayMs: [0, 20] }, seed);
    const acts = [
      () => faulty.partition('out'),
      () => faulty.partition('in'),
      () => faulty.heal(),
      () => near.send(...numbers.slice(0, Math.floor(env.random() * 50))),
      () => far.send(...numbers.slice(0, Math.floor(env.random() * 50))),
      () => (env.random() < 0.02 ? faulty.halfOpen() : undefined),
      () => (env.random() < 0.02 ? faulty.kill() : undefined),
    ];
    for (let i = 0; i < 100; i++) {
      acts[Math.floor(env.random() * acts.length)]?.();
      await env.advance(env.random() * 5);
      expect([balance(faulty.counts.out), balance(faulty.counts.in)]).toEqual([0, 0]);
    }
    const arrived = far.received.length + near.received.length;
    await env.advance(1000);
    expect(arrived).toBeLessThanOrEqual(far.received.length + near.received.length);
    expect(far.received.length).toBeLessThanOrEqual(faulty.counts.out.passed);
    expect(near.received.length).toBe(faulty.counts.in.passed);
  },
);
