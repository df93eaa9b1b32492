import { describe, expect, test } from 'vitest';
import type { AnyPlugin, Completion, HookPoints, Message, Origin } from '../src/index.ts';
import { busError } from '../src/index.ts';
import { ignore, plugin, testBench } from './support/bench.ts';
import { prefixRouter } from './support/prefix-router.ts';
import { gate, refusal } from './support/promises.ts';

const far: Origin = { peer: 'far', principal: 'them' };
const tapping = (tap: (hooks: HookPoints) => void): AnyPlugin =>
  plugin('tap', ({ hooks }) => tap(hooks));

describe('a message from a link', () => {
  test('has the fields its link gives it', async () => {
    const { host, subscribe } = await testBench();
    let seen: Message | undefined;
    subscribe('a', (message) => {
      seen = message;
    });
    const fields = {
      id: 'far-1',
      source: 'far',
      hops: 2,
      attempt: 3,
      key: 'k',
      priority: 'high',
      headers: { 'bus-trace': 't' },
      correlationId: 'c',
      replyTo: 'r',
      deadline: 1000,
      origin: far,
    } as const;
    expect(await host.receive('event', 'a', 1, fields)).toBe(1);
    const { origin, ...public_ } = fields;
    expect(seen).toMatchObject(public_);
    expect(JSON.parse(JSON.stringify(seen))).toMatchObject({ ...public_, topic: 'a', payload: 1 });
    expect(JSON.stringify(seen)).not.toContain('principal');
    expect(origin.peer).toBe('far');
  });

  test('is decoded once, when somebody first reads it', async () => {
    const { host, subscribe } = await testBench();
    let decoded = 0;
    const decode = (bytes: unknown): unknown => {
      decoded++;
      return `${bytes}!`;
    };
    const seen: unknown[] = [];
    const remove = subscribe('a', ({ topic }) => void seen.push(topic));
    await host.receive('event', 'a', 'raw', { decode });
    expect(decoded).toBe(0);
    remove.stop();
    subscribe('a', ({ payload }) => void seen.push(payload));
    subscribe('a', ({ payload }) => void seen.push(payload));
    await host.receive('event', 'a', 'raw', { decode });
    expect(seen).toEqual(['a', 'raw!', 'raw!']);
    expect(decoded).toBe(1);
  });

  test('that cannot be decoded fails in the handler that reads it, and nowhere else', async () => {
    const { host, bus, subscribe, codes } = await testBench();
    let well = 0;
    subscribe('a', ({ payload }) => payload);
    subscribe('a', () => void well++);
    const decode = (): never => {
      throw new Error('garbage');
    };
    expect(await host.receive('event', 'a', 'raw', { decode })).toBe(2);
    expect(well).toBe(1);
    expect(codes).toEqual(['BUS_HANDLER_FAILED']);
    expect(bus.inspect().outcomes.ended).toMatchObject({ handled: 1, failed: 1 });
  });

  test('never goes back to the link it came from, but on to others', async () => {
    const { bus, host } = await testBench();
    const other: Origin = { peer: 'other', principal: undefined };
    const seen: string[] = [];
    for (const [name, origin] of [
      ['far', far],
      ['other', other],
      ['here', undefined],
    ] as const) {
      host.addEndpoint({
        pattern: 'a',
        kinds: ['event'],
        handler: () => void seen.push(name),
        ...(origin && { origin }),
      });
    }
    expect(await host.receive('event', 'a', 1, { origin: far })).toBe(2);
    expect(seen).toEqual(['other', 'here']);
    expect(bus.inspect().outcomes.ended).toMatchObject({ handled: 1, forwarded: 1 });
    expect(bus.endpoints().map(({ kind, bus: at }) => [kind, at])).toEqual([
      ['remote', 'far'],
      ['remote', 'other'],
      ['local', 'hub'],
    ]);
  });

  test('that could only go back is unroutable', async () => {
    const { host } = await testBench();
    host.addEndpoint({ pattern: 'a', kinds: ['request'], handler: ignore, origin: far });
    const error = await refusal(host.receive('request', 'a', 1, { origin: far }));
    expect(error.code).toBe('BUS_NO_ROUTE');
  });

  test('without a number gets an id that no message of this bus has', async () => {
    const { host, publish, subscribe } = await testBench();
    const ids: string[] = [];
    subscribe('a', ({ id }) => void ids.push(id));
    for (let i = 0; i < 3; i++) {
      await publish('a');
      await host.receive('event', 'a', i, {});
    }
    expect(new Set(ids).size).toBe(6);
  });

  test('that has crossed too many links is refused', async () => {
    const { bus, host, subscribe } = await testBench({ limits: { hops: 2 } });
    subscribe('a', ignore);
    expect(await host.receive('event', 'a', 1, { hops: 2 })).toBe(1);
    const error = await refusal(host.receive('event', 'a', 1, { hops: 3 }));
    expect(error.code).toBe('BUS_HOPS_EXCEEDED');
    expect(error.details).toEqual({ topic: 'a', hops: 3, limit: 2 });
    expect(bus.inspect().outcomes.ended).toMatchObject({ handled: 1, rejected: 1 });
  });

  test('with a hostile topic is refused', async () => {
    const { host } = await testBench();
    for (const topic of ['', 'a..b', 'x'.repeat(300), 'a\u0000b']) {
      expect((await refusal(host.receive('event', topic, 1, {}))).code).toBe('BUS_TOPIC_INVALID');
    }
  });

  test('whose deadline has passed is not started', async () => {
    const { bus, host, subscribe, env } = await testBench();
    let handled = 0;
    subscribe('a', () => void handled++);
    await env.advance(100);
    expect((await refusal(host.receive('event', 'a', 1, { deadline: 99 }))).code).toBe(
      'BUS_EXPIRED',
    );
    expect(await host.receive('event', 'a', 1, { deadline: 101 })).toBe(1);
    expect(handled).toBe(1);
    expect(bus.inspect().outcomes.ended).toMatchObject({ expired: 1, handled: 1 });
  });

  test('can be cancelled by its link', async () => {
    const { bus, host, subscribe } = await testBench();
    let reason: unknown;
    subscribe('a', ({ signal }) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      return gate().promise;
    });
    let received: Message | undefined;
    const completion: Completion = {
      targeted: (_count, message) => {
        received = message;
      },
      settled: () => undefined,
    };
    await host.receive('event', 'a', 1, {}, { completion });
    if (received === undefined) throw new Error('nobody was told of targets');
    host.cancel(received, busError('BUS_CANCELLED', 'the far end gave up', { topic: 'a' }));
    expect(reason).toMatchObject({ code: 'BUS_CANCELLED' });
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { cancelled: 1 } });
  });
});

