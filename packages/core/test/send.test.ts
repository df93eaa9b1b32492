import { describe, expect, test } from 'vitest';
import type { AnyPlugin, HookPoints, Send, SendOptions } from '../src/index.ts';
import { busError } from '../src/index.ts';
import { ignore, imbalance, plugin, testBench, told } from './support/bench.ts';
import { recordingLogger } from './support/log.ts';
import { refusal, unhandledDuring } from './support/promises.ts';

/** Options that a plugin knows and types do not, in these tests. */
const options = (given: Readonly<Record<string, unknown>>): SendOptions => given;

function sendTap(name: string, layer: (next: Send) => Send): AnyPlugin {
  return plugin(name, ({ hooks }) => hooks.send.tap(layer));
}

/** Takes the option `name` out and writes it down. */
function takes(name: string, into: string[]): AnyPlugin {
  return sendTap(`takes-${name}`, (next) => (kind, topic, payload, given, extras) => {
    if (given === undefined || !(name in given)) return next(kind, topic, payload, given, extras);
    const { [name]: own, ...others } = given as Record<string, unknown>;
    into.push(`${name} ${String(own)}`);
    return next(kind, topic, payload, others, extras);
  });
}

describe('the send hook', () => {
  test('is passed by sends that have options or extras, and by no others', async () => {
    const seen: string[] = [];
    const watch = sendTap('watch', (next) => (kind, topic, payload, given, extras) => {
      seen.push(`${kind} ${payload}`);
      return next(kind, topic, payload, given, extras);
    });
    const { bus, host, publish, request } = await testBench({ plugins: [watch] });
    bus.handle('a', ignore);
    await publish('a', 1);
    await publish('a', 2, { key: 'k' });
    await bus.notify('a', 3);
    await bus.notify('a', 4, {});
    await request('a', 5);
    await request('a', 6, undefined, { completion: told() });
    await host.channel('notification', 'a')(7);
    await host.channel('notification', 'a', { key: 'k' })(8);
    expect(seen).toEqual(['event 2', 'notification 4', 'request 6', 'notification 8']);
  });

  test('has its first tap outermost; each takes its own option out', async () => {
    const seen: string[] = [];
    const { publish, subscribe, bus } = await testBench({
      plugins: [takes('a', seen), takes('b', seen)],
    });
    subscribe('t', ({ key }) => void seen.push(`key ${key}`));
    expect(await publish('t', 1, options({ b: 2, a: 1, key: 'k' }))).toBe(1);
    expect(seen).toEqual(['a 1', 'b 2', 'key k']);
    expect(bus.inspect().hooks.send).toEqual(['takes-a', 'takes-b']);
  });

  test('may change what is sent', async () => {
    const elsewhere = sendTap('elsewhere', (next) => (kind, _topic, payload, given, extras) => {
      return next(kind, 'b', `${payload}!`, { ...given, key: 'k' }, extras);
    });
    const { publish, subscribe } = await testBench({ plugins: [elsewhere] });
    const seen: unknown[] = [];
    subscribe('b', ({ payload, key }) => void seen.push(payload, key));
    await publish('a', 'x', {});
    expect(seen).toEqual(['x!', 'k']);
  });

  test('may pass a message on again, later', async () => {
    const twice = sendTap('twice', (next) => async (kind, topic, payload, given, extras) => {
      const first = await next(kind, topic, payload, given, extras);
      return (
        first + (await next(kind, topic, payload, given, { ...extras, fields: { attempt: 2 } }))
      );
    });
    const { bus, publish, subscribe } = await testBench({ plugins: [twice] });
    const attempts: number[] = [];
    subscribe('a', ({ attempt }) => void attempts.push(attempt));
    expect(await publish('a', 1, {})).toBe(2);
    expect(attempts).toEqual([1, 2]);
    expect(bus.inspect().outcomes).toMatchObject({ accepted: 2, ended: { handled: 2 } });
  });

  test('may keep a message to itself: it has not been accepted then', async () => {
    const keeps = sendTap('keeps', () => () => Promise.resolve(7));
    const { bus, publish, subscribe } = await testBench({ plugins: [keeps] });
    subscribe('a', ignore);
    expect(await publish('a', 1, {})).toBe(7);
    expect(bus.inspect().outcomes.accepted).toBe(0);
  });

  test.each([1, 2])(
    'refuses a message that one of %i taps throws at, and says so',
    async (count) => {
      const cause = new Error('no');
      const broken = sendTap('broken', (next) => (kind, topic, payload, given, extras) => {
        if (topic === 'bad') throw cause;
        return next(kind, topic, payload, given, extras);
      });
      const plugins = count === 1 ? [broken] : [takes('a', []), broken];
      const { bus, publish, request, subscribe, codes } = await testBench({ plugins });
      const completion = told();
      subscribe('good', ignore);
      const error = await refusal(publish('bad', 1, {}));
      expect(error).toMatchObject({
        code: 'BUS_HOOK_FAILED',
        details: { hook: 'send', plugin: 'broken' },
      });
      expect(error.cause).toBe(cause);
      expect(await publish('good', 1, {})).toBe(1);
      void request('bad', 1, undefined, { completion });
      expect(completion.outcomes).toEqual(['undefined rejected BUS_HOOK_FAILED']);
      expect(codes).toEqual(['BUS_HOOK_FAILED', 'BUS_HOOK_FAILED']);
      expect(bus.inspect().outcomes.ended).toMatchObject({ rejected: 2, handled: 1 });
      expect(imbalance(bus)).toBe(0);
    },
  );

  test('refuses with a coded error of the tap as it is', async () => {
    const own = busError('BUS_NO_ROUTE', 'not for you', { topic: 'a' });
    const strict = sendTap('strict', () => () => {
      throw own;
    });
    const { publish } = await testBench({ plugins: [strict] });
    expect(await refusal(publish('a', 1, {}))).toBe(own);
  });

  test('may reject later, which ends no process where nobody awaits it', async () => {
    const own = busError('BUS_NO_ROUTE', 'lost', { topic: 'a' });
    const faults = [own, new Error('a mistake')];
    const broken = sendTap('broken', (next) => async (kind, topic, payload, given, extras) => {
      await next(kind, topic, payload, given, extras);
      throw faults.shift();
    });
    const { publish, subscribe, env, errors } = await testBench({
      plugins: [takes('a', []), broken],
    });
    subscribe('a', ignore);
    const unhandled = await unhandledDuring(async () => {
      void publish('a', 1, {});
      void publish('a', 1, {});
      await env.settle();
    });
    expect(unhandled).toEqual([]);
    // A coded error is its plugin's to report.
    expect(errors).toMatchObject([
      { code: 'BUS_HOOK_FAILED', details: { hook: 'send', plugin: 'broken' } },
    ]);
  });

  test('is not tapped once the bus has started', async () => {
    let hooks: HookPoints | undefined;
    const late = plugin('late', (host) => {
      hooks = host.hooks;
    });
    await testBench({ plugins: [late] });
    expect(() => hooks?.send.tap((next) => next)).toThrow('call hooks.send.tap before bus.start()');
  });
});

