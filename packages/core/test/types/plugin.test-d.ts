import { expectTypeOf, test } from 'vitest';
import type { Bus, Capability, Message, Plugin, Topic } from '../../src/index.ts';
import { capability, createBus, definePlugin } from '../../src/index.ts';
import type { Shop } from './contract.ts';

/* A third-party plugin, written outside the monorepo, with no `declare module`. */
interface MetricsApi<C> {
  readonly metrics: { count(topic: Topic<C>): number };
}
interface Metrics extends Capability {
  readonly name: 'metrics';
  readonly api: MetricsApi<this['contract']>;
}
const Metrics = capability<Metrics>('metrics');
function metrics(): Plugin<Metrics> {
  const counts = new Map<string, number>();
  return definePlugin({
    name: 'acme-bus-metrics',
    provides: Metrics,
    setup(host) {
      host.hooks.dispatch.tap((next) => (message, targets) => {
        counts.set(message.topic, (counts.get(message.topic) ?? 0) + 1);
        return next(message, targets);
      });
      return { metrics: { count: (topic) => counts.get(topic) ?? 0 } };
    },
  });
}

interface AlarmApi {
  readonly alarm: { ring(): void };
}
interface Alarm extends Capability {
  readonly name: 'alarm';
  readonly api: AlarmApi;
}
declare const alarm: () => Plugin<Alarm, Metrics>;

test('what a plugin adds appears, typed from the contract', () => {
  const bus = createBus<Shop>().use(metrics());
  expectTypeOf(bus.metrics.count('stock.low')).toEqualTypeOf<number>();
  // @ts-expect-error topics come from the contract in third-party plugins too
  bus.metrics.count('stock.lo');
  expectTypeOf(bus).toExtend<Bus<Shop, Metrics>>();
});

test('a plugin that only taps hooks provides nothing and changes no type', () => {
  const quiet = definePlugin({
    name: 'acme-bus-redact',
    setup(host) {
      host.hooks.outbound.tap((message) => message.with({ headers: {} }), { order: 'last' });
      host.hooks.error.tap((error) => {
        if (error.code === 'BUS_PLUGIN_START_TIMEOUT') {
          expectTypeOf(error.details.timeoutMs).toEqualTypeOf<number>();
        }
        // @ts-expect-error details belong to a code: narrow first
        error.details.timeoutMs;
        return undefined;
      });
      return undefined;
    },
  });
  expectTypeOf(quiet).toEqualTypeOf<Plugin>();
  const bus = createBus<Shop>().use(quiet, metrics());
  expectTypeOf(bus.metrics.count).toBeFunction();
});

test('sync hooks refuse async taps, where a promise would be lost', () => {
  definePlugin({
    name: 'acme-bus-async',
    setup({ hooks }) {
      // @ts-expect-error a waterfall is sync
      hooks.outbound.tap(async (message) => message);
      // @ts-expect-error observers are sync
      hooks.error.tap(async () => {});
      // @ts-expect-error first-wins is sync
      hooks.unrouted.tap(async () => 'dead-lettered');
      // @ts-expect-error a waterfall tap returns a message, or undefined to drop it
      hooks.inbound.tap((message) => message.payload);
      // @ts-expect-error the only orders are first and last
      hooks.inbound.tap((message) => message, { order: 10 });
      // @ts-expect-error only outcome taps are timed
      hooks.error.tap(() => undefined, { timing: 'every' });
      // @ts-expect-error there is no such outcome
      hooks.unrouted.tap(() => 'lost');
      hooks.outcome.tap(() => undefined, { timing: 'every' });
      hooks.select.tap((targets, { message }) =>
        message.kind === 'request' ? targets.slice(0, 1) : targets,
      );
      hooks.start.tap(async (signal) => {
        signal.throwIfAborted();
      });
      return undefined;
    },
  });
});

test('setup is sync and returns the API that was declared', () => {
  definePlugin({
    name: 'acme-bus-wrong',
    provides: Metrics,
    // @ts-expect-error `metrics` is missing
    setup: () => ({}),
  });
  definePlugin({
    name: 'acme-bus-late',
    provides: Metrics,
    // @ts-expect-error setup is synchronous
    setup: async () => ({ metrics: { count: () => 0 } }),
  });
});

test('setup reaches what it requires, and nothing else', () => {
  definePlugin({
    name: 'acme-bus-needs',
    requires: [Metrics],
    setup(host) {
      expectTypeOf(host.deps.metrics.count('anything')).toEqualTypeOf<number>();
      // @ts-expect-error not required, so not there
      host.deps.alarm;
      // @ts-expect-error setup does not get the bus
      host.start();
      // @ts-expect-error system topics begin with $bus.
      host.emit('acme.up', {});
      host.addEndpoint({
        pattern: 'a',
        kinds: ['event'],
        handler: (message) => expectTypeOf(message).toEqualTypeOf<Message>(),
      });
      return undefined;
    },
  });
});

