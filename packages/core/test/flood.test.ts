import { collectGarbage } from '@bus/test-support';
import { virtualEnv } from '@bus/virtual-env';
import { expect, test } from 'vitest';
import type { Host } from '../src/index.ts';
import { createBus, definePlugin } from '../src/index.ts';
import { imbalance, testBench } from './support/bench.ts';
import { quietLogger } from './support/log.ts';
import { refusal } from './support/promises.ts';

test('1,000,000 publishes nobody awaits, into an async handler, keep memory bounded and the sums balanced', async () => {
  const { bus, publish, subscribe, env } = await testBench();
  let handled = 0;
  const endpoint = subscribe('a', async () => {
    await undefined;
    handled++;
  });
  const count = 1_000_000;
  let worst = 0;
  for (let i = 0; i < count; i++) {
    void publish('a', i);
    if (i % 1000 === 0) {
      worst = Math.max(worst, endpoint.load);
      expect(imbalance(bus)).toBe(0);
    }
    if (i % 100_000 === 0) await undefined;
  }
  // What waits, the publishers that wait for room, and the one that runs.
  expect(worst).toBeLessThanOrEqual(2 * 1024 + 1);
  while (bus.inspect().outcomes.inFlight > 0) await env.settle();
  const { accepted, ended } = bus.inspect().outcomes;
  expect(accepted).toBe(count);
  expect(ended.handled).toBe(handled);
  expect(ended.handled + ended.rejected).toBe(count);
  expect(imbalance(bus)).toBe(0);
}, 60_000);

test('a handler that sends more than 65,536 messages and awaits none is refused the rest', async () => {
  const { bus, publish, subscribe, env } = await testBench();
  let refused = 0;
  subscribe('a', () => {
    for (let i = 0; i < 70_000; i++) {
      void refusal(publish('b', i)).then(
        ({ code }) => {
          if (code === 'BUS_MAILBOX_FULL') refused++;
        },
        () => undefined,
      );
    }
  });
  subscribe('a', () => undefined);
  let handled = 0;
  subscribe('b', () => {
    handled++;
  });
  await publish('a');
  for (let i = 0; i < 30; i++) await env.settle();
  expect([handled, refused]).toEqual([65_536, 4464]);
  expect(imbalance(bus)).toBe(0);
});

test('chains of sends that never end keep none of the messages that went by', async () => {
  const clock = virtualEnv();
  // Each turn of the event loop takes a millisecond, so that time stands still in the middle of the chains.
  const env = { ...clock, setTurn: (turn: () => void) => void clock.setTimer(turn, 1) };
  const { publish, subscribe } = await testBench({ env });
  const passed: WeakRef<object>[] = [];
  subscribe('a', ({ payload }) => {
    passed.push(new WeakRef(payload as object));
    if (passed.length < 30_000) void publish('a', {});
  });
  subscribe('a', () => undefined);
  subscribe('begin', () => {
    for (let i = 0; i < 3; i++) void publish('a', {});
  });
  subscribe('begin', () => undefined);
  await publish('begin');
  await env.advance(4);
  await collectGarbage();
  const kept = passed.filter((each) => each.deref() !== undefined).length;
  expect(passed.length).toBeGreaterThan(16_000);
  expect(passed.length).toBeLessThan(30_000);
  expect(kept).toBeLessThanOrEqual(4200);
});

test('50,000 requests that all time out end one by one, and leave nothing behind', async () => {
  const { bus, request, env } = await testBench({ limits: { inFlight: 100_000 } });
  bus.handle('a', () => new Promise(() => undefined), { concurrency: 100_000 });
  for (let i = 0; i < 50_000; i++) void request('a', i, { timeoutMs: 10 + (i % 50) });
  // The clock, the deadlines, and the turn from which time limits count.
  expect(env.pending).toBeLessThanOrEqual(3);
  await env.advance(60);
  expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { expired: 50_000 } });
  const stopping = bus.stop({ drainMs: 0 });
  await env.settle();
  await stopping;
  expect(env.pending).toBe(0);
});

test('ten thousand endpoints come and go without a trace', async () => {
  const { bus } = await testBench();
  for (let i = 0; i < 10_000; i++) bus.handle(`t${i % 7}`, () => undefined).stop();
  expect(bus.endpoints()).toEqual([]);
  expect((await refusal(bus.notify('t1', 1))).code).toBe('BUS_NO_ROUTE');
});

test('two buses of one process know nothing of each other', async () => {
  const hosts: Host[] = [];
  const grab = () =>
    definePlugin({
      name: 'grab',
      setup(host) {
        hosts.push(host);
        return undefined;
      },
    });
  const [one, two] = [1, 2].map(() => createBus({ log: quietLogger }).use(grab()));
  await one?.start();
  await two?.start();
  let seen = 0;
  hosts[0]?.addEndpoint({ pattern: 'a', kinds: ['event'], handler: () => void seen++ });
  expect(await hosts[1]?.send('event', 'a', 1)).toBe(0);
  expect(await hosts[0]?.send('event', 'a', 1)).toBe(1);
  expect(seen).toBe(1);
  await one?.stop();
  await two?.stop();
});
