import { definePlugin } from '@bus/core';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';
import { FakePeer } from './support/fake-link.ts';

/** A virtual clock that a handler can hold up, as one does that computes. */
function stallingEnv(): VirtualEnv & { stall(ms: number): void } {
  const env = virtualEnv({ seed: 5 });
  let stalledMs = 0;
  return {
    ...env,
    now: () => env.now() + stalledMs,
    get pending() {
      return env.pending;
    },
    stall(ms) {
      stalledMs += ms;
    },
  };
}

describe('a slow handler', () => {
  it('that waits is named, with its plugin', async () => {
    const t = await bench({ slowHandlerMs: 100 });
    t.bus.handle('q', () => new Promise((resolve) => t.env.setTimer(() => resolve(1), 150)), {
      name: 'quote',
    });
    t.bus.subscribe('e', () => new Promise((resolve) => t.env.setTimer(() => resolve(1), 99)));
    void t.bus.publish('e', 1);
    void t.ask('q');
    await t.env.advance(200);
    expect(t.bus.health.check().slow).toEqual([
      {
        endpoint: t.bus.endpoints('q')[0]?.id,
        name: 'quote',
        pattern: 'q',
        plugin: '@bus/core',
        durationMs: 150,
        certain: true,
        agoMs: 50,
      },
    ]);
  });

  it('that was given up at its own limit is named', async () => {
    const t = await bench();
    t.bus.handle('q', () => new Promise(() => {}), { timeoutMs: 1000, name: 'hangs' });
    void t.ask('q');
    void t.ask('q', { timeoutMs: 100 });
    await t.env.advance(500);
    expect(t.bus.health.check().slow).toEqual([]);
    await t.env.advance(500);
    expect(t.bus.health.check().slow).toMatchObject([{ name: 'hangs', durationMs: 1000 }]);
  });

  it('that holds up the event loop is among those suspected, and known the next time', async () => {
    const env = stallingEnv();
    const t = await bench({ env });
    t.bus.subscribe('e', () => env.stall(80), { name: 'computes' });
    t.bus.subscribe('e', () => undefined, { name: 'innocent' });
    await t.bus.publish('e', 1);
    await env.advance(25);
    const first = t.bus.health.check();
    expect(first.slow.map(({ name, certain }) => [name, certain]).sort()).toEqual([
      ['computes', false],
      ['innocent', false],
    ]);
    await t.bus.publish('e', 1);
    await env.advance(25);
    expect(t.bus.health.check().slow.filter(({ certain }) => certain)).toMatchObject([
      { name: 'computes', plugin: '@bus/pubsub', durationMs: 80 },
    ]);
  });

  it('is not looked for among so many that it would cost too much', async () => {
    const env = stallingEnv();
    let timed = 0;
    const counts = definePlugin({
      name: 'counts',
      setup({ hooks }) {
        hooks.outcome.tap((...[, , , , durationMs]) => {
          if (!Number.isNaN(durationMs)) timed++;
          return undefined;
        });
        return undefined;
      },
    });
    const t = await bench({ env, plugin: counts });
    t.bus.subscribe('e', () => undefined);
    t.bus.subscribe('stall', () => env.stall(80));
    const timedOf = async (count: number): Promise<number> => {
      await t.bus.publish('stall', 1);
      await env.advance(25);
      timed = 0;
      for (let i = 0; i < count; i++) await t.bus.publish('e', i);
      await env.advance(25);
      return timed;
    };
    expect(await timedOf(2000)).toBe(2000);
    expect(await timedOf(10_000)).toBeLessThan(2700);
    expect(await timedOf(1000)).toBeLessThan(20);
    await env.advance(60_000);
    expect(await timedOf(1000)).toBe(1000);
    await env.advance(10_000);
    await t.bus.publish('e', 1);
    await env.advance(25);
    timed = 0;
    for (let i = 0; i < 640; i++) await t.bus.publish('e', i);
    expect(timed).toBe(10);
  });

  it('hides no other, and no more than 32 are kept', async () => {
    const t = await bench({ slowHandlerMs: 10 });
    const wait = (): Promise<unknown> =>
      new Promise((resolve) => t.env.setTimer(() => resolve(1), 20));
    for (let i = 0; i < 40; i++) t.bus.handle(`q${i}`, wait, { name: `h${i}` });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 40; i++) void t.ask(`q${i}`);
      await t.env.advance(30);
    }
    const names = t.bus.health.check().slow.map(({ name }) => name);
    expect([names.length, new Set(names).size]).toEqual([32, 32]);
  });
});

describe('the lag of the event loop', () => {
  it('is reported: now, and at worst within a minute', async () => {
    const env = stallingEnv();
    const t = await bench({ env });
    t.bus.handle('q', () => env.stall(120));
    await t.ask('q');
    expect(t.bus.health.check().loop.lagMs).toBe(95);
    await env.advance(25);
    expect(t.bus.health.check().loop).toEqual({ lagMs: 120, worstMs: 120 });
    t.bus.handle('quick', () => 1);
    await t.ask('quick');
    await env.advance(25);
    expect(t.bus.health.check().loop).toEqual({ lagMs: 0, worstMs: 120 });
    await env.advance(61_000);
    await t.ask('quick');
    expect(t.bus.health.check().loop).toEqual({ lagMs: 0, worstMs: 0 });
  });

  it('is looked at once a second while there are only peers, and closely from the next message on', async () => {
    const env = stallingEnv();
    const t = await bench({ env });
    new FakePeer(t.host, 'a').tell('up');
    await env.advance(100);
    let timers = 0;
    const { setTimer } = env;
    env.setTimer = (callback, ms) => {
      timers++;
      return setTimer(callback, ms);
    };
    await env.advance(10_000);
    expect(timers).toBeLessThanOrEqual(10);
    t.bus.handle('q', () => env.stall(120));
    await t.ask('q');
    expect(t.bus.health.check().loop.lagMs).toBe(95);
  });

  it('is not watched, and keeps no program alive, where nothing happens', async () => {
    const t = await bench();
    t.bus.handle('q', () => 1);
    await t.ask('q');
    await t.env.advance(31_000);
    expect(t.env.pending).toBe(0);
  });

  it('is not watched any more once the bus stops', async () => {
    const t = await bench();
    t.bus.handle('q', () => 1);
    await t.ask('q');
    const stopped = t.bus.stop();
    await t.env.settle();
    await stopped;
    expect(t.env.pending).toBe(0);
  });
});
