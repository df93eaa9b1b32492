import { describe, expect, test } from 'vitest';
import { imbalance, testBench } from './support/bench.ts';
import { gate, note, refusal } from './support/promises.ts';

/** A controller that counts who listens to its signal. */
function counted() {
  const cancel = new AbortController();
  const { signal } = cancel;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners.add(args[1]);
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners.delete(args[1]);
    remove(...args);
  };
  return { cancel, signal, listeners };
}

describe('cancelling', () => {
  test('before the send refuses it', async () => {
    const { bus } = await testBench();
    let handled = 0;
    bus.handle('a', () => void handled++);
    const why = new Error('changed my mind');
    const error = await refusal(bus.notify('a', 1, { signal: AbortSignal.abort(why) }));
    expect(error).toMatchObject({ code: 'BUS_CANCELLED', details: { topic: 'a' } });
    expect(error.cause).toBe(why);
    expect(handled).toBe(0);
    expect(bus.inspect().outcomes.ended.cancelled).toBe(1);
  });

  test('while it waits takes it out of the mailbox', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    const slow = gate();
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => note(seen, payload, slow.promise));
    const { cancel, signal, listeners } = counted();
    void publish('a', 1);
    expect(await publish('a', 2, { signal })).toBe(1);
    expect(listeners.size).toBe(1);
    void publish('a', 3);
    cancel.abort();
    expect(bus.inspect().outcomes.ended.cancelled).toBe(1);
    slow.open();
    await env.settle();
    expect(seen).toEqual([1, 3]);
  });

  test('while it waits for room refuses the publisher', async () => {
    const { publish, subscribe } = await testBench();
    subscribe('a', () => gate().promise, { capacity: 1 });
    const { cancel, signal } = counted();
    void publish('a', 1);
    void publish('a', 2);
    const third = refusal(publish('a', 3, { signal }));
    cancel.abort();
    expect((await third).code).toBe('BUS_CANCELLED');
  });

  test('while it runs tells every handler, counts each, and leaves their slots to them', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    const slow = gate();
    const reasons: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      subscribe('a', (message) => {
        message.signal.addEventListener('abort', () => void reasons.push(message.signal.reason));
        return slow.promise;
      });
    }
    const { cancel, signal } = counted();
    expect(await publish('a', 1, { signal })).toBe(3);
    cancel.abort();
    expect(reasons).toHaveLength(3);
    expect(reasons[0]).toMatchObject({ code: 'BUS_CANCELLED' });
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { cancelled: 3 } });
    expect(bus.endpoints().map(({ pending }) => pending)).toEqual([0, 0, 0]);
    void publish('a', 2);
    expect(bus.inspect().outcomes.inFlight).toBe(3);
    slow.open();
    await env.settle();
    expect(bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { cancelled: 3, handled: 3 },
    });
  });

  test('from within its own handler counts once, at once or from the mailbox', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    const cancels = [new AbortController(), new AbortController(), new AbortController()];
    const seen: unknown[] = [];
    const endpoint = subscribe('a', ({ payload, signal }) => {
      cancels[payload as number]?.abort();
      seen.push([payload, signal.aborted]);
      return payload === 2 ? gate().promise : undefined;
    });
    void publish('a', 0, { signal: cancels[0]?.signal });
    endpoint.pause();
    void publish('a', 1, { signal: cancels[1]?.signal });
    endpoint.resume();
    void publish('a', 2, { signal: cancels[2]?.signal });
    await env.settle();
    expect(seen).toHaveLength(3);
    expect(imbalance(bus)).toBe(0);
    expect(bus.inspect().outcomes).toMatchObject({ accepted: 3, inFlight: 0 });
  });

  test('by an earlier target, while the send is on the stack, spares the later ones', async () => {
    const { publish, subscribe, bus } = await testBench();
    const cancel = new AbortController();
    subscribe('a', () => cancel.abort());
    let isCalled = false;
    subscribe('a', () => {
      isCalled = true;
    });
    void publish('a', 1, { signal: cancel.signal });
    expect(isCalled).toBe(false);
    expect(bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { handled: 1, cancelled: 1 },
    });
  });

  test('after the end changes nothing, and nobody listens any more', async () => {
    const { publish, subscribe, env, bus } = await testBench();
    const { cancel, signal, listeners } = counted();
    subscribe('sync', () => undefined);
    subscribe('async', () => Promise.resolve());
    subscribe('failing', () => Promise.reject(new Error('no')));
    subscribe('slow', () => gate().promise, { timeoutMs: 10 });
    for (const topic of ['sync', 'async', 'failing', 'slow', 'nowhere'])
      void publish(topic, 1, { signal });
    expect(listeners.size).toBe(1);
    await env.advance(10);
    expect(listeners.size).toBe(0);
    const before = bus.inspect().outcomes;
    cancel.abort();
    expect(bus.inspect().outcomes).toEqual(before);
  });

  test('the signal of a message made late is aborted already', async () => {
    const { publish, subscribe, env } = await testBench();
    const slow = gate();
    let aborted: boolean | undefined;
    subscribe('a', async (message) => {
      await slow.promise;
      aborted = message.signal.aborted;
    });
    const cancel = new AbortController();
    void publish('a', 1, { signal: cancel.signal });
    cancel.abort();
    slow.open();
    await env.settle();
    expect(aborted).toBe(true);
  });
});
