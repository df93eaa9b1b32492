import { describe, expect, test } from 'vitest';
import type { BusMessage, EndpointDefinition, Message, Origin, Plugin } from '../src/index.ts';
import { busError, capability, createBus, definePlugin } from '../src/index.ts';
import { imbalance, plugin, testBench } from './support/bench.ts';
import { gate } from './support/promises.ts';

const far: Origin = { peer: 'far', principal: undefined };

function remote(
  pattern: string,
  handler: EndpointDefinition['handler'],
  options: Partial<EndpointDefinition> = {},
): EndpointDefinition {
  return { pattern, kinds: ['event', 'notification', 'request'], handler, origin: far, ...options };
}

describe('an endpoint at the far end of a link', () => {
  test('counts what it takes as forwarded, on the short way too', async () => {
    const { bus, host, publish } = await testBench();
    const taken: unknown[] = [];
    host.addEndpoint(remote('a', ({ payload }) => void taken.push(payload)));
    for (let i = 0; i < 3; i++) expect(await publish('a', i)).toBe(1);
    expect(taken).toEqual([0, 1, 2]);
    expect(bus.inspect().outcomes.ended).toMatchObject({ forwarded: 3, handled: 0 });
  });

  test('goes on while a handler here holds every permit of limits.inFlight', async () => {
    const { host, publish, subscribe, env } = await testBench({ limits: { inFlight: 1 } });
    const held = gate();
    subscribe('hang', () => held.promise);
    subscribe('wait', async () => undefined);
    await publish('hang');
    // Learns that the second is asynchronous, so that it is held back.
    void publish('wait');
    void publish('wait');
    const taken: unknown[] = [];
    host.addEndpoint(
      remote(
        'a',
        async ({ payload }) => {
          taken.push(payload);
          await undefined;
        },
        { concurrency: 1 },
      ),
    );
    for (let i = 0; i < 4; i++) void publish('a', i);
    for (let i = 0; i < 5; i++) await env.settle();
    expect(taken).toEqual([0, 1, 2, 3]);
    held.open();
  });

  test('tells a sender of all that it stands for, at once and after a wait', async () => {
    const { host, publish } = await testBench();
    const endpoint = host.addEndpoint(remote('a', () => undefined, { members: 3, capacity: 1 }));
    expect(await publish('a')).toBe(3);
    endpoint.pause();
    expect(await publish('a')).toBe(3);
    const blocked = publish('a');
    endpoint.resume();
    expect(await blocked).toBe(3);
  });

  test('refuses a message by a coded error, which its sender is told, and others get it', async () => {
    const { bus, host, publish, errors, subscribe } = await testBench();
    const got: unknown[] = [];
    subscribe('a', ({ payload }) => {
      got.push(payload);
    });
    const text = 'too large for the peer';
    const refusal = busError('BUS_PAYLOAD_TOO_LARGE', text, { topic: 'a', bytes: 2, limit: 1 });
    host.addEndpoint(
      remote('a', () => {
        throw refusal;
      }),
    );
    await expect(publish('a', 1)).rejects.toBe(refusal);
    expect(errors).toEqual([refusal]);
    expect(got).toEqual([1]);
    expect(bus.inspect().outcomes.ended).toMatchObject({ rejected: 1, failed: 0, handled: 1 });
  });

  test('keeps a message in its own way where it has to wait, or refuses it', async () => {
    const { bus, host, publish, errors } = await testBench();
    const taken: unknown[] = [];
    const endpoint = host.addEndpoint(
      remote('a', ({ payload }) => taken.push(payload), {
        keep: (message) => {
          if (message.payload === 'odd') throw new Error('cannot be kept');
          return (message as BusMessage).with({ payload: `kept ${message.payload}` });
        },
      }),
    );
    await publish('a', 1);
    endpoint.pause();
    await publish('a', 2);
    await expect(publish('a', 'odd')).rejects.toMatchObject({ code: 'BUS_HOOK_FAILED' });
    endpoint.resume();
    expect(taken).toEqual([1, 'kept 2']);
    expect(errors.map(({ code }) => code)).toEqual(['BUS_HOOK_FAILED']);
    expect(imbalance(bus)).toBe(0);
    expect(bus.inspect().outcomes.ended).toMatchObject({ forwarded: 2, rejected: 1 });
  });

  test('keeps also what a dispatch tap passes on later, or refuses it', async () => {
    const slow = plugin('slow', ({ hooks }) => {
      hooks.dispatch.tap((next) => async (message, targets) => {
        await undefined;
        return next(message, targets);
      });
    });
    const { bus, host, publish, codes, env } = await testBench({ plugins: [slow] });
    const taken: unknown[] = [];
    let isOdd = false;
    const endpoint = host.addEndpoint(
      remote('a', ({ payload }) => taken.push(payload), {
        keep: (message) => {
          if (isOdd) throw new Error('cannot be kept');
          return (message as BusMessage).with({ payload: [message.payload].flat() });
        },
      }),
    );
    endpoint.pause();
    const first = publish('a', 1);
    await env.settle();
    const second = publish('a', 2).catch(({ code }) => code);
    isOdd = true;
    await env.settle();
    endpoint.resume();
    await Promise.all([first, second]);
    expect(taken).toEqual([[1]]);
    expect(codes).toContain('BUS_HOOK_FAILED');
    expect([bus.inspect().outcomes.inFlight, imbalance(bus)]).toEqual([0, 0]);
  });

  test('takes none of the slots that handlers of this bus share', async () => {
    const { host, publish, subscribe } = await testBench({ limits: { inFlight: 1 } });
    const reply = gate();
    host.addEndpoint(remote('far', () => reply.promise, { concurrency: 10 }));
    let handled = 0;
    subscribe('near', () => void handled++);
    await publish('far');
    await publish('far');
    await publish('near');
    expect(handled).toBe(1);
    reply.open();
  });

  test('may return a thenable that calls back at once: its message ends in the same turn', async () => {
    const { bus, host, publish } = await testBench();
    let settle: ((value: unknown) => void) | undefined;
    const then = (fulfilled: (value: unknown) => void): void => {
      settle = fulfilled;
    };
    const reply = Object.defineProperty({}, 'then', { value: then });
    host.addEndpoint(remote('a', () => reply));
    await publish('a');
    expect(bus.inspect().outcomes.inFlight).toBe(1);
    settle?.('reply');
    settle?.('again');
    expect(bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { forwarded: 1 } });
  });

  test('that is withdrawn ends what waits in the way its link says', async () => {
    const { bus, host, publish } = await testBench();
    const endpoint = host.addEndpoint(remote('a', () => undefined));
    endpoint.pause();
    await publish('a');
    const error = busError('BUS_CANCELLED', 'the peer is gone', { topic: 'a' });
    endpoint.withdraw({ reason: 'peer-gone', error });
    endpoint.withdraw({ reason: 'twice', error });
    expect(bus.inspect().outcomes.ended.dropped).toEqual({ 'peer-gone': 1 });
    expect(bus.endpoints('a')).toEqual([]);
  });

  test('tells observers when what its link says of it has changed', async () => {
    const changes: string[] = [];
    const watch = plugin('watch', ({ hooks }) =>
      hooks.endpoint.tap(({ type, endpoint }) => {
        changes.push(`${type} ${String(endpoint.pattern)}`);
        return undefined;
      }),
    );
    const { host } = await testBench({ plugins: [watch] });
    const endpoint = host.addEndpoint(remote('a', () => undefined));
    endpoint.changed();
    endpoint.stop();
    endpoint.changed();
    expect(changes).toEqual(['added a', 'changed a', 'removed a']);
  });
});

