import type { Message } from '@bus/core';
import { describe, expect, test } from 'vitest';
import { Buses, hostOf, linksOf, pair, star } from '../support/buses.ts';
import type { LinkedBus } from '../support/linked-bus.ts';

const completion = { settled: () => undefined };

/** Sends an event under an id of a plugin's own making. */
function sendAs(bus: LinkedBus, mark: string, sequence: number, attempt = 1): void {
  const host = hostOf(bus);
  const idPrefix = `${host.traits('event', {}).idPrefix}${mark}`;
  const extras = { completion, fields: { idPrefix, attempt }, sequence };
  void host.send('event', 'a', sequence, undefined, extras);
}

describe('a message with an id prefix other than that of its bus', () => {
  test('arrives with that id and its attempt, and the source it has', async () => {
    const two = await pair();
    const got: Message[] = [];
    two.right.subscribe('a', (message) => void got.push(message));
    await two.settle();
    sendAs(two.left, 'r.', 7, 3);
    await two.left.publish('a', 'plain');
    sendAs(two.left, 'r.', 8);
    await two.settle();
    const { idPrefix } = hostOf(two.left).traits('event', {});
    expect(got.map(({ id, source, hops, attempt }) => [id, source, hops, attempt])).toEqual([
      [`${idPrefix}r.7`, 'left', 1, 3],
      [got[1]?.id, 'left', 1, 1],
      [`${idPrefix}r.8`, 'left', 1, 1],
    ]);
    expect(got[1]?.id.startsWith(`${idPrefix}r.`)).toBe(false);
  });

  test('passes a hub with that id', async () => {
    const { buses, leaf } = await star({ one: {}, two: {} });
    const got: Message[] = [];
    leaf('two').subscribe('a', (message) => void got.push(message));
    await buses.settle();
    sendAs(leaf('one'), 'r.', 35);
    await buses.settle();
    const { idPrefix } = hostOf(leaf('one')).traits('event', {});
    expect(got.map(({ id, source, hops }) => [id, source, hops])).toEqual([
      [`${idPrefix}r.z`, 'one', 2],
    ]);
  });

  test('that says it is from somebody else is from its peer, where that is not trusted', async () => {
    const two = await pair();
    const got: string[] = [];
    two.left.subscribe('a', ({ source }) => void got.push(source));
    await two.settle();
    sendAs(two.right, 'r.', 1);
    await two.settle();
    expect(got).toEqual(['right']);
  });

  test('goes round a ring and is known when it comes back', async () => {
    const buses = new Buses();
    const cables = [buses.cable(), buses.cable(), buses.cable()];
    const all = ['a', 'b', 'c'].map((id, at) =>
      buses.bus(id, [[cables[at]?.listener], [cables[(at + 2) % 3]?.connector]] as never),
    );
    await buses.start();
    const got: string[] = [];
    for (const bus of all) bus.subscribe('a', () => void got.push(bus.id));
    await buses.settle();
    sendAs(all[0] as LinkedBus, 'r.', 1);
    await buses.settle();
    await buses.env.advance(1000);
    expect(got.filter((id) => id === 'a')).toHaveLength(1);
    const loops = linksOf(all[0] as LinkedBus).map(({ refused }) => refused.loops);
    expect(loops).toEqual([1, 1]);
  });
});
