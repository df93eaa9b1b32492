import type { Message } from '@bus/core';
import { definePlugin } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';
import { stepwise } from './support/stepwise.ts';

/** Wraps the handlers of single messages, and runs them again where they fail. */
const trying = definePlugin({
  name: 'trying',
  setup({ hooks, env }) {
    hooks.define.tap((definition) => {
      const { tries, ...asked } = definition.asked ?? {};
      if (tries === undefined) return definition;
      const run = async (message: Message, left: number): Promise<unknown> => {
        try {
          return await definition.handler(message);
        } catch (error) {
          if (left === 1) throw error;
          await new Promise<void>((resolve) => env.setTimer(resolve, 10));
          return run(message, left - 1);
        }
      };
      return { ...definition, asked, handler: (message) => run(message, Number(tries)) };
    });
    return undefined;
  },
});

/** The types do not know the option. */
const thrice: object = { tries: 3 };

describe('a plugin that tries failed messages again', () => {
  it('tries only the one that failed alone', async () => {
    await using t = await bench({ plugins: [trying] });
    const batches: unknown[][] = [];
    t.bus.subscribe('t', { batch: {}, ...thrice }, (messages, batch) => {
      batches.push(messages.map(({ payload }) => payload));
      for (const message of messages) if (message.payload === 2) batch.fail(message, 'bad');
    });
    t.burst(1, 3);
    await t.env.advance(100);
    expect(batches).toEqual([[1, 2, 3], [2], [2]]);
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ handled: 2, failed: 1 });
  });

  it('tries all of a batch that failed', async () => {
    await using t = await bench({ plugins: [trying] });
    const batches: unknown[][] = [];
    t.bus.subscribe('t', { batch: {}, ...thrice }, (messages) => {
      batches.push(messages.map(({ payload }) => payload));
      if (batches.length === 1) throw new Error('all');
    });
    t.burst(1, 3);
    await t.env.advance(100);
    expect(batches[0]).toEqual([1, 2, 3]);
    expect(batches.slice(1).flat().toSorted()).toEqual([1, 2, 3]);
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ handled: 3, failed: 0 });
  });
});

/** Stands for @bus/reliable: limits each run itself, and hands over a message whose signal tells the end. */
function limiting(ms: number) {
  return definePlugin({
    name: 'limiting',
    setup({ hooks, env }) {
      hooks.define.tap((definition) => {
        const { delivery, order, ...asked } = definition.asked ?? {};
        if (delivery === undefined) return definition;
        expect(definition.timeoutMs).toBe(undefined);
        const handler = async (message: Message): Promise<unknown> => {
          const controller = new AbortController();
          const run = Object.create(message, { signal: { value: controller.signal } });
          for (const field of ['id', 'payload', 'key', 'deadline'] as const) {
            Object.defineProperty(run, field, { value: message[field] });
          }
          const late = new Promise<never>((_, reject) => {
            env.setTimer(() => {
              controller.abort('late');
              reject('late');
            }, ms);
          });
          return Promise.race([definition.handler(run), late]);
        };
        const keyOf = order === 'released' ? () => undefined : definition.keyOf;
        return { ...definition, asked, handler, keyOf };
      });
      return undefined;
    },
  });
}

describe("a subscription with `delivery: 'reliable'`", () => {
  it('leaves out a message whose run was given up while it waited, and frees the place of a batch of them', async () => {
    await using t = await bench({ plugins: [limiting(50)] });
    const { batches, listener } = stepwise();
    const reliable: object = { delivery: 'reliable' };
    t.bus.subscribe('t', { batch: { size: 2 }, ...reliable }, listener);
    t.burst(1, 2);
    t.burst(3, 3);
    await t.env.advance(49);
    t.burst(4, 4);
    expect(batches).toEqual([[1, 2]]);
    await t.env.advance(1);
    expect(batches).toEqual([[1, 2], [4]]);
    expect(t.bus.inspect().outcomes).toMatchObject({ inFlight: 1, ended: { failed: 3 } });
  });

  it('has one message of a key in a batch where order is kept, any number where it is released', async () => {
    await using t = await bench({ plugins: [limiting(50)] });
    const kept = stepwise();
    const released = stepwise();
    const reliable: object = { delivery: 'reliable' };
    const free: object = { delivery: 'reliable', order: 'released' };
    t.bus.subscribe('t', { batch: {}, ...reliable }, kept.listener);
    t.bus.subscribe('t', { batch: {}, ...free }, released.listener);
    t.burst(1, 2, { key: 'a' });
    t.burst(3, 3, { key: 'b' });
    await t.env.settle();
    expect(kept.batches).toEqual([[1, 3]]);
    expect(released.batches).toEqual([[1, 2, 3]]);
  });
});
