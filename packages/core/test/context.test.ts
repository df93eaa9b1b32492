import { AsyncLocalStorage } from 'node:async_hooks';
import { virtualEnv } from '@bus/virtual-env';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Endpoint, type Message, platformEnv } from '../src/index.ts';
import { testBench } from './support/bench.ts';
import { check } from './support/replay.ts';

const { context } = platformEnv();
const tenant = new AsyncLocalStorage<string>();

async function bench(limits = {}) {
  const env = Object.assign(virtualEnv(), { context });
  return { ...(await testBench({ env, limits })), env };
}

test('a handler that enters a store of its own changes no context but its own', async () => {
  const { publish, subscribe } = await bench();
  const seen: unknown[] = [];
  const other = subscribe('a', () => {
    seen.push(tenant.getStore());
  });
  const first = subscribe('a', () => {
    tenant.run('inner', () => other.resume());
  });
  first.pause();
  other.pause();
  tenant.run('sender', () => void publish('a'));
  first.resume();
  expect(seen).toEqual(['sender']);
});

test.each([
  [
    'an async generator',
    (ask: () => unknown) =>
      async function* () {
        await undefined;
        yield ask();
      },
  ],
  [
    'a function that returns a generator',
    (ask: () => unknown) => () =>
      (async function* () {
        await undefined;
        yield ask();
      })(),
  ],
])('%s is recognised as the sender of what it asks', async (_, make) => {
  const { bus, request, env } = await bench({ inFlight: 1 });
  const due: unknown[] = [];
  bus.handle('inner', async ({ deadline }: Message) => void due.push(deadline));
  bus.handle(
    'outer',
    make(() => request('inner', undefined, { timeoutMs: 60_000 })),
  );
  void request('outer', undefined, { timeoutMs: 500 });
  await env.advance(10);
  expect(due).toEqual([500]);
});

/** What a handler does before it returns: it may wait, send, and free another endpoint, in a store or not. */
const step = fc.record({
  waits: fc.boolean(),
  sendsTo: fc.option(fc.nat(2), { nil: undefined }),
  frees: fc.option(fc.nat(5), { nil: undefined }),
  enters: fc.boolean(),
});
const act = fc.record({
  does: fc.constantFrom('publish', 'publish', 'publish', 'pause', 'resume', 'wait'),
  to: fc.nat(5),
  steps: fc.array(step, { minLength: 1, maxLength: 3 }),
});
const shape = fc.record({
  isAsync: fc.boolean(),
  concurrency: fc.constantFrom(1, 2, 100),
  topic: fc.nat(2),
});

interface Work {
  readonly store: string;
  readonly steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[];
}

test('whatever waits, nests and is freed by others, a handler runs in its sender’s context', async () => {
  const program = fc.record({
    shapes: fc.array(shape, { minLength: 2, maxLength: 6 }),
    acts: fc.array(act, { minLength: 5, maxLength: 40 }),
    inFlight: fc.constantFrom(1, 3, 1000),
  });
  const property = fc.asyncProperty(program, async ({ shapes, acts, inFlight }) => {
    const { env, bus, publish, subscribe } = await bench({ inFlight });
    const endpoints: Endpoint[] = [];
    const pick = (n: number) => endpoints[n % endpoints.length];
    const wrong: string[] = [];
    let handled = 0;
    const handle = (message: Message): Promise<void> | undefined => {
      const { store, steps } = message.payload as Work;
      const [now, ...later] = steps;
      const look = (): void => {
        const seen = tenant.getStore();
        if (seen !== store) wrong.push(`${String(seen)} for ${store}`);
      };
      handled++;
      look();
      const free = (): void => pick(now?.frees ?? 0)?.resume();
      if (now?.frees !== undefined) {
        if (now.enters) tenant.run('inner', free);
        else free();
      }
      if (now?.sendsTo !== undefined && later.length > 0) {
        void publish(`t${now.sendsTo}`, { store, steps: later }).catch(() => undefined);
      }
      look();
      if (!now?.waits) return undefined;
      return new Promise<void>((done) => env.setTimer(done, 5)).then(look);
    };
    for (const { isAsync, concurrency, topic } of shapes) {
      const handler = isAsync ? async (message: Message) => handle(message) : handle;
      endpoints.push(subscribe(`t${topic}`, handler, { concurrency }));
    }
    for (const [n, { does, to, steps }] of acts.entries()) {
      if (does === 'pause') pick(to)?.pause();
      else if (does === 'resume') pick(to)?.resume();
      else if (does === 'wait') await env.advance(5);
      else {
        const store = `sender ${n}`;
        tenant.run(
          store,
          () => void publish(`t${to % 3}`, { store, steps }).catch(() => undefined),
        );
      }
    }
    for (const endpoint of endpoints) endpoint.resume();
    await env.advance(1000);
    await bus.stop();
    expect(wrong).toEqual([]);
    expect(handled).toBe(bus.inspect().outcomes.ended.handled);
  });
  await check(property, 300);
});
