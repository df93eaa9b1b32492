import { never } from '@bus/test-support';
import { describe, expect, test } from 'vitest';
import { acknowledge, track } from '../support/acknowledged.ts';
import { Buses, star } from '../support/buses.ts';

describe('behind a hub', () => {
  test('an event is acknowledged when its handler there has ended', async () => {
    const { buses, leaf } = await star({ one: {}, two: {} });
    let done = (_: unknown): void => undefined;
    acknowledge(leaf('two'), 'a', () => new Promise((resolve) => (done = resolve)));
    await buses.settle();
    const sent = track(leaf('one'), 'a', 1);
    await buses.settle();
    expect(sent.shown).toEqual([]);
    done(1);
    await buses.settle();
    expect(sent.shown).toEqual(['forwarded 1']);
  });

  test('the counts of all members add up, the hub among them', async () => {
    const { buses, hub, leaf } = await star({ one: {}, two: {}, three: {} });
    for (const bus of [hub, leaf('two'), leaf('three'), leaf('three')]) {
      acknowledge(bus, 'a', () => undefined);
    }
    await buses.settle();
    const sent = track(leaf('one'), 'a', 1);
    await buses.settle();
    expect(sent.shown).toEqual(['forwarded 4']);
  });

  test('a member that dies fails the event, with the code of a lost link', async () => {
    const buses = await star({ one: {}, two: {} });
    const third = buses.buses.bus('three', [[buses.cable.another(), {}]]);
    await buses.buses.start();
    acknowledge(buses.leaf('two'), 'a', () => undefined);
    acknowledge(third, 'a', never);
    await buses.buses.settle();
    const sent = track(buses.leaf('one'), 'a', 1);
    await buses.buses.settle();
    expect(sent.shown).toEqual([]);
    const stopped = third.stop({ drainMs: 0 });
    await buses.buses.settle();
    await stopped;
    await buses.buses.settle();
    expect(sent.shown).toEqual(['rejected CORRELATION_PEER_GONE']);
  });

  test('one that acknowledges and one that does not are two interests', async () => {
    const { buses, leaf } = await star({ one: {}, two: {}, three: {} });
    acknowledge(leaf('two'), 'a', () => undefined);
    acknowledge(leaf('three'), 'a', () => undefined, { acknowledges: false });
    await buses.settle();
    const sent = track(leaf('one'), 'a', 1);
    await buses.settle();
    expect([...sent.shown].sort()).toEqual(['forwarded 1', 'forwarded undefined']);
  });

  test('round a ring an event ends, though it comes back', async () => {
    const buses = new Buses();
    const cables = [buses.cable(), buses.cable(), buses.cable()];
    const all = ['a', 'b', 'c'].map((id, at) =>
      buses.bus(id, [[cables[at]?.listener], [cables[(at + 2) % 3]?.connector]] as never),
    );
    await buses.start();
    for (const bus of all) acknowledge(bus, 'x', () => undefined);
    await buses.settle();
    const sent = track(all[0] as (typeof all)[0], 'x', 1);
    await buses.settle();
    await buses.env.advance(1000);
    expect(sent.targets).toBe(3);
    expect(sent.endings.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  });
});
