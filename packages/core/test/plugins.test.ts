import { describe, expect, test } from 'vitest';
import type { AnyPlugin, Capability } from '../src/index.ts';
import { capability, createBus, definePlugin } from '../src/index.ts';
import { plugin } from './support/bench.ts';
import { quietLogger } from './support/log.ts';
import { refusal, thrown } from './support/promises.ts';

interface Named extends Capability {
  readonly name: string;
  readonly api: object;
}
interface Needs {
  readonly provides?: string;
  readonly requires?: readonly string[];
  readonly after?: readonly string[];
  readonly api?: object;
  readonly setup?: (deps: object) => void;
}

const token = (name: string) => capability<Named>(name);
const open = () =>
  createBus({ log: quietLogger }) as unknown as {
    use(...plugins: readonly AnyPlugin[]): void;
    start(): Promise<unknown>;
    stop(): Promise<void>;
    inspect(): { plugins: object; hooks: Record<string, readonly string[]> };
    readonly state: string;
  };

function needy(
  name: string,
  { provides, requires = [], after = [], api = {}, setup }: Needs,
): AnyPlugin {
  return definePlugin<Named, Named>({
    name,
    ...(provides === undefined ? {} : { provides: token(provides) }),
    requires: requires.map(token),
    after,
    setup(host) {
      setup?.(host.deps as object);
      host.hooks.start.tap(() => undefined);
      return api;
    },
  });
}

async function startOrder(
  ...plugins: readonly AnyPlugin[]
): Promise<readonly string[] | undefined> {
  const bus = open();
  bus.use(...plugins);
  await bus.start();
  const { start } = bus.inspect().hooks;
  await bus.stop();
  return start;
}

describe('the order of plugins', () => {
  test('is the order of installation', async () => {
    expect(await startOrder(needy('a', {}), needy('b', {}), needy('c', {}))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  test('puts what is required before what requires it', async () => {
    const order = await startOrder(
      needy('a', { requires: ['y'] }),
      needy('b', {}),
      needy('c', { provides: 'y', requires: ['z'] }),
      needy('d', { provides: 'z' }),
    );
    expect(order).toEqual(['d', 'c', 'a', 'b']);
  });

  test('heeds after only for what is installed', async () => {
    const late = needy('a', { after: ['y', 'not-installed'] });
    expect(await startOrder(late, needy('b', { provides: 'y' }))).toEqual(['b', 'a']);
  });

  test('gives a plugin the APIs it requires, whatever the order, over several calls of use', async () => {
    let deps: object = {};
    const bus = open();
    bus.use(
      needy('a', {
        requires: ['y'],
        setup: (given) => {
          deps = given;
        },
      }),
    );
    expect(deps).toEqual({});
    bus.use(needy('b', { provides: 'y', api: { answer: 42 } }));
    expect(deps).toEqual({ answer: 42 });
    expect(bus).toMatchObject({ answer: 42 });
    await bus.start();
    await bus.stop();
  });
});

describe('plugins that do not fit together', () => {
  test('a missing capability is named, with who needs it', async () => {
    const bus = open();
    bus.use(needy('a', { requires: ['y'] }));
    const error = await refusal(bus.start());
    expect(error.code).toBe('BUS_CAPABILITY_MISSING');
    expect(error.details).toEqual({ capability: 'y', plugin: 'a' });
  });

  test('a start refused for that may be tried again with what was missing', async () => {
    const bus = open();
    bus.use(needy('a', { requires: ['y'] }));
    await refusal(bus.start());
    bus.use(needy('b', { provides: 'y' }));
    await bus.start();
    expect(bus.state).toBe('running');
    await bus.stop();
  });

  test('one capability from two plugins is a conflict', async () => {
    const bus = open();
    bus.use(needy('a', { provides: 'y' }), needy('b', { provides: 'y' }));
    const error = await refusal(bus.start());
    expect(error.code).toBe('BUS_CAPABILITY_CONFLICT');
    expect(error.details).toEqual({ capability: 'y', plugins: ['a', 'b'] });
  });

  test('the same plugin twice is a conflict, whether it provides something or not', async () => {
    for (const twice of [needy('a', { provides: 'y' }), plugin('a', () => undefined)]) {
      const bus = open();
      bus.use(twice, twice);
      expect((await refusal(bus.start())).code).toBe('BUS_CAPABILITY_CONFLICT');
    }
  });

  test('two installations of one factory are told apart by number', async () => {
    const link = () => needy('link', {});
    expect(await startOrder(link(), link(), link())).toEqual(['link', 'link#2', 'link#3']);
  });

  test('one key from two plugins is a conflict that names both', async () => {
    const bus = open();
    const api = { publish: () => undefined };
    bus.use(needy('a', { provides: 'x', api }), needy('b', { provides: 'y', api }));
    const error = await refusal(bus.start());
    expect(error.code).toBe('BUS_CAPABILITY_CONFLICT');
    expect(error.details).toEqual({ capability: 'publish', plugins: ['a', 'b'] });
  });

  test.each(['inspect', 'start', 'id', 'state', 'constructor', 'toString'])(
    'the kernel\u2019s own %s is not for taking',
    async (key) => {
      const bus = open();
      bus.use(needy('a', { provides: 'x', api: { [key]: () => 'mine' } }));
      const error = await refusal(bus.start());
      expect(error.code).toBe('BUS_CAPABILITY_CONFLICT');
      expect(error.details).toEqual({ capability: key, plugins: ['@bus/core', 'a'] });
      expect(bus.inspect().plugins).toEqual({ a: {} });
    },
  );

  test('a circle is shown as a path', async () => {
    const bus = open();
    bus.use(
      needy('a', { provides: 'x', requires: ['z'] }),
      needy('b', { provides: 'y', requires: ['x'] }),
      needy('c', { provides: 'z', requires: ['y'] }),
    );
    const error = await refusal(bus.start());
    expect(error.code).toBe('BUS_DEPENDENCY_CYCLE');
    expect(error.details).toEqual({ path: ['a', 'c', 'b', 'a'] });
  });

  test('a setup that throws fails use and every start', async () => {
    const cause = new Error('no config');
    const broken = plugin('broken', () => {
      throw cause;
    });
    const bus = open();
    const error = thrown(() => bus.use(broken));
    expect(error).toMatchObject({ code: 'BUS_PLUGIN_START_FAILED', details: { plugin: 'broken' } });
    expect(error.cause).toBe(cause);
    expect((await refusal(bus.start())).code).toBe('BUS_PLUGIN_START_FAILED');
  });

  test('an asynchronous setup is refused where types could not', () => {
    const late = { ...plugin('late', () => undefined), setup: async () => ({ api: 1 }) };
    const error = thrown(() => open().use(late));
    expect(error.code).toBe('BUS_PLUGIN_START_FAILED');
    expect(error.message).toContain('start hook');
  });

  test('a plugin after start is refused', async () => {
    const bus = open();
    await bus.start();
    const error = thrown(() => bus.use(needy('a', {})));
    expect(error).toMatchObject({ code: 'BUS_ALREADY_STARTED', details: { action: 'use' } });
    await bus.stop();
    expect(thrown(() => bus.use(needy('a', {}))).code).toBe('BUS_CLOSED');
  });
});
