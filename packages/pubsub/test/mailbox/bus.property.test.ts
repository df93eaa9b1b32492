import type { Endpoint, Message, Overflow, Priority } from '@bus/core';
import { unaccounted } from '@bus/test-support';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bench } from '../support/bench.ts';

const manners = ['return', 'throw', 'resolve', 'reject', 'later', 'hang', 'echo'] as const;
type Manner = (typeof manners)[number];

interface Added {
  readonly type: 'add';
  readonly overflow: Overflow;
  readonly capacity: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly manners: readonly Manner[];
}

type Step =
  | Added
  | {
      readonly type: 'send';
      readonly priority: Priority;
      readonly key: string | undefined;
      readonly timeoutMs: number | undefined;
    }
  | { readonly type: 'cancel' | 'stop' | 'drain' | 'pause' | 'resume'; readonly at: number }
  | { readonly type: 'advance'; readonly ms: number };

const add: fc.Arbitrary<Added> = fc.record({
  type: fc.constant('add' as const),
  overflow: fc.constantFrom('block', 'drop-oldest', 'drop-newest', 'latest', 'error'),
  capacity: fc.integer({ min: 1, max: 4 }),
  concurrency: fc.constantFrom(1, 1, 2, 5),
  timeoutMs: fc.constantFrom(20, Number.POSITIVE_INFINITY),
  manners: fc.array(fc.constantFrom(...manners), { minLength: 1, maxLength: 5 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: add },
  {
    weight: 14,
    arbitrary: fc.record({
      type: fc.constant('send' as const),
      priority: fc.constantFrom<Priority>('normal', 'normal', 'low', 'high'),
      key: fc.constantFrom(undefined, 'k', 'l', '__proto__'),
      timeoutMs: fc.constantFrom(undefined, undefined, 5, 50),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('cancel', 'stop', 'drain', 'pause', 'resume', 'resume'),
      at: fc.nat(50),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('advance' as const), ms: fc.constantFrom(1, 10, 60) }),
  },
);

it('after any sequence of steps the sums balance, and messages of one key keep their order', async () => {
  const sequences = fc.tuple(add, fc.array(step, { maxLength: 60, size: 'max' }));
  await fc.assert(
    fc.asyncProperty(sequences, async ([first, rest]) => {
      const t = await bench({ limits: { inFlight: 4 } });
      const { env, host } = t;
      const endpoints: Endpoint[] = [];
      const cancels: AbortController[] = [];
      const running = new Set<string>();
      const faults: string[] = [];
      /** By endpoint, key and priority, the numbers of the messages in the order they started. */
      const started = new Map<string, number[]>();
      let sent = 0;
      let echoes = 0;

      const behave = (manner: Manner | undefined, { priority }: Message): unknown => {
        if (manner === 'throw') throw new Error('thrown');
        if (manner === 'resolve') return Promise.resolve();
        if (manner === 'reject') return Promise.reject(new Error('rejected'));
        if (manner === 'hang') return new Promise(() => {});
        if (manner === 'later') return new Promise<void>((end) => void env.setTimer(end, 7));
        // Without a key and a number, so that it is no part of the order.
        if (manner === 'echo' && echoes++ < 20) {
          t.bus.publish('a', -1, { priority }).catch(() => {});
        }
        return undefined;
      };
      const subscribe = ({ type: _, manners: order, ...policy }: Added): void => {
        const index = endpoints.length;
        let calls = 0;
        const handler = (message: Message): unknown => {
          const { payload, priority, key } = message;
          const isOrdered = policy.concurrency === 1 || key !== undefined;
          if (isOrdered && policy.overflow !== 'latest' && payload !== -1) {
            const name = `${index} ${policy.concurrency === 1 ? '' : key} ${priority}`;
            started.set(name, [...(started.get(name) ?? []), Number(payload)]);
          }
          const result = behave(order[calls++ % order.length], message);
          const lane = `${index} ${key}`;
          // A handler past its time limit gives its lane up.
          const isLimited = policy.timeoutMs !== Number.POSITIVE_INFINITY;
          if (key === undefined || isLimited || !(result instanceof Promise)) return result;
          if (running.has(lane)) faults.push(`two at once in lane ${lane}`);
          running.add(lane);
          const leave = (): void => void running.delete(lane);
          result.then(leave, leave);
          return result;
        };
        const definition = { ...policy, pattern: 'a', kinds: ['event'], handler } as const;
        endpoints.push(host.addEndpoint(definition));
      };

      for (const next of [first, ...rest]) {
        if (next.type === 'add') subscribe(next);
        else if (next.type === 'advance') await env.advance(next.ms);
        else if (next.type === 'send') {
          const cancel = new AbortController();
          cancels.push(cancel);
          const { priority, key, timeoutMs } = next;
          const options = { priority, key, timeoutMs, signal: cancel.signal };
          t.bus.publish('a', ++sent, options).catch(() => {});
        } else if (next.type === 'cancel') cancels[next.at % cancels.length]?.abort();
        else {
          const endpoint = endpoints[next.at % endpoints.length];
          if (next.type === 'drain') void endpoint?.[Symbol.asyncDispose]();
          else endpoint?.[next.type]();
        }
        expect(unaccounted(t.bus)).toBe(0);
        expect(faults).toEqual([]);
        for (const { load, running: count, policy } of endpoints) {
          expect(count).toBeLessThanOrEqual(policy.concurrency);
          expect(load).toBeLessThanOrEqual(2 * policy.capacity + policy.concurrency + 1);
        }
      }
      for (const numbers of started.values()) {
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
      const stopped = t.bus.stop({ drainMs: 30 });
      await env.advance(40);
      await stopped;
      expect(unaccounted(t.bus)).toBe(0);
      expect(t.bus.inspect().outcomes.inFlight).toBe(0);
    }),
    { numRuns: 200 },
  );
}, 60_000);