test('dependencies are checked over the whole call of use, in any order, and over earlier calls', () => {
  createBus<Shop>().use(metrics()).use(alarm());
  createBus<Shop>().use(alarm(), metrics());
  // @ts-expect-error needs capability 'metrics'
  createBus<Shop>().use(alarm());
});

test('a capability, and a key of the bus, can be taken only once', () => {
  interface Rogue extends Capability {
    readonly name: 'rogue';
    readonly api: { metrics: string };
  }
  interface Usurper extends Capability {
    readonly name: 'usurper';
    readonly api: { inspect(): void };
  }
  const rogue = {} as Plugin<Rogue>;
  const usurper = {} as Plugin<Usurper>;
  // @ts-expect-error capability 'metrics' is already provided
  createBus<Shop>().use(metrics(), metrics());
  // @ts-expect-error capability 'metrics' is already provided
  createBus<Shop>().use(metrics()).use(metrics());
  // @ts-expect-error 'metrics' is already on the bus
  createBus<Shop>().use(metrics(), rogue);
  // @ts-expect-error 'inspect' is already on the bus
  createBus<Shop>().use(usurper);
});

/* Two plugins: one adds `count`, the other a way to call it with options of its own. */
interface Counter extends Capability {
  readonly name: 'counter';
  readonly api: { count(pattern: string, options?: { readonly from?: number }): number };
}
const Counter = capability<Counter>('counter');
interface Rated extends Capability {
  readonly name: 'rated';
  readonly extends: 'count' | 'handle';
  readonly api: RatedApi<this['contract']>;
}
interface RatedApi<C> {
  count(pattern: string, options: { readonly rate: 'second' | 'minute' }): string;
  handle(pattern: Topic<C>, options: { readonly rate: number }, handler: () => void): boolean;
  readonly rates: { of(topic: Topic<C>): number };
}
const Rated = capability<Rated>('rated');
const counter = {} as Plugin<Counter>;
const rated = {} as Plugin<Rated, Counter>;

test('a capability that extends adds overloads, only where it is installed', () => {
  const both = createBus<Shop>().use(counter, rated);
  expectTypeOf(both.count('a', { from: 1 })).toEqualTypeOf<number>();
  expectTypeOf(both.count('a', { rate: 'second' })).toEqualTypeOf<string>();
  expectTypeOf(both.handle('stock.low', { rate: 5 }, () => {})).toEqualTypeOf<boolean>();
  expectTypeOf(both.handle('stock.low', () => {}).active).toEqualTypeOf<boolean>();
  expectTypeOf(both.rates.of('stock.low')).toEqualTypeOf<number>();
  // @ts-expect-error topics of an overload come from the contract too
  both.handle('stock.lo', { rate: 5 }, () => {});
  // @ts-expect-error there is no such rate
  both.count('a', { rate: 'hour' });
  const without = createBus<Shop>().use(counter);
  expectTypeOf(without.count('a')).toEqualTypeOf<number>();
  // @ts-expect-error the plugin whose option it is is not installed
  without.count('a', { rate: 'second' });
  // @ts-expect-error nor is there its overload of a method of the kernel
  without.handle('stock.low', { rate: 5 }, () => {});
  // @ts-expect-error the plugin that it extends is missing
  createBus<Shop>().use(rated);
});

test('setup returns what a capability adds, and not what it extends', () => {
  definePlugin({
    name: 'acme-bus-rated',
    provides: Rated,
    requires: [Counter],
    setup: () => ({ rates: { of: () => 1 } }),
  });
  definePlugin({
    name: 'acme-bus-rated-wrong',
    provides: Rated,
    // @ts-expect-error `rates` is its own
    setup: () => ({}),
  });
});

test('a member that a capability does not say it extends is still taken only once', () => {
  interface Copy extends Capability {
    readonly name: 'copy';
    readonly api: { count(pattern: string): number };
  }
  interface Half extends Capability {
    readonly name: 'half';
    readonly extends: 'handle';
    readonly api: { count(pattern: string): number; handle(): void };
  }
  const copy = {} as Plugin<Copy>;
  const half = {} as Plugin<Half>;
  // @ts-expect-error 'count' is already on the bus
  createBus<Shop>().use(counter, copy);
  // @ts-expect-error 'count' is already on the bus
  createBus<Shop>().use(counter, rated, copy);
  // @ts-expect-error 'count' is already on the bus: it extends `handle` only
  createBus<Shop>().use(counter, half);
  createBus<Shop>().use(half);
});

test('code that needs a capability asks for it, not for the whole bus', () => {
  const audit = (bus: Bus<Shop, Metrics>): number => bus.metrics.count('stock.low');
  const some = createBus<Shop>().use(metrics());
  const more = some.use(alarm());
  audit(some);
  audit(more);
  // @ts-expect-error the plugin is not installed
  audit(createBus<Shop>());
});
