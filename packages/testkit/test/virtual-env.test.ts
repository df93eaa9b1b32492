import { describe, expect, test } from 'vitest';
import { virtualEnv } from '../src/index.ts';

describe('a virtual clock', () => {
  test('stands still until it is told to advance', async () => {
    const env = virtualEnv();
    const log: string[] = [];
    env.setTimer(() => log.push(`late at ${env.now()}`), 20);
    env.setTimer(() => log.push(`early at ${env.now()}`), 10);
    await env.settle();
    expect([log, env.now(), env.pending]).toEqual([[], 0, 2]);
    await env.advance(15);
    expect([log, env.now(), env.pending]).toEqual([['early at 10'], 15, 1]);
    await env.advance(5);
    expect(log).toEqual(['early at 10', 'late at 20']);
  });

  test('never runs a timer of Infinity, and one of any other length when it is due', async () => {
    const env = virtualEnv();
    const log: string[] = [];
    const never = env.setTimer(() => log.push('never'), Number.POSITIVE_INFINITY);
    env.setTimer(() => log.push('after years'), 2 ** 40);
    expect(env.pending).toBe(1);
    await env.advance(2 ** 40);
    env.clearTimer(never);
    expect([log, env.pending]).toEqual([['after years'], 0]);
  });

  test('refuses an option that it does not know', () => {
    expect(() => virtualEnv({ sede: 1 } as never)).toThrow("did you mean 'seed'?");
  });

  test('lets promises settle before the next timer', async () => {
    const env = virtualEnv();
    const log: string[] = [];
    env.setTimer(() => void Promise.resolve().then(() => log.push('promise')), 1);
    env.setTimer(() => log.push('timer'), 2);
    await env.advance(2);
    expect(log).toEqual(['promise', 'timer']);
  });

  test('runs turns in order, before timers of the same instant', async () => {
    const env = virtualEnv();
    const log: string[] = [];
    env.setTimer(() => log.push('timer'), 0);
    for (const turn of ['first', 'second', 'third']) env.setTurn(() => log.push(turn));
    await env.settle();
    expect(log).toEqual(['first', 'second', 'third', 'timer']);
  });

  test('decides by its seed between timers of one instant', async () => {
    const orders = new Set<string>();
    const orderOf = async (seed: number): Promise<string> => {
      const env = virtualEnv({ seed });
      const log: number[] = [];
      for (let i = 0; i < 6; i++) env.setTimer(() => log.push(i), 5);
      await env.advance(5);
      return log.join();
    };
    for (let seed = 1; seed <= 20; seed++) {
      const order = await orderOf(seed);
      expect(await orderOf(seed)).toBe(order);
      orders.add(order);
    }
    expect(orders.size).toBeGreaterThan(10);
  });

  test('forgets a timer that was cleared, however often', async () => {
    const env = virtualEnv();
    const timer = env.setTimer(() => expect.unreachable(), 1);
    env.clearTimer(timer);
    env.clearTimer(timer);
    env.clearTimer(undefined);
    expect(env.pending).toBe(0);
    await env.advance(10);
  });

  test('moves the wall clock alone', () => {
    const env = virtualEnv();
    const before = env.wall();
    env.jumpWall(-5000);
    expect([env.wall() - before, env.now()]).toEqual([-5000, 0]);
  });

  test.each([1, 2, 3, 4, 5])(
    'runs what a list would, whatever came and went (seed %i)',
    async (seed) => {
      const env = virtualEnv({ seed });
      const plan = virtualEnv({ seed: seed + 1000 });
      const ran: number[] = [];
      const model = new Map<number, number>();
      const timers = new Map<number, unknown>();
      for (let i = 0; i < 2000; i++) {
        const ids = [...timers.keys()];
        const id = ids[Math.floor(plan.random() * ids.length)];
        if (id !== undefined && plan.random() < 0.45) {
          env.clearTimer(timers.get(id));
          timers.delete(id);
          model.delete(id);
        } else {
          // All different, so that the seed has nothing to decide.
          const ms = Math.floor(plan.random() * 1000) + i / 4096;
          timers.set(
            i,
            env.setTimer(() => ran.push(i), ms),
          );
          model.set(i, ms);
        }
        expect(env.pending).toBe(model.size);
      }
      await env.advance(2000);
      const expected = [...model].sort(([, a], [, b]) => a - b).map(([id]) => id);
      expect(ran).toEqual(expected);
      expect(env.pending).toBe(0);
    },
  );
});
