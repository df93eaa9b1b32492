import { never, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, reliably } from './support/bench.ts';
import { alwaysFails } from './support/listeners.ts';
import { watched } from './support/promises.ts';

describe('a message that is tried again', () => {
  it('has no more runs once its sender has given the message up', async () => {
    await using it = await bench();
    const listener = alwaysFails();
    it.bus.subscribe('a', listener, reliably);
    const controller = new AbortController();
    const published = watched(it.bus.publish('a', 1, { ...reliably, signal: controller.signal }));
    await it.env.advance(50);
    controller.abort(new Error('enough'));
    await it.env.advance(10_000);
    expect(listener.runs).toBe(1);
    expect(published.state).toBe('RELIABLE_UNACKNOWLEDGED');
    expect(it.bus.inspect().outcomes.ended.cancelled).toBe(1);
    expect(it.bus.deadLetters.count).toBe(0);
    expect(unaccounted(it.bus)).toBe(0);
  });

  it('has no more runs once the time of the message is over', async () => {
    await using it = await bench();
    const listener = alwaysFails();
    it.bus.subscribe('a', listener, reliably);
    const published = watched(it.bus.publish('a', 1, { ...reliably, timeoutMs: 150 }));
    await it.env.advance(10_000);
    expect(listener.runs).toBe(2);
    expect(published.state).toBe('RELIABLE_UNACKNOWLEDGED');
    expect(published.error?.cause).toMatchObject({ code: 'BUS_EXPIRED' });
    expect(it.bus.inspect().outcomes.ended.expired).toBe(1);
  });

  it('has no more runs once its subscription is stopped, but has them while that drains', async () => {
    await using it = await bench();
    const listener = alwaysFails();
    const stopped = it.bus.subscribe('a', listener, reliably);
    void it.bus.publish('a', 1);
    stopped.stop();
    await it.env.advance(10_000);
    expect(listener.runs).toBe(1);
    expect(it.bus.inspect().outcomes.ended.failed).toBe(1);

    const drained = it.bus.subscribe('a', listener, reliably);
    void it.bus.publish('a', 1);
    const gone = watched(drained[Symbol.asyncDispose]());
    await it.env.advance(10_000);
    expect(listener.runs).toBe(4);
    expect(gone.state).toBe('done');
    expect(it.bus.inspect().outcomes.ended['dead-lettered']).toBe(1);
  });

  it('leaves nothing armed when the bus stops', async () => {
    const it = await bench();
    it.bus.subscribe('a', never, reliably);
    it.bus.subscribe('b', alwaysFails(), reliably);
    const published = [
      watched(it.bus.publish('a', 1, reliably)),
      watched(it.bus.publish('b', 1, reliably)),
    ];
    await it[Symbol.asyncDispose]();
    expect(published.map(({ state }) => state)).toEqual([
      'RELIABLE_UNACKNOWLEDGED',
      'RELIABLE_UNACKNOWLEDGED',
    ]);
    expect(unaccounted(it.bus)).toBe(0);
    expect(it.bus.inspect().outcomes.inFlight).toBe(0);
    await it.env.advance(100);
    expect(it.env.pending).toBe(0);
  });
});
