import type { AnyBusError, AnyContract, Bus, BusError, BusOptions, Plugin } from '@bus/core';
import { createBus, definePlugin, platformEnv } from '@bus/core';
import { quiet } from '@bus/test-support';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import type { Correlation, CorrelationOptions, CorrelationReport } from '../../src/index.ts';
import { correlation } from '../../src/index.ts';

export interface Bench extends AsyncDisposable {
  readonly env: VirtualEnv;
  readonly bus: Bus<AnyContract, Correlation>;
  /** What the `error` observers were told. */
  readonly errors: AnyBusError[];
  /** What the plugin says of itself. */
  report(): CorrelationReport;
}

/** A started bus on a virtual clock. */
export async function bench(
  options: CorrelationOptions & {
    readonly bus?: BusOptions;
    readonly context?: boolean;
    readonly plugin?: Plugin;
  } = {},
): Promise<Bench> {
  const env = virtualEnv();
  if (options.context) Object.defineProperty(env, 'context', { value: platformEnv().context });
  const errors: AnyBusError[] = [];
  const watch = definePlugin({
    name: 'watch',
    setup(host) {
      host.hooks.error.tap((error) => void errors.push(error));
      return undefined;
    },
  });
  const bus = createBus({ id: 'here', env, log: quiet, ...options.bus });
  const { plugin = definePlugin({ name: 'none', setup: () => undefined }) } = options;
  const { timeoutMs, balance } = options;
  const started = await bus.use(correlation({ timeoutMs, balance }), watch, plugin).start();
  const dispose = async (): Promise<void> => {
    const stopped = started.stop({ drainMs: 0 });
    await env.settle();
    await stopped;
  };
  const report = () => started.inspect().plugins['@bus/correlation'] as CorrelationReport;
  return { env, bus: started, errors, report, [Symbol.asyncDispose]: dispose };
}

export interface Watched {
  /** `waiting`, or how it settled. */
  state: string;
  times: number;
  value: unknown;
  error: BusError | undefined;
}

/** Watches how a promise settles, without waiting for it. */
export function watched(promise: Promise<unknown>): Watched {
  const seen: Watched = { state: 'waiting', times: 0, value: undefined, error: undefined };
  promise.then(
    (value) => {
      Object.assign(seen, { state: 'replied', times: seen.times + 1, value });
    },
    (error: BusError) => {
      Object.assign(seen, { state: error.code, times: seen.times + 1, error });
    },
  );
  return seen;
}

/** Counts the listeners a signal has, and the most it ever had. */
export function countListeners(signal: AbortSignal): { count(): number; most(): number } {
  let count = 0;
  let most = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    most = Math.max(most, ++count);
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count--;
    remove(...args);
  };
  return { count: () => count, most: () => most };
}

/** All replies, in the order they came. */
export async function all(replies: AsyncIterable<unknown>): Promise<unknown[]> {
  const got: unknown[] = [];
  for await (const reply of replies) got.push(reply);
  return got;
}
