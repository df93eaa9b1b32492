import type { AnyBusError, AnyContract, Bus, BusOptions, Host } from '@bus/core';
import { createBus, definePlugin, platformEnv } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import type { GlobRouter } from '@bus/router-glob';
import { routerGlob } from '@bus/router-glob';
import { quiet } from '@bus/test-support';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import type { Reliable, ReliableOptions, ReliableReport } from '../../src/index.ts';
import { reliable } from '../../src/index.ts';

export type ReliableBus = Bus<AnyContract, GlobRouter | PubSub | Reliable>;

export interface Bench extends AsyncDisposable {
  readonly env: VirtualEnv;
  readonly bus: ReliableBus;
  /** What the `error` observers were told. */
  readonly errors: AnyBusError[];
  /** What a plugin can do on this bus. */
  readonly host: Host;
  /** What the plugin says of itself. */
  report(): ReliableReport;
}

/** The option that all of this is about. */
export const reliably = { delivery: 'reliable' } as const;

/** No jitter, so that tests can tell when the next run is: after 100 ms, 200 ms, 400 ms … */
export const steady: ReliableOptions = { backoff: { jitter: 'none' } };

export interface BenchOptions extends BusOptions {
  readonly seed?: number;
  /** With the platform's async context. */
  readonly context?: boolean;
}

/** A started bus on a virtual clock. */
export async function bench(
  options: ReliableOptions = steady,
  { seed = 1, context = false, ...bus }: BenchOptions = {},
): Promise<Bench> {
  const env = virtualEnv({ seed });
  if (context) Object.defineProperty(env, 'context', { value: platformEnv().context });
  const errors: AnyBusError[] = [];
  const hosts: Host[] = [];
  const watch = definePlugin({
    name: 'watch',
    setup(host) {
      hosts.push(host);
      host.hooks.error.tap((error) => void errors.push(error));
      return undefined;
    },
  });
  const started = await createBus({ id: 'here', env, log: quiet, ...bus })
    .use(routerGlob(), pubsub(), reliable(options), watch)
    .start();
  const dispose = async (): Promise<void> => {
    const stopped = started.stop({ drainMs: 0 });
    await env.settle();
    await stopped;
  };
  const [host] = hosts;
  if (host === undefined) throw new Error('the plugin was not set up');
  return {
    env,
    host,
    bus: started,
    errors,
    report: () => reportOf(started),
    [Symbol.asyncDispose]: dispose,
  };
}

export function reportOf(bus: Pick<Bus, 'inspect'>): ReliableReport {
  return bus.inspect().plugins['@bus/reliable'] as ReliableReport;
}
