import type { BusOptions } from '@bus/core';
import { expect, test } from 'vitest';
import { Buses, linksOf, remotePatterns } from '../support/buses.ts';
import type { LinkedBus } from '../support/linked-bus.ts';

/** Buses each linked to the next; a ring where the last is linked to the first. */
async function chain(
  ids: readonly string[],
  isRing: boolean,
  options: BusOptions = {},
): Promise<{ buses: Buses; all: readonly LinkedBus[] }> {
  const buses = new Buses();
  const cables = ids.map(() => buses.cable());
  const all = ids.map((id, at) => {
    const next = at + 1 < ids.length || isRing ? [[cables[at]?.listener]] : [];
    const before = at > 0 ? cables[at - 1] : isRing ? cables.at(-1) : undefined;
    const sides = [...next, ...(before === undefined ? [] : [[before.connector]])];
    return buses.bus(id, sides as never, options);
  });
  await buses.start();
  return { buses, all };
}

test('a message goes round a ring both ways, and no further than to who sent it', async () => {
  const { buses, all } = await chain(['a', 'b', 'c', 'd'], true);
  const got: string[] = [];
  for (const bus of all) bus.subscribe('x', ({ payload }) => void got.push(`${bus.id} ${payload}`));
  await buses.settle();
  await all[0]?.publish('x', 1);
  await buses.settle();
  await buses.env.advance(1000);
  expect([...new Set(got)].sort()).toEqual(['a 1', 'b 1', 'c 1', 'd 1']);
  expect(got.filter((line) => line === 'a 1')).toHaveLength(1);
  // One for each way round.
  expect(got.filter((line) => line === 'c 1')).toHaveLength(2);
  const loops = linksOf(all[0] as LinkedBus).map(({ refused }) => refused.loops);
  expect(loops).toEqual([1, 1]);
});

test('an interest that has gone is forgotten all around a ring', async () => {
  const { buses, all } = await chain(['a', 'b', 'c', 'd'], true);
  const [a] = all;
  const subscription = a?.subscribe('x', () => undefined);
  await buses.settle();
  expect(all.map((bus) => remotePatterns(bus).length > 0)).toEqual([true, true, true, true]);
  // News goes round a ring as often as limits.hops lets it, and then ends.
  const bytes = linksOf(a as LinkedBus).map(({ sent }) => sent.bytes);
  expect(Math.max(...bytes)).toBeLessThan(5000);
  subscription?.stop();
  for (let i = 0; i < 20; i++) await buses.settle();
  expect(all.map((bus) => remotePatterns(bus))).toEqual([[], [], [], []]);
});

test('what is farther away than limits.hops is not seen', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const { buses, all } = await chain(ids, false, { limits: { hops: 2 } });
  const got: string[] = [];
  all[0]?.subscribe('x', ({ source, hops }) => void got.push(`${source} ${hops}`));
  await buses.settle();
  expect(all.map((bus) => remotePatterns(bus).length)).toEqual([0, 1, 1, 0, 0]);
  for (const bus of all) await bus.publish('x', 1);
  await buses.settle();
  expect(got).toHaveLength(3);
});

test('a request passes three buses, and its reply comes back the same way', async () => {
  const { buses, all } = await chain(['a', 'b', 'c', 'd'], false);
  all[3]?.handle('q', ({ payload, hops }) => [payload, hops]);
  await buses.settle();
  expect(await buses.run(all[0]?.request('q', 1) as Promise<unknown>)).toEqual([1, 3]);
});
