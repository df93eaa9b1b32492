import { describe, expect, test } from 'vitest';
import type { AnyPlugin, Dispatch } from '../src/index.ts';
import { ignore, imbalance, plugin, testBench } from './support/bench.ts';
import type { Gate } from './support/promises.ts';
import { gate, refusal, settlesNow } from './support/promises.ts';

const wrapping = (wrap: (next: Dispatch) => Dispatch): AnyPlugin =>
  plugin('wrap', ({ hooks }) => hooks.dispatch.tap(wrap));

/** A journal: writes every message whose payload is a gate ahead, until the gate opens. */
function journal(): AnyPlugin {
  return wrapping((next) => (message, targets) => {
    const { written } = message.payload as { written?: Gate };
    return written === undefined
      ? next(message, targets)
      : written.promise.then(() => next(message, targets));
  });
}

describe('dispatch taps', () => {
  test('may answer at once, with fewer targets', async () => {
    const first = wrapping((next) => (message, targets) => next(message, targets.slice(0, 1)));
    const { bus, publish, subscribe } = await testBench({ plugins: [first] });
    subscribe('a', ignore);
    subscribe('a', ignore);
    expect(await publish('a')).toBe(1);
    expect(bus.inspect().outcomes).toMatchObject({ accepted: 1, ended: { handled: 1 } });
  });

  test('that keep a message drop it, counted', async () => {
    const { bus, publish, subscribe } = await testBench({ plugins: [wrapping(() => () => 0)] });
    subscribe('a', ignore);
    expect(await publish('a')).toBe(0);
    expect(bus.inspect().outcomes).toMatchObject({
      accepted: 1,
      ended: { dropped: { dispatch: 1 } },
    });
  });

  test('may pass a changed message on', async () => {
    const changes = wrapping(
      (next) => (message, targets) =>
        next(
          (message as never as { with(c: object): typeof message }).with({ payload: 2 }),
          targets,
        ),
    );
    const { publish, subscribe } = await testBench({ plugins: [changes] });
    let seen: unknown;
    subscribe('a', ({ payload }) => {
      seen = payload;
    });
    await publish('a', 1);
    expect(seen).toBe(2);
  });

  test('may send messages of their own in between', async () => {
    const audits = plugin('audit', ({ hooks, send }) => {
      hooks.dispatch.tap((next) => (message, targets) => {
        if (message.topic !== 'audit') void send('event', 'audit', message.topic);
        return next(message, targets);
      });
    });
    const { bus, publish, subscribe } = await testBench({ plugins: [audits] });
    const seen: unknown[] = [];
    subscribe('audit', ({ payload }) => void seen.push(payload));
    subscribe('a', () => void seen.push('handled'));
    expect(await publish('a')).toBe(1);
    expect(seen).toEqual(['a', 'handled']);
    expect(imbalance(bus)).toBe(0);
  });
});

