import { describe, expect, it } from 'vitest';
import { Network } from './linked.ts';
import { deferred, reportOf, steady, unaccounted, watched } from './support.ts';

const reliably = { delivery: 'reliable' } as const;

/** A publisher and a subscriber, which listens. */
async function two(options = steady) {
  const net = new Network();
  const link = net.link();
  const subscriber = await net.bus('there', [[link.left]], options);
  const publisher = await net.bus('here', [[link.right]], options);
  return { net, link, subscriber, publisher };
}

describe('a reliable publish over a link', () => {
  it('resolves when the subscriber there has acknowledged', async () => {
    const { net, subscriber, publisher } = await two();
    const run = deferred();
    const got: unknown[] = [];
    subscriber.subscribe(
      'orders.*',
      (message) => {
        got.push([message.payload, message.source, message.attempt]);
        return run.promise;
      },
      reliably,
    );
    subscriber.subscribe('orders.*', () => undefined, reliably);
    await net.settle();
    const published = watched(publisher.publish('orders.created', 7, reliably));
    await net.settle();
    expect(got).toEqual([[7, 'here', 1]]);
    expect(published.state).toBe('waiting');
    run.resolve(undefined);
    await net.settle();
    expect(published).toMatchObject({ state: 'done', value: 2 });
    expect(publisher.inspect().outcomes.ended.forwarded).toBe(1);
  });

  it('is tried again there, and is a dead letter there', async () => {
    const { net, subscriber, publisher } = await two();
    let runs = 0;
    subscriber.subscribe(
      'a',
      () => {
        runs++;
        throw new Error('never');
      },
      reliably,
    );
    await net.settle();
    const published = watched(publisher.publish('a', { x: 1 }, { ...reliably, key: 'k' }));
    await net.env.advance(10_000);
    expect(runs).toBe(3);
    expect(published).toMatchObject({ state: 'done', value: 0 });
    expect(publisher.deadLetters.count).toBe(0);
    expect(subscriber.deadLetters.list()).toEqual([
      expect.objectContaining({
        reason: 'failed',
        message: expect.objectContaining({ source: 'here', payload: { x: 1 }, key: 'k' }),
      }),
    ]);
  });

  it('rejects where the dead letters there are full', async () => {
    const { net, subscriber, publisher } = await two({ ...steady, deadLetters: { capacity: 1 } });
    subscriber.subscribe('a', (message) => message.reject(), reliably);
    await net.settle();
    const published = [1, 2].map((payload) => watched(publisher.publish('a', payload, reliably)));
    await net.settle();
    expect(published.map(({ state }) => state)).toEqual(['done', 'RELIABLE_DEAD_LETTERS_FULL']);
  });

  it('resolves to 0 where no filter there wants it', async () => {
    const { net, subscriber, publisher } = await two();
    subscriber.subscribe('a', () => undefined, { ...reliably, filter: () => false });
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    await net.env.advance(500);
    expect(published).toMatchObject({ state: 'done', value: 0 });
  });

  it('resolves to 0 where no filter of a group there wants it', async () => {
    const { net, subscriber, publisher } = await two();
    subscriber.subscribe('a', () => undefined, {
      ...reliably,
      group: 'g',
      filter: () => false,
    });
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    await net.env.advance(500);
    expect(published).toMatchObject({ state: 'done', value: 0 });
  });

  it('goes to nobody of a group again that has it, while another subscriber is lost', async () => {
    const { net, link, subscriber, publisher } = await two();
    const handled: string[] = [];
    subscriber.subscribe('a', () => void handled.push('there'), reliably);
    for (const member of ['x', 'y']) {
      publisher.subscribe('a', () => void handled.push(member), { ...reliably, group: 'g' });
    }
    publisher.subscribe('a', () => void handled.push('here'), reliably);
    await net.settle();
    link.sever();
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    await net.env.advance(1000);
    expect(handled).toEqual(['here', 'x']);
    link.heal();
    await net.env.advance(2000);
    expect(handled).toEqual(['here', 'x', 'there']);
    expect(published).toMatchObject({ state: 'done', value: 3 });
    expect(reportOf(publisher).duplicates).toBe(0);
  });

  it('does not wait for its backoff when the subscriber is back before', async () => {
    const slow = { backoff: { baseMs: 9000, jitter: 'none' } } as const;
    const { net, link, subscriber, publisher } = await two(slow);
    subscriber.subscribe('a', () => undefined, reliably);
    await net.settle();
    link.sever();
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    await net.env.advance(200);
    link.heal();
    await net.env.advance(200);
    expect(published).toMatchObject({ state: 'done', value: 1 });
  });

  it('is sent again when the link is back, and is handled once though its acknowledgement was lost', async () => {
    const { net, link, subscriber, publisher } = await two();
    const handled: unknown[] = [];
    subscriber.subscribe(
      'a',
      ({ payload }) => {
        handled.push(payload);
        // What is on its way is lost, and so is the acknowledgement.
        if (payload === 2) link.sever();
      },
      reliably,
    );
    await net.settle();
    const published = [1, 2, 3].map((payload) =>
      watched(publisher.publish('a', payload, reliably)),
    );
    await net.settle();
    expect(published.map(({ state }) => state)).not.toContain('done');
    expect(reportOf(publisher)).toMatchObject({ pending: 3, standIns: 1 });
    link.heal();
    await net.env.advance(1000);
    expect([...handled].sort()).toEqual([1, 2, 3]);
    expect(published.map(({ state, value }) => [state, value])).toEqual([
      ['done', 1],
      ['done', 1],
      ['done', 1],
    ]);
    expect(reportOf(subscriber).duplicates).toBeGreaterThan(0);
    expect(reportOf(publisher)).toMatchObject({ pending: 0, standIns: 0 });
    for (const bus of [subscriber, publisher]) expect(unaccounted(bus)).toBe(0);
  });

  it('waits for a lost subscriber instead of taking silence for success', async () => {
    const { net, link, subscriber, publisher } = await two();
    const handled: unknown[] = [];
    subscriber.subscribe('a', ({ payload }) => void handled.push(payload), reliably);
    await net.settle();
    link.sever();
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    const best = watched(publisher.publish('a', 2));
    await net.env.advance(3000);
    expect(published.state).toBe('waiting');
    expect(best).toMatchObject({ state: 'done', value: 0 });
    link.heal();
    await net.env.advance(100);
    expect(published).toMatchObject({ state: 'done', value: 1 });
    expect(handled).toEqual([1]);
  });

  it('is not taken for acknowledged by others where its peer is lost while the bus stops', async () => {
    const { net, link, subscriber, publisher } = await two();
    subscriber.subscribe('a', () => deferred().promise, reliably);
    publisher.subscribe('a', () => undefined, reliably);
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    await net.settle();
    const stopping = publisher.stop({ drainMs: 1000 });
    await net.settle();
    link.sever();
    await net.until(stopping);
    await net.settle();
    expect(published.state).toBe('RELIABLE_UNACKNOWLEDGED');
  });

  it('becomes a dead letter here after redeliverMs, and its replay reaches who comes back', async () => {
    const { net, link, subscriber, publisher } = await two({ ...steady, redeliverMs: 1000 });
    const handled: unknown[] = [];
    subscriber.subscribe('a', ({ payload }) => void handled.push(payload), reliably);
    await net.settle();
    link.sever();
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    await net.env.advance(900);
    const late = watched(publisher.publish('a', 2, reliably));
    await net.env.advance(200);
    expect(published).toMatchObject({ state: 'done', value: 0 });
    expect(late.state).toBe('waiting');
    // Whoever publishes now finds nobody; what is under way is still kept from that.
    expect(await net.until(publisher.publish('a', 3, reliably))).toBe(0);
    await net.env.advance(1000);
    expect(late).toMatchObject({ state: 'done', value: 0 });
    const letters = publisher.deadLetters.list();
    expect(letters.map(({ message }) => message.payload)).toEqual([1, 2]);
    expect(letters[0]).toMatchObject({ reason: 'unacknowledged', subscription: undefined });
    expect(letters[0]?.errors.at(-1)?.code).toBe('RELIABLE_UNACKNOWLEDGED');
    expect(await net.until(publisher.deadLetters.replay())).toBe(0);
    link.heal();
    await net.env.advance(200);
    expect(await net.until(publisher.deadLetters.replay())).toBe(2);
    expect(handled).toEqual([1, 2]);
    expect(publisher.deadLetters.count).toBe(0);
    await net.env.advance(2000);
    expect(reportOf(publisher).standIns).toBe(0);
  });

  it('waits for nobody who has unsubscribed', async () => {
    const { net, subscriber, publisher } = await two();
    const subscription = subscriber.subscribe('a', () => undefined, reliably);
    await net.settle();
    subscription.stop();
    await net.settle();
    expect(reportOf(publisher).standIns).toBe(0);
    expect(await net.until(publisher.publish('a', 1, reliably))).toBe(0);
  });

  it('waits for a subscriber whose bus is stopped and started again', async () => {
    const { net, link, subscriber, publisher } = await two();
    subscriber.subscribe('a', () => undefined, reliably);
    await net.settle();
    await net.until(subscriber.stop({ drainMs: 1000 }));
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    await net.env.advance(500);
    expect(published.state).toBe('waiting');
    const handled: unknown[] = [];
    const again = await net.bus('there', [[link.left]]);
    again.subscribe('a', ({ payload }) => void handled.push(payload), reliably);
    await net.env.advance(500);
    expect(published).toMatchObject({ state: 'done', value: 1 });
    expect(handled).toEqual([1]);
    expect(reportOf(publisher).standIns).toBe(0);
  });

  it('goes to a living member of the group while another is lost', async () => {
    const net = new Network();
    const link = net.link();
    const other = net.link();
    const publisher = await net.bus('here', [[link.left], [other.left]]);
    const got: string[] = [];
    for (const [id, transport] of [
      ['x', link.right],
      ['y', other.right],
    ] as const) {
      const bus = await net.bus(id, [[transport]]);
      bus.subscribe('a', () => void got.push(id), { ...reliably, group: 'g' });
    }
    await net.settle();
    link.sever();
    await net.settle();
    for (const payload of [1, 2, 3]) {
      expect(await net.until(publisher.publish('a', payload, reliably), 50)).toBe(1);
    }
    expect(got).toEqual(['y', 'y', 'y']);
    expect(reportOf(publisher).standIns).toBe(1);
  });

  it('rejects what is pending when its bus stops', async () => {
    const { net, link, subscriber, publisher } = await two();
    subscriber.subscribe('a', () => undefined, reliably);
    await net.settle();
    link.sever();
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    await net.until(publisher.stop({ drainMs: 500 }));
    expect(published.state).toBe('RELIABLE_UNACKNOWLEDGED');
  });

  it('is given up by signal and by time while it waits for the link', async () => {
    const { net, link, subscriber, publisher } = await two();
    subscriber.subscribe('a', () => undefined, reliably);
    await net.settle();
    link.sever();
    await net.settle();
    const controller = new AbortController();
    const { signal } = controller;
    const bySignal = watched(publisher.publish('a', 1, { ...reliably, signal }));
    const byTime = watched(publisher.publish('a', 2, { ...reliably, timeoutMs: 700 }));
    await net.env.advance(600);
    controller.abort(new Error('enough'));
    await net.settle();
    expect(bySignal.state).toBe('RELIABLE_UNACKNOWLEDGED');
    expect(byTime.state).toBe('waiting');
    await net.env.advance(150);
    expect(byTime.state).toBe('RELIABLE_UNACKNOWLEDGED');
    expect(publisher.deadLetters.count).toBe(0);
  });
});

describe('a reliable publish over a hub', () => {
  async function three(options = steady) {
    const net = new Network();
    const near = net.link();
    const far = net.link();
    const hub = await net.bus('hub', [[near.left], [far.left]], options);
    const publisher = await net.bus('here', [[near.right]], options);
    const subscriber = await net.bus('there', [[far.right]], options);
    return { net, near, far, hub, publisher, subscriber };
  }

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
