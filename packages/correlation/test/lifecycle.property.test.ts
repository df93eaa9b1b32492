import type { Subscription } from '@bus/core';
import { deferred, unaccounted } from '@bus/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bench, Watched } from './support/bench.ts';
import { bench, watched } from './support/bench.ts';

const topics = ['a', 'b'] as const;
const ways = ['sync', 'throws', 'replies', 'fails', 'never', 'streams'] as const;

type Step =
  | { readonly handle: string; readonly way: (typeof ways)[number]; readonly concurrency: number }
  | { readonly unhandle: number }
  | {
      readonly ask: string;
      readonly many: boolean;
      readonly timeoutMs: number;
      readonly id: number;
    }
  | { readonly answer: number }
  | { readonly cancel: number }
  | { readonly pass: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      handle: fc.constantFrom(...topics),
      way: fc.constantFrom(...ways),
      concurrency: fc.constantFrom(1, 3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ unhandle: fc.nat(5) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      ask: fc.constantFrom(...topics),
      many: fc.boolean(),
      timeoutMs: fc.integer({ min: 1, max: 60 }),
      id: fc.nat(12),
    }),
  },
  { weight: 4, arbitrary: fc.record({ answer: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ cancel: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 40 }) }) },
);

const expected = new Set([
  'replied',
  'NO',
  'BUS_NO_ROUTE',
  'BUS_HANDLER_FAILED',
  'BUS_CANCELLED',
  'BUS_CLOSED',
  'BUS_MAILBOX_FULL',
  'BUS_EXPIRED',
  'CORRELATION_TIMEOUT',
  'CORRELATION_DUPLICATE_ID',
]);

class Run {
  readonly asked: Watched[] = [];
  readonly #t: Bench;
  readonly #handlers: Subscription[] = [];
  readonly #calls: ReturnType<typeof deferred>[] = [];
  readonly #aborts: AbortController[] = [];

  constructor(t: Bench) {
    this.#t = t;
  }

  async take(step: Step): Promise<void> {
    const { bus, env } = this.#t;
    if ('handle' in step) {
      const { way, concurrency } = step;
      const options = { concurrency, capacity: 2, timeoutMs: 45 };
      this.#handlers.push(bus.handle(step.handle, () => this.#handled(way), options));
    } else if ('unhandle' in step) this.#handlers[step.unhandle]?.stop();
    else if ('ask' in step) this.#ask(step.ask, step.many, step.timeoutMs, step.id);
    else if ('answer' in step) {
      const call = this.#calls[step.answer];
      if (step.answer % 3 === 0) call?.reject(Object.assign(new Error('no'), { code: 'NO' }));
      else call?.resolve('reply');
    } else if ('cancel' in step) this.#aborts[step.cancel]?.abort();
    else await env.advance(step.pass);
  }

  #handled(way: (typeof ways)[number]): unknown {
    if (way === 'sync') return 'reply';
    if (way === 'throws') throw new Error('at once');
    if (way === 'never') return new Promise(() => {});
    if (way === 'fails') return Promise.reject(new Error('later'));
    const call = deferred();
    call.promise.catch(() => {});
    this.#calls.push(call);
    if (way === 'replies') return call.promise;
    return (async function* () {
      yield 'first';
      yield await call.promise;
    })();
  }

  #ask(topic: string, many: boolean, timeoutMs: number, id: number): void {
    const { bus } = this.#t;
    const abort = new AbortController();
    this.#aborts.push(abort);
    const correlationId = id < 3 ? `id ${id}` : undefined;
    const options = { timeoutMs, signal: abort.signal, correlationId };
    const read = async (): Promise<void> => {
      let left = id;
      for await (const _reply of bus.requestMany(topic, 1, options)) if (left-- === 0) break;
    };
    this.asked.push(watched(many ? read() : bus.request(topic, 1, options)));
  }
}

describe('requests', () => {
  it('each settle exactly once, whatever happens, and nothing is left', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 80, size: 'max' }),
        fc.boolean(),
        async (steps, stopEarly) => {
          const t = await bench({ bus: { limits: { inFlight: 4 } } });
          const run = new Run(t);
          for (const next of steps) await run.take(next);
          if (!stopEarly) {
            await t.env.advance(1_000);
            expect(t.report().pending).toBe(0);
            expect(t.bus.inspect().outcomes.inFlight).toBe(0);
            expect(t.env.pending).toBe(0);
          }
          const stopped = t.bus.stop({ drainMs: 20 });
          await t.env.advance(20);
          await stopped;
          for (const { state, times } of run.asked) {
            expect(expected).toContain(state);
            expect(times).toBe(1);
          }
          expect(t.report().pending).toBe(0);
          expect(t.bus.inspect().outcomes.inFlight).toBe(0);
          expect(unaccounted(t.bus)).toBe(0);
          expect(t.env.pending).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  });
});