describe('a dispatch that waits', () => {
  test('keeps its place: what comes later is handled later, per endpoint', async () => {
    const { publish, subscribe, env, bus } = await testBench({ plugins: [journal()] });
    const seen: unknown[] = [];
    const note = ({ payload }: { payload: unknown }): void =>
      void seen.push((payload as { n: number }).n);
    subscribe('a', note);
    subscribe('b', note);
    const written = gate();
    const first = publish('a', { n: 1, written });
    const second = publish('a', { n: 2 });
    await publish('b', { n: 3 });
    expect(await settlesNow(first)).toBe(false);
    expect(await second).toBe(1);
    expect(seen).toEqual([3]);
    expect(bus.inspect().outcomes).toMatchObject({ accepted: 3, inFlight: 2 });
    written.open();
    await env.settle();
    expect(await first).toBe(1);
    expect(seen).toEqual([3, 1, 2]);
  });

  test('several written out of order are handled in the order sent', async () => {
    const { publish, subscribe, env } = await testBench({ plugins: [journal()] });
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => void seen.push((payload as { n: number }).n));
    const gates = [gate(), gate(), gate()];
    gates.forEach((written, n) => void publish('a', { n, written }));
    for (const at of [2, 1, 0]) {
      expect(seen).toEqual([]);
      gates[at]?.open();
      await env.settle();
    }
    expect(seen).toEqual([0, 1, 2]);
  });

  test('is bounded by the mailbox like any other', async () => {
    const { bus, publish, subscribe } = await testBench({ plugins: [journal()] });
    const endpoint = subscribe('a', ignore, { capacity: 4, overflow: 'error' });
    for (let n = 0; n < 100; n++) void publish('a', { n, written: gate() });
    expect(endpoint.load).toBe(4);
    expect(bus.inspect().outcomes.ended.rejected).toBe(96);
  });

  test('that rejects gives the place up and lets those behind go on', async () => {
    const { publish, subscribe, env, codes, bus } = await testBench({ plugins: [journal()] });
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => void seen.push((payload as { n: number }).n));
    const written = gate();
    const first = refusal(publish('a', { n: 1, written }));
    void publish('a', { n: 2 });
    written.fail(new Error('disk full'));
    await env.settle();
    const error = await first;
    expect(error).toMatchObject({ code: 'BUS_HOOK_FAILED', details: { plugin: 'wrap' } });
    expect(seen).toEqual([2]);
    expect(codes).toEqual(['BUS_HOOK_FAILED']);
    expect(bus.inspect().outcomes).toMatchObject({
      accepted: 2,
      inFlight: 0,
      ended: { rejected: 1, handled: 1 },
    });
  });

  test('that never passes the message on ends it all the same', async () => {
    const swallow = wrapping(
      (next) => (message, targets) =>
        message.payload === 1 ? Promise.resolve(0) : next(message, targets),
    );
    const { publish, subscribe, env, bus } = await testBench({ plugins: [swallow] });
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => void seen.push(payload));
    void publish('a', 1);
    void publish('a', 2);
    await env.settle();
    expect(seen).toEqual([2]);
    expect(bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { dropped: { dispatch: 1 }, rejected: 0, handled: 1 },
    });
  });

  test('beyond its deadline never starts, and holds nobody back', async () => {
    const { publish, subscribe, env, bus } = await testBench({ plugins: [journal()] });
    const seen: unknown[] = [];
    subscribe('a', ({ payload }) => void seen.push((payload as { n: number }).n));
    const written = gate();
    void publish('a', { n: 1, written }, { timeoutMs: 10 });
    void publish('a', { n: 2 });
    await env.advance(10);
    expect(seen).toEqual([2]);
    written.open();
    await env.settle();
    expect(seen).toEqual([2]);
    expect(bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { expired: 1, handled: 1 },
    });
  });

  test('that rejects after its deadline does not end the message twice', async () => {
    const { publish, subscribe, env, bus, codes } = await testBench({ plugins: [journal()] });
    const endpoint = subscribe('a', ignore);
    const written = gate();
    const sent = refusal(publish('a', { written }, { timeoutMs: 10 }));
    await env.advance(10);
    written.fail(new Error('disk full'));
    await env.settle();
    expect((await sent).code).toBe('BUS_EXPIRED');
    expect(codes).toContain('BUS_HOOK_FAILED');
    expect(endpoint.load).toBe(0);
    expect(bus.inspect().outcomes).toMatchObject({
      accepted: 1,
      inFlight: 0,
      ended: { expired: 1, rejected: 0 },
    });
  });

  test('that never settles leaves no sender waiting when its message has ended', async () => {
    const never = wrapping(() => () => new Promise<number>(() => {}));
    const { bus, publish, subscribe, env } = await testBench({ plugins: [never] });
    subscribe('a', ignore);
    const giveUp = new AbortController();
    const sent = [
      publish('a', {}, { timeoutMs: 20 }),
      publish('a', {}, { signal: giveUp.signal }),
      publish('a', {}),
    ].map(refusal);
    giveUp.abort();
    await env.advance(20);
    const stopping = bus.stop({ drainMs: 0 });
    await env.advance(0);
    await stopping;
    const codes = (await Promise.all(sent)).map(({ code }) => code);
    expect(codes).toEqual(['BUS_EXPIRED', 'BUS_CANCELLED', 'BUS_CLOSED']);
    expect(imbalance(bus)).toBe(0);
  });

  test('survives its endpoint and its bus', async () => {
    for (const ends of ['endpoint', 'bus'] as const) {
      const { publish, subscribe, env, bus } = await testBench({ plugins: [journal()] });
      let handled = 0;
      const endpoint = subscribe('a', () => void handled++);
      const written = gate();
      void publish('a', { n: 1, written });
      if (ends === 'endpoint') endpoint.stop();
      else {
        const stopping = bus.stop({ drainMs: 0 });
        await env.settle();
        await stopping;
      }
      written.open();
      await env.settle();
      expect(handled).toBe(0);
      const reason = ends === 'endpoint' ? 'unsubscribed' : 'closed';
      expect(bus.inspect().outcomes).toMatchObject({
        inFlight: 0,
        ended: { dropped: { [reason]: 1 } },
      });
    }
  });
});
