import type { Message } from '@bus/core';
import { unaccounted } from '@bus/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';

type Step =
  | { readonly publish: number; readonly key: string | undefined }
  | { readonly advance: number }
  | { readonly finish: 'handled' | 'failed'; readonly failing: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      publish: fc.integer({ min: 1, max: 9 }),
      key: fc.constantFrom('a', 'b', undefined),
    }),
  },
  { weight: 2, arbitrary: fc.record({ advance: fc.integer({ min: 0, max: 7 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ finish: fc.constantFrom('handled', 'failed'), failing: fc.boolean() }),
  },
);

const settings = fc.record({
  size: fc.integer({ min: 1, max: 6 }),
  waitMs: fc.constantFrom(0, 3),
  bytes: fc.constantFrom(undefined, 6),
  concurrency: fc.integer({ min: 1, max: 3 }),
  steps: fc.array(step, { maxLength: 60 }),
});

interface Running {
  readonly keys: readonly (string | undefined)[];
  end(outcome: 'handled' | 'failed'): void;
}

describe('whatever happens', () => {
  it('each message is in one batch, in order by key, within the limits, and has one outcome', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ size, waitMs, bytes, concurrency, steps }) => {
        const t = await bench();
        const seen: Message[] = [];
        const running = new Set<Running>();
        let failNext = false;
        const weigh = { bytes, sizeOf: bytes === undefined ? undefined : () => 2 };
        t.bus.subscribe(
          't',
          { batch: { size, waitMs, ...weigh }, concurrency, capacity: 2000 },
          (messages, batch) => {
            expect(messages.length).toBeGreaterThan(0);
            expect(messages.length).toBeLessThanOrEqual(
              bytes === undefined ? size : Math.min(size, 3),
            );
            seen.push(...messages);
            if (failNext && messages[0] !== undefined) batch.fail(messages[0], new Error('alone'));
            const keys = messages.map(({ key }) => key);
            const beside = [...running].flatMap((other) => other.keys);
            expect(keys.filter((key) => key !== undefined && beside.includes(key))).toEqual([]);
            expect(running.size).toBeLessThan(concurrency);
            return new Promise<void>((resolve, reject) => {
              const one: Running = {
                keys,
                end(outcome) {
                  running.delete(one);
                  if (outcome === 'handled') resolve();
                  else reject(new Error('all'));
                },
              };
              running.add(one);
            });
          },
        );
        let sent = 0;
        for (const taken of steps) {
          if ('publish' in taken) {
            for (let i = 0; i < taken.publish; i++)
              void t.bus.publish('t', sent++, { key: taken.key });
          } else if ('advance' in taken) await t.env.advance(taken.advance);
          else {
            failNext = taken.failing;
            for (const one of running) {
              one.end(taken.finish);
              break;
            }
            await t.env.settle();
          }
        }
        failNext = false;
        const stopped = t.bus.stop();
        for (let i = 0; seen.length < sent || running.size > 0; i++) {
          expect(i).toBeLessThan(1000);
          await t.env.settle();
          for (const one of running) one.end('handled');
        }
        await t.env.settle();
        await stopped;
        const { inFlight, ended } = t.bus.inspect().outcomes;
        expect([inFlight, ended.handled + ended.failed, unaccounted(t.bus)]).toEqual([0, sent, 0]);
        expect(t.env.pending).toBe(0);
        for (const key of ['a', 'b', undefined]) {
          const payloads = seen
            .filter((message) => message.key === key)
            .map((m) => Number(m.payload));
          expect(payloads).toEqual(payloads.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 200 },
    );
  });
});
