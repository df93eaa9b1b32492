import { describe, expect, test } from 'vitest';
import type { AnyPlugin, HookPoints } from '../src/index.ts';
import { BusError } from '../src/index.ts';
import { ignore, plugin, testBench } from './support/bench.ts';
import { prefixMatcher } from './support/prefix-router.ts';
import { thrown } from './support/promises.ts';

/** A plugin that adds its name to the message's headers on its way out. */
function marks(name: string, order?: 'first' | 'last', after: readonly string[] = []): AnyPlugin {
  return plugin(
    name,
    ({ hooks }) => {
      hooks.outbound.tap(
        (message) => message.with({ headers: { path: `${message.headers.path ?? ''}${name} ` } }),
        order === undefined ? {} : { order },
      );
    },
    { after },
  );
}

async function pathOf(plugins: readonly AnyPlugin[]): Promise<string> {
  const { bus, publish, subscribe } = await testBench({ plugins });
  let path = '';
  subscribe('a', (message) => {
    path = message.headers.path ?? '';
  });
  await publish('a');
  await bus.stop();
  return path.trim();
}

describe('the order of taps', () => {
  test('taps of a waterfall run in install order', async () => {
    expect(await pathOf([marks('a'), marks('b'), marks('c')])).toBe('a b c');
  });

  test('a tap may ask to be first or last', async () => {
    const plugins = [marks('a', 'last'), marks('b'), marks('c', 'first'), marks('d')];
    expect(await pathOf(plugins)).toBe('c b d a');
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('a waterfall of %i taps runs each once', async (count) => {
    const names = Array.from({ length: count }, (_, index) => `p${index}`);
    expect(await pathOf(names.map((name) => marks(name)))).toBe(names.join(' '));
  });

  test('any tap of a waterfall may end it', async () => {
    for (let at = 0; at < 6; at++) {
      const taps = Array.from({ length: 6 }, (_, index) =>
        plugin(`p${index}`, ({ hooks }) => {
          hooks.outbound.tap((message) => (index === at ? undefined : message));
        }),
      );
      const { bus, publish } = await testBench({ plugins: taps });
      expect(await publish('a')).toBe(0);
      expect(bus.inspect().outcomes.ended.dropped).toEqual({ outbound: 1 });
    }
  });

  test('the first tap of a wrap is the outermost', async () => {
    const seen: string[] = [];
    const wraps = (name: string): AnyPlugin =>
      plugin(name, ({ hooks }) => {
        hooks.dispatch.tap((next) => (message, targets) => {
          seen.push(`${name} in`);
          const count = next(message, targets);
          seen.push(`${name} out`);
          return count;
        });
        hooks.deliver.tap((next) => (message, endpoint) => {
          seen.push(`${name} runs`);
          return next(message, endpoint);
        });
      });
    const { publish, subscribe } = await testBench({ plugins: [wraps('a'), wraps('b')] });
    subscribe('t', ignore);
    await publish('t');
    expect(seen).toEqual(['a in', 'b in', 'a runs', 'b runs', 'b out', 'a out']);
  });

  test('inspect prints every plan, in the order it runs', async () => {
    const taps = (name: string, order: 'first' | 'last'): AnyPlugin =>
      plugin(name, ({ hooks }) => {
        hooks.start.tap(ignore, { order });
        hooks.leave.tap(ignore, { order });
        hooks.stop.tap(ignore, { order });
        hooks.claim.tap(ignore, { order });
        hooks.define.tap((definition) => definition, { order });
        hooks.admit.tap(ignore, { order });
        hooks.fact.tap(ignore, { order });
        hooks.send.tap((next) => next, { order });
        hooks.measure.tap(() => [], { order });
        hooks.endpoint.tap(ignore, { order });
        hooks.outbound.tap((message) => message, { order });
        hooks.inbound.tap((message) => message, { order });
        hooks.select.tap((targets) => targets, { order });
        hooks.dispatch.tap((next) => next, { order });
        hooks.deliver.tap((next) => next, { order });
        hooks.unrouted.tap(ignore, { order });
        hooks.outcome.tap(ignore, { order });
        hooks.error.tap(ignore, { order });
        hooks.inspect.tap(() => ({ name }), { order });
      });
    const { bus } = await testBench({ plugins: [taps('a', 'last'), taps('b', 'first')] });
    const { hooks } = bus.inspect();
    expect(Object.keys(hooks)).toHaveLength(19);
    const { error, ...others } = hooks;
    expect(error).toEqual(['b', 'test-watch', 'a']);
    for (const [hook, plan] of Object.entries(others))
      expect([hook, plan]).toEqual([hook, ['b', 'a']]);
  });
});

describe('sealing', () => {
  test('a tap after start is refused', async () => {
    let hooks: HookPoints | undefined;
    const late = plugin('late', (host) => {
      hooks = host.hooks;
    });
    await testBench({ plugins: [late] });
    const error = thrown(() => hooks?.outbound.tap((message) => message));
    expect(error.code).toBe('BUS_ALREADY_STARTED');
    expect(error.details).toEqual({ action: 'hooks.outbound.tap' });
  });

  test('a tap from inside a start tap is refused too', async () => {
    let code = '';
    const late = plugin('late', ({ hooks }) => {
      hooks.start.tap(() => {
        code = thrown(() => hooks.deliver.tap((next) => next)).code;
      });
    });
    await testBench({ plugins: [late] });
    expect(code).toBe('BUS_ALREADY_STARTED');
  });

  test('a tap after stop is refused as closed', async () => {
    let hooks: HookPoints | undefined;
    const late = plugin('late', (host) => {
      hooks = host.hooks;
    });
    const { bus } = await testBench({ plugins: [late] });
    await bus.stop();
    expect(thrown(() => hooks?.error.tap(ignore)).code).toBe('BUS_CLOSED');
  });
});

describe('hooks that decide', () => {
  test('the first claim that answers gets the pattern', async () => {
    const [one, two] = [prefixMatcher(), prefixMatcher()];
    const claims = (name: string, matcher: typeof one): AnyPlugin =>
      plugin(name, ({ hooks }) => {
        hooks.claim.tap((pattern) => (String(pattern).endsWith('*') ? matcher : undefined));
      });
    const { subscribe } = await testBench({ plugins: [claims('one', one), claims('two', two)] });
    expect(subscribe('a*', ignore).matcher).toBe(one);
    expect(subscribe('a', ignore).matcher).toBeUndefined();
  });

  test('admit refuses an endpoint with its own error, before it routes', async () => {
    const guard = plugin('guard', ({ hooks }) => {
      hooks.admit.tap((endpoint) =>
        endpoint.pattern === 'secret'
          ? new BusError('WIRE_FORBIDDEN', 'no', { pattern: endpoint.pattern })
          : undefined,
      );
    });
    const { bus } = await testBench({ plugins: [guard] });
    expect(thrown(() => bus.handle('secret', ignore)).code).toBe('WIRE_FORBIDDEN');
    expect(bus.endpoints()).toEqual([]);
    expect(bus.handle('open', ignore).active).toBe(true);
  });

  test('unrouted may give a message another outcome', async () => {
    const letters = plugin('letters', ({ hooks }) => {
      hooks.unrouted.tap((message) => (message.topic === 'lost' ? 'dead-lettered' : undefined));
    });
    const { bus, publish } = await testBench({ plugins: [letters] });
    expect(await publish('lost')).toBe(0);
    expect(await publish('other')).toBe(0);
    expect(bus.inspect().outcomes.ended).toMatchObject({ 'dead-lettered': 1, unroutable: 1 });
  });

  test('endpoint observers hear of what comes and goes', async () => {
    const seen: string[] = [];
    const watch = plugin('watch', ({ hooks }) => {
      hooks.endpoint.tap(({ type, endpoint }) => {
        seen.push(`${type} ${endpoint.pattern}`);
        return undefined;
      });
    });
    const { bus } = await testBench({ plugins: [watch] });
    bus.handle('a', ignore).stop();
    bus.handle('b', ignore);
    expect(seen).toEqual(['added a', 'removed a', 'added b']);
  });
});
