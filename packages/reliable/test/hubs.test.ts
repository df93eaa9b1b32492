import { describe, expect, it } from 'vitest';
import { reliably } from './support/bench.ts';
import { Network } from './support/network.ts';
import { watched } from './support/promises.ts';

/** A publisher and a subscriber, with a hub between them. */
async function three() {
  const net = new Network();
  const near = net.link();
  const far = net.link();
  const hub = await net.bus('hub', [[near.left], [far.left]]);
  const publisher = await net.bus('here', [[near.right]]);
  const subscriber = await net.bus('there', [[far.right]]);
  return { net, near, far, hub, publisher, subscriber };
}

describe('a reliable publish over a hub', () => {
  it('counts who acknowledged beyond it', async () => {
    const { net, hub, publisher, subscriber } = await three();
    for (const bus of [hub, subscriber, subscriber]) bus.subscribe('a', () => undefined, reliably);
    await net.settle();
    expect(await net.until(publisher.publish('a', 1, reliably))).toBe(3);
  });

  it('is not lost where the far link is', async () => {
    const { net, far, publisher, subscriber } = await three();
    const handled: unknown[] = [];
    subscriber.subscribe('a', ({ payload }) => void handled.push(payload), reliably);
    await net.settle();
    far.sever();
    const early = watched(publisher.publish('a', 1, reliably));
    await net.settle();
    const late = watched(publisher.publish('a', 2, reliably));
    await net.env.advance(1000);
    expect([early.state, late.state]).toEqual(['waiting', 'waiting']);
    far.heal();
    await net.env.advance(2000);
    expect([early, late]).toMatchObject([
      { state: 'done', value: 1 },
      { state: 'done', value: 1 },
    ]);
    expect([...handled].sort()).toEqual([1, 2]);
  });

  it('is handled once by each where only one of two was lost', async () => {
    const { net, far, publisher, hub, subscriber } = await three();
    const another = await net.bus('elsewhere', [[far.another()]]);
    const handled: string[] = [];
    subscriber.subscribe('a', ({ payload }) => void handled.push(`there ${payload}`), reliably);
    hub.subscribe('a', ({ payload }) => void handled.push(`hub ${payload}`), reliably);
    another.subscribe(
      'a',
      ({ payload }) => {
        handled.push(`elsewhere ${payload}`);
        if (payload === 1) far.sever();
      },
      reliably,
    );
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    await net.settle();
    far.heal();
    await net.env.advance(3000);
    expect(published.state).toBe('done');
    expect([...handled].sort()).toEqual(['elsewhere 1', 'hub 1', 'there 1']);
  });

  it('survives a hub that is killed and comes back under its id', async () => {
    const net = new Network();
    const link = net.link();
    const other = net.link();
    const first = await net.bus('hub', [[link.left], [other.left]]);
    const publisher = await net.bus('here', [[link.right]]);
    const subscriber = await net.bus('there', [[other.right]]);
    const handled: unknown[] = [];
    subscriber.subscribe('a', ({ payload }) => void handled.push(payload), reliably);
    await net.settle();
    const published = [1, 2].map((payload) => watched(publisher.publish('a', payload, reliably)));
    link.sever();
    other.sever();
    await net.until(first.stop({ drainMs: 0 }));
    link.heal();
    other.heal();
    published.push(watched(publisher.publish('a', 3, reliably)));
    await net.bus('hub', [[link.left], [other.left]]);
    await net.env.advance(3000);
    expect(published.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect([...handled].sort()).toEqual([1, 2, 3]);
  });
});