describe('a message whose sender has chosen the targets', () => {
  test('goes to those and to no other', async () => {
    const { host, subscribe } = await testBench();
    const seen: string[] = [];
    const chosen = subscribe('a', () => void seen.push('chosen'));
    subscribe('a', () => void seen.push('other'));
    expect(host.receive('event', 'a', 1, {}, { targets: [chosen] })).toBe(1);
    expect(seen).toEqual(['chosen']);
  });

  test('is unroutable where none is left', async () => {
    const { bus, host } = await testBench();
    expect(host.receive('event', 'a', 1, {}, { targets: [] })).toBe(0);
    expect(bus.inspect().outcomes.ended).toMatchObject({ unroutable: 1 });
  });

  test('goes to one of a group, in turn, and to one of those that take a request', async () => {
    const { host } = await testBench();
    const seen: string[] = [];
    const member = (name: string, group?: string) =>
      host.addEndpoint({
        pattern: 'a',
        kinds: ['event', 'request'],
        handler: () => void seen.push(name),
        group,
      });
    const targets = [member('one', 'g'), member('two', 'g')];
    for (let i = 0; i < 4; i++) host.receive('event', 'a', i, {}, { targets });
    expect(seen.sort()).toEqual(['one', 'one', 'two', 'two']);
    const answering = [member('three'), member('four')];
    const completion = { settled: () => undefined };
    host.receive('request', 'a', 1, {}, { targets: answering, completion });
    expect(seen).toHaveLength(5);
    host.receive('request', 'a', 1, {}, { targets: answering, completion, scatter: true });
    expect(seen).toHaveLength(7);
  });

  test('still passes select, and inbound, which may send it elsewhere', async () => {
    const seen: string[] = [];
    const taps = plugin('taps', ({ hooks }) => {
      hooks.inbound.tap((message) =>
        message.topic === 'old' ? message.with({ topic: 'new' }) : message,
      );
      hooks.select.tap((targets) => targets.filter(({ name }) => name !== 'sick'));
    });
    const { host, subscribe } = await testBench({ plugins: [taps] });
    const sick = subscribe('a', () => void seen.push('sick'), { name: 'sick' });
    const well = subscribe('a', () => void seen.push('well'), { name: 'well' });
    subscribe('new', () => void seen.push('new'));
    const old = subscribe('old', () => void seen.push('old'));
    host.receive('event', 'a', 1, {}, { targets: [sick, well] });
    host.receive('event', 'old', 1, {}, { targets: [old] });
    expect(seen).toEqual(['well', 'new']);
  });

  test('answers with a promise only where it has to wait for room', async () => {
    const { host, subscribe } = await testBench();
    const first = gate();
    const slow = subscribe('a', () => first.promise, { capacity: 1, overflow: 'block' });
    const send = () => host.receive('event', 'a', 1, {}, { targets: [slow] });
    expect([send(), send()]).toEqual([1, 1]);
    const third = send();
    expect(third).toBeInstanceOf(Promise);
    first.open();
    expect(await third).toBe(1);
  });
});