describe('an option of a send that nobody knows', () => {
  test('is refused by name', async () => {
    const log = recordingLogger();
    const { bus, publish, codes } = await testBench({ log });
    bus.handle('a', ignore);
    for (const sent of [
      bus.notify('a', 1, options({ delivery: 'reliable' })),
      publish('a', 1, options({ delivery: 'reliable' })),
    ]) {
      const error = await refusal(sent);
      expect(error).toMatchObject({ code: 'BUS_OPTION_INVALID', details: { option: 'delivery' } });
      expect(error.message).toContain('install @bus/reliable');
    }
    expect(codes).toEqual(['BUS_OPTION_INVALID', 'BUS_OPTION_INVALID']);
    expect(bus.inspect().outcomes.ended).toMatchObject({ rejected: 2, handled: 0 });
  });

  test('is refused also where its name is one that every object has', async () => {
    const { publish } = await testBench();
    const error = await refusal(publish('a', 1, options({ toString: 'x' })));
    expect(error.details).toMatchObject({ option: 'toString' });
  });

  test('may be undefined', async () => {
    const { bus } = await testBench();
    bus.handle('a', ignore);
    expect(await bus.notify('a', 1, options({ delivery: undefined }))).toBe(1);
  });

  test('is refused when a channel is made, unless a tap may take it then', async () => {
    const { host } = await testBench();
    expect(() => host.channel('event', 'a', options({ own: 1 }))).toThrow("option 'own'");
    const seen: string[] = [];
    const tapped = await testBench({ plugins: [takes('own', seen)] });
    tapped.subscribe('a', ignore);
    expect(await tapped.host.channel('event', 'a', options({ own: 1 }))(0)).toBe(1);
    expect(seen).toEqual(['own 1']);
    const send = tapped.host.channel('event', 'a', options({ other: 1 }));
    expect((await refusal(send(0))).details).toMatchObject({ option: 'other' });
  });
});
