import type { AnyContract, Bus, Overflow } from '@bus/core';
import { createBus } from '@bus/core';
import { routerGlob } from '@bus/router-glob';
import { quiet } from '@bus/test-support';
import { describe, expect, test } from 'vitest';
import { defineTransport } from '../../src/plugin/define-transport.ts';
import { Buses, hostOf } from '../support/buses.ts';
import type { LinkedBus } from '../support/linked-bus.ts';

/** A hub that only passes messages on: nothing on it has a queue for `latest` and the like. */
async function pureHub(): Promise<{
  readonly buses: Buses;
  readonly hub: Bus<AnyContract>;
  readonly one: LinkedBus;
  readonly two: LinkedBus;
  stall(): void;
  flow(): void;
}> {
  const buses = new Buses();
  const cable = buses.cable();
  const hub = createBus({ id: 'hub', env: buses.env, log: quiet }).use(
    routerGlob(),
    defineTransport(cable.listener),
  );
  await hub.start();
  const one = buses.bus('one', [[cable.another(), {}]]);
  const two = buses.bus('two', [[cable.another(), {}]]);
  await buses.start();
  const stall = (): void => {
    cable.isStalled = true;
  };
  return { buses, hub, one, two, stall, flow: () => cable.flow() };
}

describe('a hub that has no queue for the policy of a peer', () => {
  test.each(['drop-oldest', 'drop-newest'] as const)(
    'passes messages on all the same: %s',
    async (overflow) => {
      const { buses, hub, one, two } = await pureHub();
      const got: unknown[] = [];
      two.subscribe('a.*', ({ payload }) => void got.push(payload), { overflow });
      await buses.settle();
      expect(hub.endpoints('a.*').map(({ bus }) => bus)).toEqual(['two']);
      expect(await one.publish('a.b', 1)).toBe(1);
      await buses.settle();
      expect(got).toEqual([1]);
      await buses.run(hub.stop());
    },
  );

  test('tells the others the policy of the peer, and not its own', async () => {
    const { buses, hub, one, two } = await pureHub();
    two.subscribe('a', () => undefined, { overflow: 'drop-oldest', capacity: 3 });
    await buses.settle();
    expect(policiesOf(one, 'a')).toEqual([['drop-oldest', 3]]);
    await buses.run(hub.stop());
  });

  test('loses nothing that the peer would not have lost: publishers wait for room', async () => {
    const { buses, hub, two, stall, flow } = await pureHub();
    const got: unknown[] = [];
    const policy = { overflow: 'drop-oldest', capacity: 3 } as const;
    two.handle('n', ({ payload }) => void got.push(payload), policy);
    await buses.settle();
    stall();
    void hub.notify('n', 'first');
    await buses.settle();
    let accepted = 0;
    for (let n = 0; n < 7; n++) void hub.notify('n', n).then(() => accepted++);
    await buses.settle();
    expect(accepted).toBeLessThan(7);
    flow();
    await buses.settle();
    expect(accepted).toBe(7);
    expect(got).toEqual(['first', 0, 1, 2, 3, 4, 5, 6]);
    expect(hub.inspect().outcomes.ended.dropped).toEqual({});
    await buses.run(hub.stop());
  });
});

/** Overflow and capacity of the endpoints of other buses, as this one has them. */
function policiesOf(bus: LinkedBus, pattern: string): readonly (readonly [Overflow, number])[] {
  return hostOf(bus)
    .endpoints(pattern)
    .map(({ policy }) => [policy.overflow, policy.capacity]);
}
