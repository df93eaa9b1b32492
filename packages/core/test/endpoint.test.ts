import { describe, expect, test } from 'vitest';
import { ignore, testBench } from './support/bench.ts';
import { busy } from './support/busy.ts';
import { refusal, settlesNow } from './support/promises.ts';

describe('pausing', () => {
  test('keeps messages until resumed', async () => {
    const { publish, subscribe } = await testBench();
    const seen: unknown[] = [];
    const endpoint = subscribe('a', ({ payload }) => void seen.push(payload));
    endpoint.pause();
    expect(await publish('a', 1)).toBe(1);
    expect(await publish('a', 2)).toBe(1);
    expect(seen).toEqual([]);
    expect(endpoint.view()).toMatchObject({ state: 'paused', pending: 2 });
    endpoint.resume();
    expect(seen).toEqual([1, 2]);
    await publish('a', 3);
    expect(seen).toEqual([1, 2, 3]);
  });

  test('from inside the handler takes effect with the next message', async () => {
    const { publish, subscribe } = await testBench();
    const seen: unknown[] = [];
    const endpoint = subscribe('a', ({ payload }) => {
      seen.push(payload);
      endpoint.pause();
    });
    for (let i = 0; i < 3; i++) await publish('a', i);
    expect(seen).toEqual([0]);
    endpoint.resume();
    expect(seen).toEqual([0, 1]);
  });

  test('twice, or of a stopped endpoint, changes nothing', async () => {
    const { publish, subscribe } = await testBench();
    let seen = 0;
    const endpoint = subscribe('a', () => void seen++);
    endpoint.resume();
    endpoint.pause();
    endpoint.pause();
    endpoint.resume();
    await publish('a');
    expect(seen).toBe(1);
    endpoint.stop();
    endpoint.pause();
    endpoint.resume();
    expect(endpoint.view().state).toBe('stopped');
    expect(await publish('a')).toBe(0);
  });
});

describe('stopping an endpoint', () => {
  test('drops what waits, counted, and lets what runs finish', async () => {
    const { send, finish, endpoint, bus, seen } = await busy({ capacity: 2 });
    const sent = [send('a'), send('b'), refusal(send('c'))];
    endpoint.stop();
    expect(endpoint.active).toBe(false);
    expect((await sent[2]) as unknown).toMatchObject({ code: 'BUS_NO_ROUTE' });
    expect(bus.inspect().outcomes).toMatchObject({
      inFlight: 1,
      ended: { dropped: { unsubscribed: 3 } },
    });
    expect(await finish()).toBe('');
    expect(seen).toEqual(['first']);
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: 1 } });
  });

  test('by disposing asynchronously handles what waits first', async () => {
    const { send, finish, endpoint, publish } = await busy({ capacity: 2 });
    const sent = [send('a'), send('b'), send('c')];
    const disposed = endpoint[Symbol.asyncDispose]();
    expect(await publish('a', 'late')).toBe(0);
    expect(endpoint.view().state).toBe('draining');
    expect(await settlesNow(disposed)).toBe(false);
    expect(await finish()).toBe('a,b,c');
    await disposed;
    expect(endpoint.view().state).toBe('stopped');
    expect(await Promise.all(sent)).toEqual([1, 1, 1]);
  });

  test('while paused, drains all the same', async () => {
    const { publish, subscribe } = await testBench();
    const seen: unknown[] = [];
    const endpoint = subscribe('a', ({ payload }) => void seen.push(payload));
    endpoint.pause();
    await publish('a', 1);
    await publish('a', 2);
    await endpoint[Symbol.asyncDispose]();
    expect(seen).toEqual([1, 2]);
  });

  test('by its signal; an aborted one never starts it', async () => {
    const { bus } = await testBench();
    const stop = new AbortController();
    const subscription = bus.handle('a', ignore, { signal: stop.signal });
    expect(await bus.notify('a', 1)).toBe(1);
    stop.abort();
    expect(subscription.active).toBe(false);
    expect((await refusal(bus.notify('a', 1))).code).toBe('BUS_NO_ROUTE');
    expect(bus.handle('a', ignore, { signal: stop.signal }).active).toBe(false);
    expect(bus.endpoints()).toEqual([]);
  });

  test('takes its listener off its signal', async () => {
    const { bus } = await testBench();
    const { signal } = new AbortController();
    let listening = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listening++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listening--;
      remove(...args);
    };
    for (let i = 0; i < 10; i++) bus.handle('a', ignore, { signal }).stop();
    bus.handle('a', ignore, { signal });
    expect(listening).toBe(1);
    await bus.stop();
    expect(listening).toBe(0);
  });

  test('from inside its own handler takes effect at once', async () => {
    const { publish, subscribe, bus } = await testBench();
    let seen = 0;
    const endpoint = subscribe('a', () => {
      seen++;
      void publish('a');
      endpoint.stop();
    });
    await publish('a');
    expect(seen).toBe(1);
    expect(bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { handled: 1, dropped: { unsubscribed: 1 } },
    });
  });

  test('from a handler before it leaves it out, counted', async () => {
    const { publish, subscribe, bus } = await testBench();
    let seen = 0;
    subscribe('a', () => second.stop());
    const second = subscribe('a', () => void seen++);
    expect(await publish('a')).toBe(1);
    expect(seen).toBe(0);
    expect(bus.inspect().outcomes.ended.dropped).toEqual({ unsubscribed: 1 });
  });
});
