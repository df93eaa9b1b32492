import type { AnyContract, Bus, BusOptions, Measurement, Plugin } from '@bus/core';
import { createBus, definePlugin } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { quiet } from '@bus/test-support';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import type { Alert, EndpointMetrics, Metrics, MetricsOptions } from '../../src/index.ts';
import { metrics } from '../../src/index.ts';

export interface Bench extends AsyncDisposable {
  readonly env: VirtualEnv;
  readonly bus: Bus<AnyContract, PubSub | Metrics>;
  /** What was emitted as `$bus.alert`. */
  readonly alerts: Alert[];
  /** The figures of the endpoints of a pattern, by name if several have it. */
  of(pattern: string, name?: string): EndpointMetrics;
  /** Has a handler at `topic` that takes so long by the virtual clock. */
  handleFor(topic: string, ms: number): void;
}

export interface BenchOptions extends MetricsOptions {
  readonly plugins?: readonly Plugin[];
  readonly busOptions?: BusOptions;
}

/** A started bus with metrics, on a virtual clock. */
export async function bench(options: BenchOptions = {}): Promise<Bench> {
  const { plugins = [], busOptions, ...own } = options;
  const env = virtualEnv();
  const bus = createBus({ id: 'here', env, log: quiet, ...busOptions }).use(
    routerGlob(),
    pubsub(),
    metrics(own),
    ...plugins,
  );
  await bus.start();
  const alerts: Alert[] = [];
  bus.subscribe('$bus.alert', ({ payload }) => void alerts.push(payload as Alert), {
    name: 'alerts',
  });
  return {
    env,
    bus,
    alerts,
    of(pattern, name) {
      const found = bus.metrics
        .snapshot()
        .endpoints.find((one) => one.pattern === pattern && (!name || one.name === name));
      if (found === undefined) throw new Error(`nothing is known of ${pattern}`);
      return found;
    },
    handleFor(topic, ms) {
      bus.handle(topic, () => new Promise<void>((resolve) => void env.setTimer(resolve, ms)));
    },
    async [Symbol.asyncDispose]() {
      const stopped = bus.stop({ drainMs: 0 });
      await env.settle();
      await stopped;
    },
  };
}

/** A bus `stalled` on the clock of another, whose event loop can be held up. */
export async function stallable({ env }: Bench): Promise<Bench & { stall(ms: number): void }> {
  let stalledMs = 0;
  const stalled = { ...env, now: () => env.now() + stalledMs };
  const other = await bench({ busOptions: { env: stalled, id: 'stalled' } });
  return {
    ...other,
    stall(ms) {
      stalledMs += ms;
    },
  };
}

/** A plugin that measures what it is told to. */
export function measuring(read: () => readonly Measurement[]): Plugin {
  return definePlugin({
    name: 'measuring',
    setup({ hooks }) {
      hooks.measure.tap(read);
      return undefined;
    },
  });
}
