import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { ReliableBus } from './support/bench.ts';
import { reliably, reportOf } from './support/bench.ts';
import { Network } from './support/network.ts';
import { watched } from './support/promises.ts';

const messages = 300;
const keys = 8;

/** What one subscriber handled, in its order. */
function collecting(bus: ReliableBus, failsEvery: number) {
  const handled: { readonly key: string | undefined; readonly payload: number }[] = [];
  let runs = 0;
  bus.subscribe(
    'orders.*',
    async ({ key, payload }) => {
      await Promise.resolve();
      if (++runs % failsEvery === 0) throw new Error('now and then');
      handled.push({ key, payload: payload as number });
    },
    { ...reliably, attempts: 100, concurrency: 4, backoff: { baseMs: 5, maxMs: 20 } },
  );
  return handled;
}

function isInOrder(handled: ReturnType<typeof collecting>): boolean {
  const last = new Map<string | undefined, number>();
  return handled.every(({ key, payload }) => {
    const before = last.get(key) ?? -1;
    last.set(key, payload);
    return before < payload;
  });
}

describe('messages over links that come and go, and a hub that is killed and started again', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'are all handled, once, in the order of their keys: seed %i',
    async (seed) => {
      const net = new Network(seed);
      const near = net.link();
      const far = net.link();
      const options = { backoff: { baseMs: 20, maxMs: 200 }, redeliverMs: 60_000 };
      const sides = [[near.left], [far.left]] as const;
      let hub = await net.bus('hub', sides, options);
      const publisher = await net.bus('here', [[near.right]], options);
      const subscribers = [
        collecting(await net.bus('there', [[far.right]], options), 7),
        collecting(await net.bus('elsewhere', [[far.another()]], options), 11),
      ];
      await net.settle();
      const published: ReturnType<typeof watched>[] = [];
      for (let number = 0; number < messages; number++) {
        const key = `k${Math.floor(net.env.random() * keys)}`;
        published.push(watched(publisher.publish(`orders.${key}`, number, { ...reliably, key })));
        const dice = net.env.random();
        const link = dice < 0.5 ? near : far;
        if (dice < 0.03 || dice > 0.97) link.sever();
        else if (dice < 0.1 || dice > 0.9) {
          near.heal();
          far.heal();
        } else if (dice > 0.49 && dice < 0.5) {
          near.sever();
          far.sever();
          await net.until(hub.stop({ drainMs: 0 }));
          near.heal();
          far.heal();
          hub = await net.bus('hub', sides, options);
        }
        await net.env.advance(Math.floor(net.env.random() * 10));
      }
      near.heal();
      far.heal();
      await net.env.advance(20_000);
      expect(published.filter(({ state }) => state !== 'done')).toEqual([]);
      for (const handled of subscribers) {
        expect([...handled].map(({ payload }) => payload).sort((a, b) => a - b)).toEqual(
          Array.from({ length: messages }, (_, number) => number),
        );
        expect(isInOrder(handled)).toBe(true);
      }
      expect(reportOf(publisher)).toMatchObject({ pending: 0, standIns: 0, deadLetters: 0 });
      expect(reportOf(publisher).resent).toBeGreaterThan(0);
      expect([hub, publisher].map(unaccounted)).toEqual([0, 0]);
    },
  );
});
