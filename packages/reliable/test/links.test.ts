import { deferred } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { reliably, steady } from './support/bench.ts';
import { alwaysFails } from './support/listeners.ts';
import { pair } from './support/network.ts';
import { watched } from './support/promises.ts';

describe('a reliable publish over a link', () => {
  it('resolves when the subscriber there has acknowledged', async () => {
    const { net, subscriber, publisher } = await pair();
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

  it('rejects at once where the message cannot travel, and the next of its key goes on', async () => {
    const { net, subscriber, publisher } = await pair();
    const got: unknown[] = [];
    subscriber.subscribe('a', ({ payload }) => void got.push(payload), reliably);
    await net.settle();
    const options = { ...reliably, key: 'k' };
    const published = [() => 1, 2].map((payload) =>
      watched(publisher.publish('a', payload, options)),
    );
    await net.settle();
    expect(published.map(({ state }) => state)).toEqual(['BUS_PAYLOAD_UNSUPPORTED', 'done']);
    expect(got).toEqual([2]);
    expect(publisher.inspect().plugins['@bus/reliable']).toMatchObject({ resent: 0, pending: 0 });
  });

  it('rejects at once also where a subscriber of the same bus has acknowledged it', async () => {
    const { net, subscriber, publisher } = await pair();
    const got: unknown[] = [];
    for (const bus of [publisher, subscriber]) {
      bus.subscribe('a', ({ payload }) => void got.push(payload), reliably);
    }
    await net.settle();
    const payload = { f: () => 1 };
    const published = watched(publisher.publish('a', payload, reliably));
    await net.settle();
    expect(published.state).toBe('BUS_PAYLOAD_UNSUPPORTED');
    await net.env.advance(60_000);
    expect(got).toEqual([payload]);
    expect(publisher.deadLetters.count).toBe(0);
  });

  it('is tried again there, and is a dead letter there', async () => {
    const { net, subscriber, publisher } = await pair();
    const listener = alwaysFails();
    subscriber.subscribe('a', listener, reliably);
    await net.settle();
    const published = watched(publisher.publish('a', { x: 1 }, { ...reliably, key: 'k' }));
    await net.env.advance(10_000);
    expect(listener.runs).toBe(3);
    expect(published).toMatchObject({ state: 'done', value: 0 });
    expect(publisher.deadLetters.count).toBe(0);
    expect(subscriber.deadLetters.list()).toEqual([
      expect.objectContaining({
        reason: 'failed',
        message: expect.objectContaining({ source: 'here', payload: { x: 1 }, key: 'k' }),
      }),
    ]);
  });

  it('is not repeated where no link can carry it, and what follows is not held up', async () => {
    const { net, subscriber, publisher } = await pair();
    const got: unknown[] = [];
    subscriber.subscribe('a', ({ payload }) => void got.push(payload), reliably);
    await net.settle();
    const ordered = { ...reliably, key: 'k' };
    const bad = watched(publisher.publish('a', { job: Promise.resolve() }, ordered));
    const good = watched(publisher.publish('a', 1, ordered));
    await net.settle();
    expect(bad.state).not.toBe('waiting');
    expect(good).toMatchObject({ state: 'done', value: 1 });
    expect(got).toEqual([1]);
  });

  it('rejects where the dead letters there are full', async () => {
    const { net, subscriber, publisher } = await pair({ ...steady, deadLetters: { capacity: 1 } });
    subscriber.subscribe('a', (message) => message.reject(), reliably);
    await net.settle();
    const published = [1, 2].map((payload) => watched(publisher.publish('a', payload, reliably)));
    await net.settle();
    expect(published.map(({ state }) => state)).toEqual(['done', 'RELIABLE_DEAD_LETTERS_FULL']);
  });

  it('resolves to 0 where no filter there wants it', async () => {
    const { net, subscriber, publisher } = await pair();
    subscriber.subscribe('a', () => undefined, { ...reliably, filter: () => false });
    await net.settle();
    const published = watched(publisher.publish('a', 1, reliably));
    await net.env.advance(500);
    expect(published).toMatchObject({ state: 'done', value: 0 });
  });

  it('resolves to 0 where no filter of a group there wants it', async () => {
    const { net, subscriber, publisher } = await pair();
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
});
