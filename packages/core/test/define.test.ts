import { describe, expect, test } from 'vitest';
import type { AnyPlugin, EndpointDefinition, HandleOptions, Message } from '../src/index.ts';
import { busError } from '../src/index.ts';
import { ignore, plugin, testBench } from './support/bench.ts';
import { thrown } from './support/promises.ts';

/** Options that a plugin knows and types do not, in these tests. */
const options = (given: Readonly<Record<string, unknown>>): HandleOptions => given;

/** A plugin that takes option `name`, and whose handlers write down that it was there. */
function takes(name: string, into: string[]): AnyPlugin {
  return plugin(`takes-${name}`, ({ hooks }) => {
    hooks.define.tap((definition) => {
      const { [name]: own, ...asked } = definition.asked ?? {};
      if (own === undefined) return definition;
      const { handler } = definition;
      return {
        ...definition,
        asked,
        handler: (message: Message) => {
          into.push(`${name} ${String(own)}`);
          return handler(message);
        },
      };
    });
  });
}

describe('the define hook', () => {
  test('gives each plugin its option, in plugin order, and lets it wrap the handler', async () => {
    const seen: string[] = [];
    const plugins = [takes('a', seen), takes('b', seen)];
    const { bus } = await testBench({ plugins });
    bus.handle('t', () => void seen.push('handler'), options({ a: 1, b: 2 }));
    await bus.notify('t', 0);
    expect(seen).toEqual(['b 2', 'a 1', 'handler']);
  });

  test('is asked of endpoints of plugins too, with what they leave in `asked`', async () => {
    const seen: string[] = [];
    const { publish, subscribe } = await testBench({ plugins: [takes('a', seen)] });
    subscribe('t', ignore, { asked: { a: 5 } });
    await publish('t');
    expect(seen).toEqual(['a 5']);
  });

  test('hands on what the kernel knows as it is, and it holds', async () => {
    const asked: EndpointDefinition[] = [];
    const watch = plugin('watch', ({ hooks }) => {
      hooks.define.tap((definition) => {
        asked.push(definition);
        return { ...definition, name: 'renamed', asked: {} };
      });
    });
    const { bus } = await testBench({ plugins: [watch] });
    bus.handle('t', ignore, { name: 'mine', priority: 3, ...options({ own: true }) });
    expect(asked).toMatchObject([{ name: 'mine', priority: 3, asked: { own: true } }]);
    expect(bus.endpoints()).toMatchObject([{ name: 'renamed', priority: 3 }]);
  });

  test('keeps a definition nobody has anything to add to', async () => {
    const definition: EndpointDefinition = { pattern: 't', kinds: ['event'], handler: ignore };
    const last: EndpointDefinition[] = [];
    const watch = plugin('watch', ({ hooks }) => {
      hooks.define.tap((given) => {
        last.push(given);
        return given;
      });
    });
    const { host } = await testBench({ plugins: [takes('a', []), watch] });
    host.addEndpoint(definition);
    expect(last[0]).toBe(definition);
  });

  test('of which a tap returns nothing leaves the definition as it was asked for', async () => {
    const silent = plugin('silent', ({ hooks }) => hooks.define.tap(ignore));
    const { bus } = await testBench({ plugins: [silent] });
    bus.handle('t', ignore, { name: 'mine' });
    expect(bus.endpoints()).toMatchObject([{ name: 'mine' }]);
    expect(thrown(() => bus.handle('t', ignore, options({ a: 1 }))).code).toBe(
      'BUS_OPTION_INVALID',
    );
  });

  test.each([1, 2])('blames the tap that throws, of %i', async (count) => {
    const cause = new Error('no');
    const broken = plugin('broken', ({ hooks }) => {
      hooks.define.tap(() => {
        throw cause;
      });
    });
    const plugins = count === 1 ? [broken] : [takes('a', []), broken];
    const { bus } = await testBench({ plugins });
    const error = thrown(() => bus.handle('t', ignore));
    expect(error).toMatchObject({
      code: 'BUS_HOOK_FAILED',
      details: { hook: 'define', plugin: 'broken' },
    });
    expect(error.cause).toBe(cause);
    expect(bus.endpoints()).toEqual([]);
  });

  test('refuses with a coded error of its own', async () => {
    const strict = plugin('strict', ({ hooks }) => {
      hooks.define.tap(() => {
        throw busError('BUS_OPTION_INVALID', 'no', { option: 'mine', value: 'string' });
      });
    });
    const { bus } = await testBench({ plugins: [strict] });
    expect(thrown(() => bus.handle('t', ignore)).details).toMatchObject({ option: 'mine' });
  });

  test('may give what the kernel refuses, by name', async () => {
    const wrong = plugin('wrong', ({ hooks }) => {
      hooks.define.tap((definition) => ({ ...definition, concurrency: 0 }));
    });
    const { bus } = await testBench({ plugins: [wrong] });
    expect(thrown(() => bus.handle('t', ignore)).details).toMatchObject({ option: 'concurrency' });
  });
});

describe('an option that no plugin takes', () => {
  test('is refused by name, with what to do', async () => {
    const { bus } = await testBench({ plugins: [takes('a', [])] });
    const error = thrown(() => bus.handle('t', ignore, options({ a: 1, b: [2] })));
    expect(error.code).toBe('BUS_OPTION_INVALID');
    expect(error.details).toEqual({ option: 'b', value: '2' });
    expect(error.message).toMatch(/'t' has no option 'b'/);
    expect(bus.endpoints()).toEqual([]);
  });

  test('is refused of a bus without plugins as well', async () => {
    const { bus } = await testBench();
    const error = thrown(() => bus.handle('t', ignore, options({ delivery: 'reliable' })));
    expect(error.details).toEqual({ option: 'delivery', value: "'reliable'" });
  });

  test('may be undefined', async () => {
    const { bus } = await testBench();
    expect(bus.handle('t', ignore, options({ delivery: undefined })).active).toBe(true);
  });
});

describe('the arguments of handle', () => {
  test('may come in either order', async () => {
    const { bus } = await testBench();
    bus.handle('t', ignore, { name: 'last', priority: 1 });
    bus.handle('t', { name: 'first', priority: 2 }, ignore);
    expect(bus.endpoints()).toMatchObject([
      { name: 'last', priority: 1 },
      { name: 'first', priority: 2 },
    ]);
    expect(await bus.notify('t', 1)).toBe(2);
  });

  test('take options in either place through define', async () => {
    const seen: string[] = [];
    const { bus } = await testBench({ plugins: [takes('a', seen)] });
    bus.handle('t', options({ a: 1 }), ignore);
    bus.handle('t', ignore, options({ a: 2 }));
    await bus.notify('t', 0);
    expect(seen.sort()).toEqual(['a 1', 'a 2']);
  });

  test('are refused where there are two handlers, or none', async () => {
    const { bus } = await testBench();
    expect(thrown(() => bus.handle('t', ignore, ignore)).details).toMatchObject({
      option: 'options',
    });
    for (const arguments_ of [[{}], [{}, {}], [undefined, {}], []]) {
      const call = bus.handle.bind(bus, 't') as (...given: unknown[]) => unknown;
      expect(thrown(() => call(...arguments_)).details).toMatchObject({ option: 'handler' });
    }
    expect(bus.endpoints()).toEqual([]);
  });

  test('may leave the options null', async () => {
    const { bus } = await testBench();
    expect(bus.handle('t', ignore, null as never).active).toBe(true);
  });
});
