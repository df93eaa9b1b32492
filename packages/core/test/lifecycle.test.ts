import { describe, expect, test } from 'vitest';
import type { AnyPlugin } from '../src/index.ts';
import { ignore, plugin, testBench } from './support/bench.ts';
import { gate, refusal, settlesNow, thrown } from './support/promises.ts';

interface Steps {
  readonly start?: (signal: AbortSignal) => void | Promise<void>;
  readonly stop?: (signal: AbortSignal) => void | Promise<void>;
}

/** A plugin that writes down when it starts and stops. */
function stepping(name: string, log: string[], { start, stop }: Steps = {}): AnyPlugin {
  return plugin(name, ({ hooks }) => {
    hooks.start.tap((signal) => {
      log.push(`start ${name}`);
      return start?.(signal);
    });
    hooks.stop.tap((signal) => {
      log.push(`stop ${name}`);
      return stop?.(signal);
    });
  });
}

const fails = (): never => {
  throw new Error('boom');
};

/** Starts never, and says why when it is given up. */
function rejectedAt(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('nobody listens there')));
  });
}

describe('start and stop', () => {
  test('plugins start in order, one after the other, and stop in reverse', async () => {
    const log: string[] = [];
    const slow = { start: async () => void log.push('a is up') };
    const plugins = [stepping('a', log, slow), stepping('b', log)];
    const { bus } = await testBench({ plugins });
    expect(bus.state).toBe('running');
    await bus.stop();
    expect(bus.state).toBe('stopped');
    expect(log).toEqual(['start a', 'a is up', 'start b', 'stop b', 'stop a']);
  });

  test('a plugin that fails to start stops those before it, in reverse', async () => {
    const log: string[] = [];
    const { bus, env } = await testBench({
      start: false,
      plugins: [
        stepping('a', log),
        stepping('b', log),
        stepping('c', log, { start: fails }),
        stepping('d', log),
      ],
    });
    const error = await refusal(bus.start());
    expect(error).toMatchObject({ code: 'BUS_PLUGIN_START_FAILED', details: { plugin: 'c' } });
    expect(error.cause).toMatchObject({ message: 'boom' });
    expect(log).toEqual(['start a', 'start b', 'start c', 'stop b', 'stop a']);
    expect(bus.state).toBe('stopped');
    await bus.stop();
    expect(env.pending).toBe(0);
  });

  test.each([null, undefined, 'text', Object.create(null)])('even with %o', async (fault) => {
    const broken = stepping('a', [], { start: () => Promise.reject(fault) });
    const { bus } = await testBench({ start: false, plugins: [broken] });
    expect((await refusal(bus.start())).code).toBe('BUS_PLUGIN_START_FAILED');
  });

  test('a plugin that hangs is given up, and its signal says so', async () => {
    const log: string[] = [];
    let aborted: unknown;
    const hangs = (signal: AbortSignal): Promise<void> => {
      signal.addEventListener('abort', () => {
        aborted = signal.reason;
      });
      return gate<void>().promise;
    };
    const { bus, env } = await testBench({
      start: false,
      startTimeoutMs: 50,
      plugins: [stepping('a', log), stepping('b', log, { start: hangs })],
    });
    const starting = refusal(bus.start());
    await env.advance(49);
    expect(bus.state).toBe('starting');
    await env.advance(1);
    const error = await starting;
    expect(error.code).toBe('BUS_PLUGIN_START_TIMEOUT');
    expect(error.details).toEqual({ plugin: 'b', timeoutMs: 50 });
    expect(aborted).toBe(error);
    expect(log).toEqual(['start a', 'start b', 'stop a']);
    expect(env.pending).toBe(0);
  });

  test.each([
    ['at once', (signal: AbortSignal) => rejectedAt(signal)],
    ['a little later', async (signal: AbortSignal) => rejectedAt(signal)],
  ])(
    'one that says why it has not started when its time is over, %s, is heard',
    async (_, start) => {
      const { bus, env } = await testBench({
        start: false,
        startTimeoutMs: 50,
        plugins: [stepping('a', [], { start })],
      });
      const starting = refusal(bus.start());
      await env.advance(50);
      expect(await starting).toMatchObject({
        code: 'BUS_PLUGIN_START_TIMEOUT',
        message: "plugin 'a' did not start within 50 ms: nobody listens there",
        details: { plugin: 'a', timeoutMs: 50 },
        cause: { message: 'nobody listens there' },
      });
    },
  );

  test('failures to stop are gathered, and everything is stopped', async () => {
    const log: string[] = [];
    const { bus } = await testBench({
      plugins: [
        stepping('a', log, { stop: fails }),
        stepping('b', log),
        stepping('c', log, { stop: () => Promise.reject(new Error('late')) }),
      ],
    });
    const error = await refusal(bus.stop());
    expect(error).toMatchObject({
      code: 'BUS_PLUGIN_STOP_FAILED',
      details: { plugins: ['c', 'a'] },
    });
    expect((error.cause as AggregateError).errors).toHaveLength(2);
    expect(log.filter((line) => line.startsWith('stop'))).toEqual(['stop c', 'stop b', 'stop a']);
    expect(bus.state).toBe('stopped');
  });

  test('a plugin that hangs in stop is left behind', async () => {
    const { bus, env } = await testBench({
      startTimeoutMs: 50,
      plugins: [stepping('a', [], { stop: () => gate<void>().promise })],
    });
    const stopping = refusal(bus.stop());
    await env.advance(50);
    expect((await stopping).details).toEqual({ plugins: ['a'] });
    expect(env.pending).toBe(0);
  });

  test('stop may be called again, and means the same stop', async () => {
    const log: string[] = [];
    const { bus } = await testBench({ plugins: [stepping('a', log)] });
    await Promise.all([bus.stop(), bus.stop(), bus.stop({ drainMs: 0 })]);
    await bus.stop();
    expect(log).toEqual(['start a', 'stop a']);
  });

  test('stop before start ends the bus, and nothing was started', async () => {
    const log: string[] = [];
    const { bus } = await testBench({ start: false, plugins: [stepping('a', log)] });
    await bus.stop();
    expect(bus.state).toBe('stopped');
    expect((await refusal(bus.start())).code).toBe('BUS_CLOSED');
    expect(log).toEqual([]);
  });

  test('stop while starting waits for the start', async () => {
    const log: string[] = [];
    const slow = gate<void>();
    const { bus } = await testBench({
      start: false,
      plugins: [stepping('a', log, { start: () => slow.promise })],
    });
    const starting = bus.start();
    const stopping = bus.stop();
    expect(await settlesNow(stopping)).toBe(false);
    slow.open();
    await starting;
    await stopping;
    expect(log).toEqual(['start a', 'stop a']);
  });

  test('stop ends a start that waits, and what had started is stopped', async () => {
    const log: string[] = [];
    const waits = (signal: AbortSignal): Promise<void> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('called off')));
      });
    const { bus, env } = await testBench({
      start: false,
      plugins: [stepping('a', log), stepping('b', log, { start: waits }), stepping('c', log)],
    });
    const starting = refusal(bus.start());
    await env.advance(1);
    await bus.stop();
    expect((await starting).code).toBe('BUS_CLOSED');
    expect(bus.state).toBe('stopped');
    expect(log).toEqual(['start a', 'start b', 'stop a']);
    expect(env.pending).toBe(0);
  });

  test('start twice is refused and harms nothing', async () => {
    const { bus } = await testBench();
    expect((await refusal(bus.start())).code).toBe('BUS_ALREADY_STARTED');
    expect(bus.state).toBe('running');
  });

  test('await using stops the bus', async () => {
    const log: string[] = [];
    {
      const { bus } = await testBench({ plugins: [stepping('a', log)] });
      await using running = bus;
      expect(running.state).toBe('running');
    }
    expect(log).toEqual(['start a', 'stop a']);
  });
});

