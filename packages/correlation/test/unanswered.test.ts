import { createBus, definePlugin } from '@bus/core';
import { never, quiet, unaccounted } from '@bus/test-support';
import { virtualEnv } from '@bus/virtual-env';
import { describe, expect, it } from 'vitest';
import { correlation } from '../src/index.ts';
import { bench, watched } from './support/bench.ts';
import { lossyQueues } from './support/lossy-queue.ts';

describe('a request that nobody can answer', () => {
  it('fails at once where nothing handles its topic', async () => {
    await using t = await bench();
    const reply = watched(t.bus.request('a', 1));
    await t.env.settle();
    expect(reply).toMatchObject({ state: 'BUS_NO_ROUTE', error: { details: { topic: 'a' } } });
    await expect(t.bus.requestMany('a', 1).next()).rejects.toMatchObject({ code: 'BUS_NO_ROUTE' });
    expect(t.bus.inspect().outcomes.ended.unroutable).toBe(2);
  });

  it('fails at once when its handler goes while it waits in the mailbox', async () => {
    await using t = await bench();
    const handler = t.bus.handle('a', never, { concurrency: 1 });
    const running = watched(t.bus.request('a', 1, { timeoutMs: 50 }));
    const waiting = watched(t.bus.request('a', 2));
    const many = watched(t.bus.requestMany('a', 3).next());
    handler.stop();
    await t.env.settle();
    expect([running.state, waiting.state, many.state]).toEqual([
      'waiting',
      'BUS_NO_ROUTE',
      'BUS_NO_ROUTE',
    ]);
    await t.env.advance(50);
    expect(running.state).toBe('CORRELATION_TIMEOUT');
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('fails when the bus stops, wherever it is', async () => {
    const t = await bench();
    t.bus.handle('a', never, { concurrency: 1 });
    const replies = [1, 2].map((i) => watched(t.bus.request('a', i)));
    const many = watched(t.bus.requestMany('a', 3).next());
    const stopped = t.bus.stop({ drainMs: 10 });
    const refused = watched(t.bus.request('a', 4));
    await t.env.advance(10);
    await stopped;
    expect([...replies, many, refused].map(({ state }) => state)).toEqual(
      Array(4).fill('BUS_CLOSED'),
    );
    await expect(t.bus.request('a', 5)).rejects.toMatchObject({ code: 'BUS_CLOSED' });
    await expect(t.bus.requestMany('a', 5).next()).rejects.toMatchObject({ code: 'BUS_CLOSED' });
    expect(t.report()).toEqual({ pending: 0, lateReplies: 0 });
    await t.env.advance(1);
    expect([t.env.pending, unaccounted(t.bus)]).toEqual([0, 0]);
  });

  it('is answered while the bus drains', async () => {
    const t = await bench();
    t.bus.handle('a', () => new Promise((resolve) => t.env.setTimer(() => resolve('ok'), 5)));
    const reply = watched(t.bus.request('a', 1));
    const stopped = t.bus.stop();
    await t.env.advance(5);
    await stopped;
    expect(reply.value).toBe('ok');
  });

  it('fails before the bus has started', async () => {
    const bus = createBus({ env: virtualEnv(), log: quiet }).use(correlation());
    await expect(bus.request('a', 1)).rejects.toMatchObject({ code: 'BUS_NOT_STARTED' });
  });

  it.each([
    ['error', ['waiting', 'waiting', 'BUS_MAILBOX_FULL']],
    ['drop-newest', ['waiting', 'waiting', 'BUS_MAILBOX_FULL']],
    ['drop-oldest', ['waiting', 'BUS_MAILBOX_FULL', 'waiting']],
    ['latest', ['waiting', 'BUS_CANCELLED', 'waiting']],
  ] as const)('fails at once when the mailbox gives it up by %s', async (overflow, states) => {
    await using t = await bench({ plugin: lossyQueues() });
    t.bus.handle('a', never, { concurrency: 1, capacity: 1, overflow });
    const replies = [1, 2, 3].map((i) => watched(t.bus.request('a', i)));
    await t.env.settle();
    expect(replies.map(({ state }) => state)).toEqual(states);
    expect(t.report().pending).toBe(2);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('waits for room with block, and fails where too many do', async () => {
    await using t = await bench();
    const done: (() => void)[] = [];
    const handler = () => new Promise<void>((resolve) => done.push(resolve));
    t.bus.handle('a', handler, { concurrency: 1, capacity: 1, overflow: 'block' });
    const replies = [1, 2, 3, 4].map((i) => watched(t.bus.request('a', i)));
    for (let i = 0; i < 3; i++) {
      await t.env.settle();
      done.shift()?.();
    }
    await t.env.settle();
    expect(replies.map(({ state }) => state)).toEqual([
      'replied',
      'replied',
      'replied',
      'BUS_MAILBOX_FULL',
    ]);
  });

  it.each([
    ['a bad topic', 'a..b', {}, 'BUS_TOPIC_INVALID'],
    ['a bad header', 'a', { headers: { 'bus-x': '1' } }, 'BUS_OPTION_INVALID'],
    ['a bad priority', 'a', { priority: 'urgent' as 'high' }, 'BUS_OPTION_INVALID'],
  ])('is refused with %s', async (_name, topic, options, code) => {
    await using t = await bench();
    t.bus.handle('a', () => 1);
    await expect(t.bus.request(topic, 1, options)).rejects.toMatchObject({ code });
    await expect(t.bus.requestMany(topic, 1, options).next()).rejects.toMatchObject({ code });
    expect(t.report().pending).toBe(0);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it.each(['outbound', 'select', 'dispatch'] as const)(
    'fails at once when a tap in %s keeps it',
    async (hook) => {
      const keeper = definePlugin({
        name: 'keeper',
        setup(host) {
          if (hook === 'outbound') host.hooks.outbound.tap(() => undefined);
          if (hook === 'select') host.hooks.select.tap(() => []);
          if (hook === 'dispatch')
            host.hooks.dispatch.tap((next) => (message) => next(message, []));
          return undefined;
        },
      });
      const env = virtualEnv();
      const bus = createBus({ env, log: quiet }).use(correlation(), keeper);
      await bus.start();
      bus.handle('a', () => 1);
      bus.handle('a', () => 2);
      const one = watched(bus.request('a', 1));
      const many = watched(bus.requestMany('a', 1).next());
      await env.settle();
      expect([one.state, many.state]).not.toContain('waiting');
      expect([one.state, many.state]).not.toContain('replied');
      expect(unaccounted(bus)).toBe(0);
      await bus.stop();
    },
  );
});