describe('traits made once', () => {
  test('serve many messages, each with its own sequence and time', async () => {
    const { host, subscribe } = await testBench();
    const seen: Message[] = [];
    const endpoint = subscribe('a', (message) => void seen.push(message));
    const traits = host.traits('event', { source: 'far', idPrefix: 'far-', hops: 2, origin: far });
    for (const sequence of [35, 36]) {
      const stamp = { now: 0, wall: 1000 + sequence };
      host.receive('event', 'a', sequence, traits, { targets: [endpoint], sequence, stamp });
    }
    expect(seen.map(({ id, source, hops, time }) => [id, source, hops, time])).toEqual([
      ['far-z', 'far', 2, 1035],
      ['far-10', 'far', 2, 1036],
    ]);
  });
});

describe('a stopping bus', () => {
  test('lets its links ask their peers for no more before it refuses messages', async () => {
    const log: string[] = [];
    const link = plugin('link', (host) => {
      host.hooks.leave.tap(async () => {
        await Promise.resolve();
        log.push(`leave: ${await host.receive('event', 'a', 1, {})}`);
      });
      host.hooks.stop.tap(async () => {
        const refused = Promise.resolve(host.receive('event', 'a', 2, {}));
        log.push(`stop: ${await refused.catch(({ code }: { code: string }) => code)}`);
      });
    });
    const { bus, subscribe } = await testBench({ plugins: [link] });
    subscribe('a', ({ payload }) => void log.push(`handled ${payload}`));
    await bus.stop();
    expect(log).toEqual(['handled 1', 'leave: 1', 'stop: BUS_CLOSED']);
  });

  test('goes on where a link cannot say goodbye, and reports it', async () => {
    const link = plugin('link', ({ hooks }) =>
      hooks.leave.tap(() => Promise.reject(new Error('no answer'))),
    );
    const { bus, codes } = await testBench({ plugins: [link] });
    await bus.stop();
    expect(bus.state).toBe('stopped');
    expect(codes).toEqual(['BUS_PLUGIN_STOP_FAILED']);
  });
});

test('a plugin finds a capability that may be missing', async () => {
  interface Greeting {
    readonly name: 'greeting';
    readonly contract: unknown;
    readonly syntax: unknown;
    readonly routes: unknown;
    readonly api: { greet(): string };
  }
  const Greeting = capability<Greeting>('greeting');
  const found: (string | undefined)[] = [];
  const seeker = (): Plugin =>
    definePlugin({
      name: 'seeker',
      setup(host) {
        host.hooks.start.tap(() => void found.push(host.find(Greeting)?.greet()));
        return undefined;
      },
    });
  const greeter = definePlugin({
    name: 'greeter',
    provides: Greeting,
    setup: () => ({ greet: () => 'hello' }),
  });
  const alone = await createBus().use(seeker()).start();
  const both = await createBus().use(seeker(), greeter).start();
  expect(found).toEqual([undefined, 'hello']);
  await Promise.all([alone.stop(), both.stop()]);
});