describe('out of its time', () => {
  test('a send before start is refused, and a handler may be added already', async () => {
    const { bus, publish, codes } = await testBench({ start: false });
    let handled = 0;
    bus.handle('a', () => void handled++);
    for (const send of [() => bus.notify('a', 1), () => publish('a')]) {
      expect((await refusal(send())).code).toBe('BUS_NOT_STARTED');
    }
    expect(codes).toEqual(['BUS_NOT_STARTED', 'BUS_NOT_STARTED']);
    await bus.start();
    await bus.notify('a', 1);
    expect(handled).toBe(1);
    expect(bus.inspect().outcomes.ended).toMatchObject({ rejected: 2, handled: 1 });
  });

  test('a send or a handler after stop is refused', async () => {
    const { bus, publish, host, env } = await testBench();
    const send = host.channel('event', 'a');
    await bus.stop();
    for (const act of [() => bus.notify('a', 1), () => publish('a'), () => send(1)]) {
      const error = await refusal(act());
      expect(error).toMatchObject({
        code: 'BUS_CLOSED',
        details: { state: 'stopped', topic: 'a' },
      });
    }
    expect((await refusal(host.receive('event', 'a', 1, {}))).code).toBe('BUS_CLOSED');
    expect(thrown(() => bus.handle('a', ignore)).code).toBe('BUS_CLOSED');
    await env.advance(10);
    expect(env.pending).toBe(0);
  });

  test('a handler stopped after the bus is no fault', async () => {
    const { bus } = await testBench();
    const subscription = bus.handle('a', ignore);
    await bus.stop();
    expect(subscription.active).toBe(false);
    subscription.stop();
    await subscription[Symbol.asyncDispose]();
  });
});
