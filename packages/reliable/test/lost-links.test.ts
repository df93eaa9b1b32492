import { deferred, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { reliably, reportOf, steady } from './support/bench.ts';
import { Network, pair } from './support/network.ts';
import { watched } from './support/promises.ts';

describe('a reliable publish whose link is lost', () => {
  it('goes to nobody of a group again that has it, while another subscriber is lost', async () => {
    const { net, link, subscriber, publisher } = await pair();
    const handled: string[] = [];
    subscriber.subscribe('a', () => void handled.push('there'), reliably);
    for (const member of ['x', 'y']) {
      publisher.subscribe('a', () => void handled.push(member), { ...reliably, group: 'g' });
    }
    publisher.subscribe('a', () => void handled.push('here'), reliably);
    await net.cut(link);
    const published = watched(publisher.publish('a', 1, reliably));
    await net.env.advance(1000);
    expect(handled).toEqual(['x', 'here']);
    link.heal();
    await net.env.advance(2000);
    expect(handled).toEqual(['x', 'here', 'there']);
    expect(published).toMatchObject({ state: 'done', value: 3 });
    expect(reportOf(publisher).duplicates).toBe(0);
  });

  it('does not wait for its backoff when the subscriber is back before', async () => {
    const slow = { backoff: { baseMs: 9000, jitter: 'none' } } as const;
    const { net, link, subscriber, publisher } = await pair(slow);
    subscriber.subscribe('a', () => undefined, reliably);
    await net.cut(link);
    const published = watched(publisher.publish('a', 1, reliably));
    await net.env.advance(200);
    link.heal();
    await net.env.advance(200);
    expect(published).toMatchObject({ state: 'done', value: 1 });
  });

  it('is sent again when the link is back, and is handled once though its acknowledgement was lost', async () => {
    const { net, link, subscriber, publisher } = await pair();
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
    const { net, link, subscriber, publisher } = await pair();
    const handled: unknown[] = [];
    subscriber.subscribe('a', ({ payload }) => void handled.push(payload), reliably);
    await net.cut(link);
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
    const { net, link, subscriber, publisher } = await pair();
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
    const { net, link, subscriber, publisher } = await pair({ ...steady, redeliverMs: 1000 });
    const handled: unknown[] = [];
    subscriber.subscribe('a', ({ payload }) => void handled.push(payload), reliably);
    await net.cut(link);
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
    const { net, subscriber, publisher } = await pair();
    const subscription = subscriber.subscribe('a', () => undefined, reliably);
    await net.settle();
    subscription.stop();
    await net.settle();
    expect(reportOf(publisher).standIns).toBe(0);
    expect(await net.until(publisher.publish('a', 1, reliably))).toBe(0);
  });

  it('waits for a subscriber whose bus is stopped and started again', async () => {
    const { net, link, subscriber, publisher } = await pair();
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
    await net.cut(link);
    for (const payload of [1, 2, 3]) {
      expect(await net.until(publisher.publish('a', payload, reliably), 50)).toBe(1);
    }
    expect(got).toEqual(['y', 'y', 'y']);
    expect(reportOf(publisher).standIns).toBe(1);
  });

  it('rejects what is pending when its bus stops', async () => {
    const { net, link, subscriber, publisher } = await pair();
    subscriber.subscribe('a', () => undefined, reliably);
    await net.cut(link);
    const published = watched(publisher.publish('a', 1, reliably));
    await net.until(publisher.stop({ drainMs: 500 }));
    expect(published.state).toBe('RELIABLE_UNACKNOWLEDGED');
  });

  it('is given up by signal and by time while it waits for the link', async () => {
    const { net, link, subscriber, publisher } = await pair();
    subscriber.subscribe('a', () => undefined, reliably);
    await net.cut(link);
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
