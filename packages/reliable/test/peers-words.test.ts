import { deferred } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { reliably, steady } from './support/bench.ts';
import { Network } from './support/network.ts';
import { watched } from './support/promises.ts';

/** A publisher with two peers, the first of which takes frames of 4,096 bytes. */
async function twoPeers(redeliverMs: number) {
  const net = new Network();
  const links = [net.link(), net.link()] as const;
  const options = { ...steady, redeliverMs };
  const first = await net.bus(
    'first',
    [[links[0].left, { limits: { frameBytes: 4096 } }]],
    options,
  );
  const second = await net.bus('second', [[links[1].left]], options);
  const publisher = await net.bus(
    'here',
    links.map((link) => [link.right] as const),
    options,
  );
  return { net, first, second, publisher };
}

describe('a peer that will never take a message', () => {
  it('ends nothing of another, who takes it when it has room', async () => {
    const { net, first, second, publisher } = await twoPeers(1000);
    const got: unknown[] = [];
    const run = deferred();
    first.subscribe('a', () => undefined, reliably);
    const narrow = { ...reliably, capacity: 1, overflow: 'error' } as const;
    second.subscribe(
      'a',
      ({ payload }) => {
        got.push((payload as string).length);
        return got.length === 1 ? run.promise : undefined;
      },
      narrow,
    );
    await net.settle();
    const small = [1, 2].map((n) => watched(publisher.publish('a', 'x'.repeat(n), reliably)));
    const large = watched(publisher.publish('a', 'x'.repeat(5000), reliably));
    await net.env.advance(300);
    expect([got, large.state]).toEqual([[1], 'waiting']);
    run.resolve(undefined);
    await net.env.advance(600);
    expect(got).toEqual([1, 2, 5000]);
    expect(small.map(({ state }) => state)).toEqual(['done', 'done']);
    expect(large).toMatchObject({ state: 'done', value: 1 });
    // Somebody did not get it, which is not forgotten.
    const [letter, ...more] = publisher.deadLetters.list();
    expect([letter?.reason, letter?.errors.at(-1)?.code]).toEqual([
      'rejected',
      'BUS_PAYLOAD_TOO_LARGE',
    ]);
    expect(more).toEqual([]);
  });
});

describe('a peer that says for ever that it is full', () => {
  it('keeps nothing pending for longer than anybody who is lost, whatever others acknowledge', async () => {
    const { net, first, second, publisher } = await twoPeers(1000);
    first.subscribe('a', () => new Promise(() => undefined), {
      ...reliably,
      ackTimeoutMs: Number.POSITIVE_INFINITY,
      capacity: 1,
      overflow: 'error',
    });
    second.subscribe('b', () => undefined, reliably);
    await net.settle();
    const published = [1, 2, 3].map((n) => watched(publisher.publish('a', n, reliably)));
    for (let n = 0; n < 30; n++) {
      void publisher.publish('b', n, reliably);
      await net.env.advance(100);
    }
    expect(published.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'done']);
    expect(publisher.deadLetters.list()).toMatchObject([{ reason: 'unacknowledged', topic: 'a' }]);
  });
});
