import type {
  AnyBusError,
  Bus,
  BusOptions,
  Endpoint,
  Host,
  Matcher,
  Message,
  Plugin,
  Priority,
} from '@bus/core';
import { createBus, definePlugin } from '@bus/core';
import { deferred, quiet } from '@bus/test-support';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import type { PubSub, SubscribeOptions } from '../../src/index.ts';
import { pubsub } from '../../src/index.ts';

export interface Bench extends AsyncDisposable {
  readonly env: VirtualEnv;
  readonly bus: Bus<AnyBus, PubSub>;
  /** The host of a plugin, to do what plugins do. */
  readonly host: Host;
  /** What the `error` observers were told. */
  readonly errors: AnyBusError[];
}

type AnyBus = Record<string, { readonly payload: unknown; readonly reply: unknown }>;

/** A started bus on a virtual clock. */
export async function bench(
  options: BusOptions & { readonly plugins?: readonly Plugin[] } = {},
): Promise<Bench> {
  const { plugins = [], ...busOptions } = options;
  const env = virtualEnv();
  const errors: AnyBusError[] = [];
  let host: Host | undefined;
  const watch = definePlugin({
    name: 'watch',
    setup(given) {
      host = given;
      given.hooks.error.tap((error) => void errors.push(error));
      return undefined;
    },
  });
  const bus = createBus({ id: 'here', env, log: quiet, ...busOptions }).use(
    pubsub(),
    prefixRouter(),
    watch,
  );
  await bus.use(...plugins).start();
  if (host === undefined) throw new Error('the plugin was not set up');
  const dispose = async (): Promise<void> => {
    const stopped = bus.stop({ drainMs: 0 });
    await env.settle();
    await stopped;
  };
  return { env, bus, host, errors, [Symbol.asyncDispose]: dispose };
}

/** A router of patterns like `orders.**`, which match whatever begins so. */
function prefixRouter(): Plugin {
  const endpoints = new Set<Endpoint>();
  const matches = ({ pattern }: Endpoint, topic: string): boolean =>
    topic.startsWith(String(pattern).slice(0, -2));
  const matcher: Matcher = {
    name: 'prefix',
    add: (endpoint) => void endpoints.add(endpoint),
    remove: (endpoint) => void endpoints.delete(endpoint),
    match(topic, found) {
      for (const endpoint of endpoints) if (matches(endpoint, topic)) found.push(endpoint);
    },
    matches,
    specificity: (pattern) => String(String(pattern).length),
  };
  return definePlugin({
    name: 'prefix-router',
    setup(host) {
      host.hooks.claim.tap((pattern) => (String(pattern).endsWith('**') ? matcher : undefined));
      return undefined;
    },
  });
}

/** A listener that finishes one message each time it is told to. */
export function stepwise(): {
  readonly started: unknown[];
  readonly missed: number[];
  listener(message: Message): Promise<void>;
  finish(): void;
} {
  const started: unknown[] = [];
  const missed: number[] = [];
  const running: (() => void)[] = [];
  return {
    started,
    missed,
    listener(message) {
      started.push(message.payload);
      missed.push(message.missed);
      return new Promise((resolve) => running.push(resolve));
    },
    finish: () => running.shift()?.(),
  };
}

/** A subscription to `a` that is busy with its first message; `finish` returns what came after it. */
export async function busy(options: SubscribeOptions) {
  const t = await bench();
  const slow = deferred<void>();
  const seen: string[] = [];
  t.bus.subscribe(
    'a',
    ({ payload, missed }) => {
      seen.push(`${payload}${missed > 0 ? ` missed ${missed}` : ''}`);
      return slow.promise;
    },
    { name: 'busy', ...options },
  );
  await t.bus.publish('a', 'first');
  const send = (payload: string, priority: Priority = 'normal', key?: string): Promise<number> =>
    t.bus.publish('a', payload, { priority, key });
  const finish = async (): Promise<string> => {
    slow.resolve();
    await t.env.settle();
    return seen.slice(1).join();
  };
  const ended = () => t.bus.inspect().outcomes.ended;
  return { ...t, send, finish, ended };
}

/** Handlers that finish when told: `running` has the payloads at work, `finish` ends one. */
export function work() {
  const running = new Map<unknown, () => void>();
  const started: unknown[] = [];
  return {
    started,
    get running(): unknown[] {
      return [...running.keys()];
    },
    handler: ({ payload }: { readonly payload: unknown }): Promise<void> => {
      started.push(payload);
      return new Promise((resolve) => running.set(payload, resolve));
    },
    finish(payload: unknown): void {
      const end = running.get(payload);
      running.delete(payload);
      end?.();
    },
  };
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
