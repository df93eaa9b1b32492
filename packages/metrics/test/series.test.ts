import { describe, expect, test } from 'vitest';
import { bench } from './support/bench.ts';

const ignore = (): void => undefined;

describe('series', () => {
  test('beyond the cap are one, other', async () => {
    await using own = await bench({ series: 3 });
    for (let i = 0; i < 50; i++) own.bus.subscribe(`topic.${i}`, ignore);
    for (let i = 0; i < 50; i++) await own.bus.publish(`topic.${i}`, {});
    const { endpoints } = own.bus.metrics.snapshot();
    expect(endpoints).toHaveLength(4);
    expect(endpoints.map(({ outcomes }) => outcomes.handled ?? 0)).toEqual([0, 1, 1, 48]);
    expect(own.of('other')).toMatchObject({ name: undefined, endpoints: 48 });
  });

  test('take in whoever subscribes to a topic of that name', async () => {
    await using own = await bench({ series: 2 });
    own.bus.subscribe('other', (message) => void message);
    own.bus.subscribe('first', ignore);
    own.bus.subscribe('second', ignore);
    for (const topic of ['other', 'first', 'second']) await own.bus.publish(topic, {});
    const { endpoints } = own.bus.metrics.snapshot();
    expect(endpoints.filter(({ pattern }) => pattern === 'other')).toHaveLength(1);
    expect(own.of('other').outcomes).toEqual({ handled: 2 });
  });

  test('go on counting when their endpoints go and others take their place', async () => {
    await using own = await bench();
    let before = 0;
    for (let round = 1; round <= 200; round++) {
      const subscription = own.bus.subscribe('a', ignore, { name: 'one' });
      await own.bus.publish('a', {});
      subscription.stop();
      const now = own.of('a');
      expect(now.outcomes.handled).toBe(before + 1);
      expect(now.endpoints).toBe(0);
      before = now.outcomes.handled ?? 0;
    }
  });

  test('count what ends after its endpoint has gone, though others have come since', async () => {
    await using own = await bench();
    const slow = (): Promise<void> =>
      new Promise((resolve) => void own.env.setTimer(resolve, 1000));
    const going = own.bus.subscribe('slow', slow, { name: 'going' });
    void own.bus.publish('slow', {});
    await own.env.settle();
    going.stop();
    for (let i = 0; i < 300; i++) {
      const short = own.bus.subscribe('short', ignore, { name: 'short' });
      await own.bus.publish('short', {});
      short.stop();
    }
    await own.env.advance(1000);
    expect(own.of('slow', 'going')).toMatchObject({ outcomes: { handled: 1 }, endpoints: 0 });
    expect(own.of('short', 'short').outcomes).toEqual({ handled: 300 });
  });

  test('without endpoints make room for new ones, and stay in the sums of the bus', async () => {
    await using own = await bench({ series: 4 });
    own.bus.subscribe('kept', ignore);
    for (let i = 0; i < 20; i++) {
      const passing = own.bus.subscribe(`passing.${i}`, ignore);
      await own.bus.publish(`passing.${i}`, {});
      await own.bus.publish('kept', {});
      passing.stop();
    }
    const { endpoints, outcomes } = own.bus.metrics.snapshot();
    expect(endpoints.length).toBeLessThanOrEqual(4);
    expect(endpoints.map(({ pattern }) => pattern)).not.toContain('other');
    expect(own.of('kept').outcomes.handled).toBe(20);
    expect(outcomes.handled).toBe(40);
  });

  test('have room for 64 reasons to drop, and the rest in one', async () => {
    await using own = await bench();
    const reasons = Array.from({ length: 100 }, (_, at) => `reason-${at}`);
    const { Verdict } = await import('@bus/core');
    own.bus.subscribe('a', ({ payload }) => {
      throw new Verdict('dropped', undefined, String(payload));
    });
    for (const reason of reasons) await own.bus.publish('a', reason);
    const { dropped } = own.bus.metrics.snapshot();
    expect(Object.keys(dropped)).toHaveLength(65);
    expect(dropped.other).toBe(36);
  });
});
