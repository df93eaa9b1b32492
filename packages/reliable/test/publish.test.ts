import { deferred, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, reliably, steady } from './support/bench.ts';
import { watched } from './support/promises.ts';

describe('a reliable publish', () => {
  it('resolves when all who acknowledge have, and waits for nobody else', async () => {
    await using it = await bench();
    const runs = [deferred(), deferred(), deferred()];
    it.bus.subscribe('a', () => runs[0]?.promise, reliably);
    it.bus.subscribe('a', () => runs[1]?.promise, reliably);
    it.bus.subscribe('a', () => runs[2]?.promise);
    const published = watched(it.bus.publish('a', 1, reliably));
    runs[0]?.resolve(undefined);
    await it.env.settle();
    expect(published.state).toBe('waiting');
    runs[1]?.resolve(undefined);
    await it.env.settle();
    expect(published).toMatchObject({ state: 'done', value: 2 });
    runs[2]?.resolve(undefined);
  });

  it('resolves to 0 where nobody acknowledges, and reaches the others all the same', async () => {
    await using it = await bench();
    expect(await it.bus.publish('a', 1, reliably)).toBe(0);
    const got: unknown[] = [];
    it.bus.subscribe('a', ({ payload }) => void got.push(payload));
    expect(await it.bus.publish('a', 2, reliably)).toBe(0);
    expect(got).toEqual([2]);
    expect(it.report()).toMatchObject({ pending: 0, acknowledged: 2 });
  });

  it('goes to one of a group, and to those whose filter says yes', async () => {
    await using it = await bench();
    const got: string[] = [];
    for (const name of ['x', 'y']) {
      it.bus.subscribe('a', () => void got.push(name), { ...reliably, group: 'g' });
    }
    it.bus.subscribe('a', () => void got.push('never'), { ...reliably, filter: () => false });
    expect(await it.bus.publish('a', 1, reliably)).toBe(1);
    expect(await it.bus.publish('a', 2, reliably)).toBe(1);
    expect(got).toEqual(['x', 'y']);
  });

  it('rejects with what an ordinary publish rejects with, where it was not sent', async () => {
    await using it = await bench(steady, { limits: { payloadBytes: 3 } });
    it.bus.subscribe('a', () => undefined, reliably);
    const codes = [
      watched(it.bus.publish('a', 'too long', reliably)),
      watched(it.bus.publish('a..b', 1, reliably)),
      watched(it.bus.publish('a', 1, { ...reliably, priority: 'highest' as never })),
      watched(it.bus.publish('a', 1, { delivery: 'maybe' as never })),
      watched(it.bus.publish('a', 1, { ...reliably, colour: 'red' } as never)),
    ];
    await it.env.settle();
    expect(codes.map(({ state }) => state)).toEqual([
      'BUS_PAYLOAD_TOO_LARGE',
      'BUS_TOPIC_INVALID',
      'BUS_OPTION_INVALID',
      'BUS_OPTION_INVALID',
      'BUS_OPTION_INVALID',
    ]);
    expect(it.report().pending).toBe(0);
  });

  it('is for events: anything else with the option is refused', async () => {
    await using it = await bench();
    it.bus.handle('a', () => undefined);
    await expect(it.bus.notify('a', 1, reliably as never)).rejects.toMatchObject({
      code: 'BUS_OPTION_INVALID',
    });
    expect(() => it.bus.handle('b', () => undefined, reliably as never)).toThrow(/delivery/);
  });

  it('takes best-effort for what it is without the option', async () => {
    await using it = await bench();
    it.bus.subscribe('a', () => undefined, { delivery: 'best-effort' } as never);
    expect(await it.bus.publish('a', 1, { delivery: 'best-effort' } as never)).toBe(1);
    expect(it.report().acknowledged).toBe(0);
  });

  it('keeps its id however often it is sent, and one that is no other message has', async () => {
    await using it = await bench();
    const sent: string[] = [];
    const run = deferred();
    it.bus.subscribe('a', () => run.promise, { ...reliably, capacity: 1, overflow: 'error' });
    it.bus.subscribe('a', ({ id }) => void sent.push(id), { name: 'all' });
    for (const payload of [1, 2, 3]) void it.bus.publish('a', payload, reliably);
    run.resolve(undefined);
    const again: string[] = [];
    it.bus.subscribe('a', ({ id }) => void again.push(id), reliably);
    await it.env.advance(1000);
    void it.bus.publish('a', 4);
    expect(new Set(sent).size).toBe(4);
    expect(again).toEqual([sent[2], sent[3]]);
  });

  it('is sent again where a mailbox is full, and waits as long as others are acknowledged', async () => {
    await using it = await bench({ ...steady, redeliverMs: 1000 });
    const handled: unknown[] = [];
    const running: (() => void)[] = [];
    it.bus.subscribe(
      'a',
      ({ payload }) => {
        handled.push(payload);
        return new Promise<void>((resolve) => running.push(resolve));
      },
      { ...reliably, capacity: 1, overflow: 'error' },
    );
    const published = [1, 2, 3, 4].map((payload) =>
      watched(it.bus.publish('a', payload, reliably)),
    );
    for (let i = 0; i < 4; i++) {
      await it.env.advance(900);
      running.shift()?.();
    }
    await it.env.advance(900);
    expect([...handled].sort()).toEqual([1, 2, 3, 4]);
    expect(published.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done']);
    expect(it.report().resent).toBeGreaterThan(0);
    expect(it.bus.deadLetters.count).toBe(0);
  });

  it('that is sent again waits for nobody who does not acknowledge, and is not ended by them', async () => {
    await using it = await bench();
    const others = [deferred(), deferred(), deferred()];
    const full = { ...reliably, capacity: 1, overflow: 'error' } as const;
    it.bus.subscribe('a', ({ payload }) => (payload === 3 ? undefined : others[0]?.promise), full);
    for (const payload of [1, 2]) void it.bus.publish('a', payload);
    it.bus.subscribe('a', () => others[1]?.promise);
    const published = watched(it.bus.publish('a', 3, reliably));
    others[0]?.resolve(undefined);
    await it.env.settle();
    for (let members = 0; members < 2; members++) {
      it.bus.subscribe('a', () => others[2]?.promise, { ...reliably, group: 'g' });
    }
    await it.env.settle();
    expect(it.report().resent).toBe(1);
    others[1]?.resolve(undefined);
    await it.env.settle();
    expect(published.state).toBe('waiting');
    others[2]?.resolve(undefined);
    await it.env.settle();
    expect(published).toMatchObject({ state: 'done', value: 2 });
  });

  it('becomes a dead letter where nobody acknowledges it in time', async () => {
    await using it = await bench({ ...steady, redeliverMs: 1000 });
    it.bus.subscribe('a', () => new Promise(() => {}), {
      ...reliably,
      ackTimeoutMs: Number.POSITIVE_INFINITY,
      capacity: 1,
      overflow: 'error',
    });
    const published = [1, 2, 3].map((payload) => watched(it.bus.publish('a', payload, reliably)));
    await it.env.advance(5000);
    expect(published.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'done']);
    expect(it.bus.deadLetters.list()).toEqual([
      expect.objectContaining({ reason: 'unacknowledged', topic: 'a', subscription: undefined }),
    ]);
    expect(it.bus.deadLetters.list()[0]?.errors.at(-1)?.code).toBe('BUS_MAILBOX_FULL');
    expect(it.report()).toMatchObject({ pending: 2, acknowledged: 0 });
  });

  it('goes on where its subscriber went, to who is left', async () => {
    await using it = await bench();
    const first = it.bus.subscribe('a', () => new Promise(() => {}), reliably);
    void it.bus.publish('a', 1, reliably);
    const published = watched(it.bus.publish('a', 2, reliably));
    first.stop();
    await it.env.advance(1000);
    expect(published).toMatchObject({ state: 'done', value: 0 });
    expect(unaccounted(it.bus)).toBe(0);
  });

  it('is refused where too many are unacknowledged', async () => {
    await using it = await bench({ pending: 2 });
    const run = deferred();
    it.bus.subscribe('a', () => run.promise, { ...reliably, concurrency: 9 });
    for (const payload of [1, 2]) void it.bus.publish('a', payload, reliably);
    await expect(it.bus.publish('a', 3, reliably)).rejects.toMatchObject({
      code: 'BUS_MAILBOX_FULL',
      details: { topic: 'a', endpoint: '@bus/reliable', capacity: 2 },
    });
    run.resolve(undefined);
    await it.env.settle();
    expect(await it.bus.publish('a', 3, reliably)).toBe(1);
  });

  it('that is pending when the bus stops is waited for, as long as that may take', async () => {
    const it = await bench();
    const run = deferred();
    it.bus.subscribe('a', () => run.promise, reliably);
    const published = [1, 2].map((payload) =>
      watched(it.bus.publish('a', payload, { ...reliably, key: 'k' })),
    );
    const stopped = watched(it.bus.stop({ drainMs: 1000 }));
    await it.env.advance(500);
    run.resolve(undefined);
    await it.env.settle();
    expect(stopped.state).toBe('done');
    expect(published.map(({ state }) => state)).toEqual(['done', 'done']);
  });

  it('reports figures for whoever exports them', async () => {
    await using it = await bench();
    await it.bus.publish('a', 1, reliably);
    const figures = Object.fromEntries(
      it.host.measurements().map(({ name, value }) => [name, value]),
    );
    expect(figures).toEqual({
      reliable_pending: 0,
      reliable_acknowledged: 1,
      reliable_resent: 0,
      reliable_retries: 0,
      reliable_duplicates: 0,
      reliable_dead_letters: 0,
      reliable_dead_letters_dropped: 0,
      reliable_stand_ins: 0,
    });
  });
});
