import { describe, expect, test } from 'vitest';
import { bench, stallable } from './support/bench.ts';

const forever = (): Promise<void> => new Promise(() => undefined);

describe('an alert', () => {
  test('is raised once when messages are lost, and again only after it was over', async () => {
    await using own = await bench();
    own.bus.subscribe('a', forever, { name: 'full', capacity: 1, overflow: 'drop-oldest' });
    for (let i = 0; i < 5; i++) await own.bus.publish('a', i);
    await own.env.advance(1000);
    const lost = { rule: 'lost', limit: 0, subject: 'full' };
    const first = own.alerts.filter(({ rule }) => rule === 'lost');
    expect(first).toEqual([{ ...lost, value: 3 }]);
    await own.bus.publish('a', 6);
    await own.env.advance(1000);
    expect(own.alerts.filter(({ rule }) => rule === 'lost')).toHaveLength(1);
    await own.env.advance(1000);
    await own.bus.publish('a', 7);
    await own.env.advance(1000);
    expect(own.alerts.filter(({ rule }) => rule === 'lost')).toEqual([
      ...first,
      { ...lost, value: 1 },
    ]);
  });

  test('about loss is raised for what an endpoint had waiting that goes', async () => {
    await using own = await bench();
    const going = own.bus.subscribe('a', forever, { name: 'going' });
    for (let i = 0; i < 3; i++) await own.bus.publish('a', i);
    going.stop();
    await own.env.advance(1000);
    expect(own.alerts).toMatchObject([{ rule: 'lost', value: 2, subject: 'going' }]);
  });

  test('is not raised for what a filter does not want, which is asked once', async () => {
    await using own = await bench();
    let asked = 0;
    own.bus.subscribe('a', () => undefined, { filter: () => asked++ > 0 });
    expect([await own.bus.publish('a', 1), await own.bus.publish('a', 2)]).toEqual([0, 1]);
    await own.env.advance(1000);
    expect(asked).toBe(2);
    expect(own.bus.metrics.snapshot().dropped).toEqual({});
    expect(own.alerts).toEqual([]);
  });

  test('tells which mailbox is nearly full', async () => {
    await using own = await bench();
    own.bus.subscribe('a.*', forever, { capacity: 10 });
    for (let i = 0; i < 9; i++) await own.bus.publish('a.b', i);
    await own.env.advance(1000);
    expect(own.alerts).toEqual([]);
    await own.bus.publish('a.b', 9);
    await own.env.advance(1000);
    expect(own.alerts).toMatchObject([{ rule: 'queueShare', value: 0.9, limit: 0.8 }]);
    await own.env.advance(5000);
    expect(own.alerts).toHaveLength(1);
  });

  test('tells whose handlers fail, given enough outcomes', async () => {
    await using own = await bench();
    own.bus.subscribe(
      'a',
      ({ payload }) => {
        if (Number(payload) % 4 !== 0) throw new Error('on purpose');
      },
      { name: 'flaky' },
    );
    for (let i = 0; i < 9; i++) await own.bus.publish('a', 1);
    await own.env.advance(1000);
    expect(own.alerts).toEqual([]);
    for (let i = 0; i < 20; i++) await own.bus.publish('a', i);
    await own.env.advance(1000);
    expect(own.alerts).toEqual([{ rule: 'errorRatio', value: 0.75, limit: 0.5, subject: 'flaky' }]);
    for (let i = 0; i < 20; i++) await own.bus.publish('a', 4);
    await own.env.advance(1000);
    for (let i = 0; i < 20; i++) await own.bus.publish('a', 1);
    await own.env.advance(1000);
    expect(own.alerts).toHaveLength(2);
  });

  test('tells of slow handlers where a limit is given', async () => {
    await using own = await bench({ alerts: { slowHandlerMs: 100 } });
    own.handleFor('quick', 100);
    own.handleFor('slow', 150);
    for (const topic of ['quick', 'slow']) void own.bus.notify(topic, 1);
    await own.env.advance(1000);
    expect(own.alerts).toEqual([
      { rule: 'slowHandlerMs', value: 150, limit: 100, subject: 'slow' },
    ]);
    await own.env.advance(1000);
    void own.bus.notify('slow', 1);
    await own.env.advance(1000);
    expect(own.alerts).toHaveLength(2);
  });

  test('tells that the event loop was late at some time within the interval', async () => {
    await using own = await bench();
    await using late = await stallable(own);
    late.stall(250);
    await own.env.advance(1000);
    expect(late.alerts).toEqual([
      { rule: 'loopLagMs', value: 250, limit: 200, subject: 'stalled' },
    ]);
    await own.env.advance(2000);
    expect(late.alerts).toHaveLength(1);
  });

  test('is checked as often as is asked for', async () => {
    await using own = await bench({ alerts: { intervalMs: 10, lost: 3, queueShare: 1 } });
    own.bus.subscribe('a', forever, { capacity: 1, overflow: 'drop-newest' });
    for (let i = 0; i < 5; i++) await own.bus.publish('a', i);
    await own.env.advance(10);
    expect(own.alerts).toEqual([]);
    for (let i = 0; i < 4; i++) await own.bus.publish('a', i);
    await own.env.advance(10);
    expect(own.alerts).toEqual([{ rule: 'lost', value: 4, limit: 3, subject: 'forever' }]);
  });

  test('is not raised where alerts are off, or a rule is', async () => {
    const never = Number.POSITIVE_INFINITY;
    await using off = await bench({ alerts: false });
    await using silent = await bench({ alerts: { lost: never, queueShare: never } });
    for (const own of [off, silent]) {
      own.bus.subscribe('a', forever, { capacity: 1, overflow: 'drop-newest' });
      for (let i = 0; i < 5; i++) await own.bus.publish('a', i);
      await own.env.advance(3000);
      expect(own.bus.metrics.snapshot().outcomes.dropped).toBe(3);
      expect(own.alerts).toEqual([]);
    }
  });

  test('leaves no timer behind when the bus has stopped', async () => {
    const own = await bench();
    await own[Symbol.asyncDispose]();
    expect(own.env.pending).toBe(0);
  });
});
