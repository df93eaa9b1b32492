import type { AnyBusError, AnyContract, Bus, BusOptions, Plugin, SendOptions } from '@bus/core';
import { createBus, definePlugin, platformEnv } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import { correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import { quiet } from '@bus/test-support';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import type { Batching } from '../../src/index.ts';
import { batch } from '../../src/index.ts';

export interface Bench extends AsyncDisposable {
  readonly env: VirtualEnv;
  readonly bus: Bus<AnyContract, PubSub | Correlation | Batching>;
  /** What the `error` observers were told. */
  readonly errors: AnyBusError[];
  /** Publishes numbers to `t`, without a pause. */
  burst(from: number, to: number, options?: SendOptions): void;
}

/** A started bus on a virtual clock. */
export async function bench(
  options: BusOptions & {
    readonly plugins?: readonly Plugin[];
    readonly context?: boolean;
  } = {},
): Promise<Bench> {
  const { plugins = [], context, ...busOptions } = options;
  const env = virtualEnv();
  if (context) Object.defineProperty(env, 'context', { value: platformEnv().context });
  const errors: AnyBusError[] = [];
  const watch = definePlugin({
    name: 'watch',
    setup(host) {
      host.hooks.error.tap((error) => void errors.push(error));
      return undefined;
    },
  });
  const bus = createBus({ id: 'here', env, log: quiet, ...busOptions }).use(
    pubsub(),
    correlation(),
    batch(),
    watch,
  );
  await bus.use(...plugins).start();
  const dispose = async (): Promise<void> => {
    const stopped = bus.stop({ drainMs: 0 });
    await env.settle();
    await stopped;
  };
  const burst = (from: number, to: number, sendOptions?: SendOptions): void => {
    for (let n = from; n <= to; n++) void bus.publish('t', n, sendOptions);
  };
  return { env, bus, errors, burst, [Symbol.asyncDispose]: dispose };
}

/** The numbers from one to another. */
export function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