describe('inbound taps', () => {
  test('see what came in and who sent it, and may change or drop it', async () => {
    const principals: unknown[] = [];
    const guard = tapping(({ inbound }) =>
      inbound.tap((message) => {
        principals.push(message.origin?.principal);
        if (message.topic === 'spam') return undefined;
        return message.with({ headers: { checked: 'yes' } });
      }),
    );
    const { bus, host, publish, subscribe } = await testBench({ plugins: [guard] });
    const seen: unknown[] = [];
    subscribe('a', ({ headers }) => void seen.push(headers.checked));
    subscribe('spam', () => void seen.push('spam'));
    await host.receive('event', 'a', 1, { origin: far });
    expect(await host.receive('event', 'spam', 1, { origin: far })).toBe(0);
    await publish('a');
    expect(seen).toEqual(['yes', undefined]);
    expect(principals).toEqual(['them', 'them']);
    expect(bus.inspect().outcomes.ended.dropped).toEqual({ inbound: 1 });
  });

  test('one that throws rejects that message only', async () => {
    const guard = tapping(({ inbound }) =>
      inbound.tap((message) => {
        if (message.payload === 'bad') throw new Error('no');
        return message;
      }),
    );
    const { host, subscribe } = await testBench({ plugins: [guard] });
    subscribe('a', ignore);
    const error = await refusal(host.receive('event', 'a', 'bad', {}));
    expect(error).toMatchObject({
      code: 'BUS_HOOK_FAILED',
      details: { hook: 'inbound', plugin: 'tap' },
    });
    expect(await host.receive('event', 'a', 'good', {})).toBe(1);
  });

  test('keep the origin of a message they change: it still never goes back', async () => {
    const renames = tapping(({ inbound }) =>
      inbound.tap((message) => message.with({ topic: 'b.x' })),
    );
    const { host } = await testBench({ plugins: [prefixRouter(), renames] });
    let back = 0;
    host.addEndpoint({ pattern: 'b.*', kinds: ['event'], handler: () => void back++, origin: far });
    expect(await host.receive('event', 'a', 1, { origin: far })).toBe(0);
    expect(back).toBe(0);
  });
});
