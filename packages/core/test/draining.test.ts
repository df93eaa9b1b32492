import { virtualEnv } from '@bus/virtual-env';
import { describe, expect, test } from 'vitest';
import { ignore, plugin, testBench } from './support/bench.ts';
import { gate, refusal, settlesNow } from './support/promises.ts';

describe('draining', () => {
  test('stop lets what waits and runs finish, and refuses what is new', async () => {
    const { bus, publish, subscribe } = await testBench();
    const gates = [gate(), gate()];
    const done: unknown[] = [];
    subscribe('a', async (message) => {
      await gates[message.payload as number]?.promise;
      done.push(message.payload);
    });
    await publish('a', 0);
    await publish('a', 1);
    const stopping = bus.stop();
    expect(await settlesNow(stopping)).toBe(false);
    expect(bus.state).toBe('stopping');
    expect((await refusal(publish('a', 2))).code).toBe('BUS_CLOSED');
    for (const { open } of gates) open();
    await stopping;
    expect(done).toEqual([0, 1]);
    expect(bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { handled: 2, rejected: 1 },
    });
  });

  test('what outlives drainMs is ended and counted, and its handler told', async () => {
    const { bus, env, publish, subscribe } = await testBench();
    let reason: unknown;
    subscribe('a', ({ signal }) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      return gate().promise;
    });
    await publish('a');
    await publish('a');
    const stopping = bus.stop({ drainMs: 100 });
    await env.advance(99);
    expect(bus.state).toBe('stopping');
    await env.advance(1);
    await stopping;
    expect(reason).toMatchObject({ code: 'BUS_CLOSED' });
    expect(bus.inspect().outcomes).toMatchObject({
      accepted: 2,
      inFlight: 0,
      ended: { cancelled: 1, dropped: { closed: 1 } },
    });
    expect(env.pending).toBe(0);
  });

  test('a handler that drains may still send, as the message it handles', async () => {
    const { bus, publish, subscribe } = await testBench();
    const slow = gate();
    let nested: unknown;
    bus.handle('b', (message) => {
      nested = message.payload;
    });
    subscribe('a', async (message) => {
      await slow.promise;
      await bus.notify('b', 'still here', { parent: message });
    });
    await publish('a');
    const stopping = bus.stop();
    slow.open();
    await stopping;
    expect(nested).toBe('still here');
  });

  test('a handler that stops its own bus is not waited for longer than drainMs', async () => {
    const { bus, env, publish, subscribe } = await testBench();
    subscribe('a', () => bus.stop({ drainMs: 20 }));
    await publish('a');
    await env.advance(20);
    expect(bus.state).toBe('stopped');
    expect(env.pending).toBe(0);
  });

  test('publishers that wait for room are refused, and nobody hangs', async () => {
    const { bus, env, publish, subscribe } = await testBench();
    subscribe('a', () => gate().promise, { capacity: 1 });
    await publish('a');
    await publish('a');
    const waiting = refusal(publish('a'));
    const stopping = bus.stop({ drainMs: 0 });
    await env.advance(0);
    await stopping;
    expect((await waiting).code).toBe('BUS_CLOSED');
  });

  test('what handlers sent and nobody has got yet is refused before the stop taps run', async () => {
    const sums: number[] = [];
    let accepted = (): number => 0;
    const observer = plugin('observer', ({ hooks }) => {
      hooks.stop.tap(() => void sums.push(accepted()));
    });
    const clock = virtualEnv();
    // Each turn of the event loop takes a millisecond.
    const env = { ...clock, setTurn: (turn: () => void) => void clock.setTimer(turn, 1) };
    const { bus, publish, subscribe } = await testBench({ env, plugins: [observer] });
    accepted = () => bus.inspect().outcomes.accepted;
    const sent: Promise<unknown>[] = [];
    subscribe('flood', () => {
      for (let i = 0; i < 20_000; i++) sent.push(publish('a', i));
    });
    subscribe('flood', ignore);
    subscribe('a', ignore);
    void publish('flood');
    const stopping = bus.stop({ drainMs: 2 });
    await env.advance(2);
    await stopping;
    await env.advance(10);
    const refused = (await Promise.allSettled(sent)).filter(({ status }) => status === 'rejected');
    expect(refused).not.toEqual([]);
    expect(sums).toEqual([20_002]);
    expect(bus.inspect().outcomes).toMatchObject({
      accepted: 20_002,
      inFlight: 0,
      ended: { rejected: refused.length },
    });
  });
});
