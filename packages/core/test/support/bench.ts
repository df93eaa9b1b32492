import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import type {
  AnyBusError,
  AnyPlugin,
  BusOptions,
  Completion,
  Endpoint,
  EndpointDefinition,
  Host,
  Message,
  MessageKind,
  Outcome,
  SendExtras,
  SendOptions,
} from '../../src/index.ts';
import { createBus, definePlugin } from '../../src/index.ts';
import type { Kernel } from '../../src/kernel.ts';
import { quietLogger } from './log.ts';

/** One call of an `outcome` observer, with what a test asks of it. */
export interface Ending {
  readonly topic: string;
  readonly outcome: Outcome;
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly endpoint: string | undefined;
}

/** A bus under a virtual clock, with the host of a plugin to do what plugins do. */
export interface TestBench {
  readonly bus: Kernel;
  readonly env: VirtualEnv;
  readonly host: Host;
  /** Error codes, in the order the `error` observers heard of them. */
  readonly codes: string[];
  readonly errors: AnyBusError[];
  publish(topic: string, payload?: unknown, options?: SendOptions): Promise<number>;
  request(
    topic: string,
    payload?: unknown,
    options?: SendOptions,
    extras?: SendExtras,
  ): Promise<number>;
  subscribe(
    pattern: string,
    handler: (message: Message) => unknown,
    options?: Partial<EndpointDefinition>,
  ): Endpoint;
}

export interface BenchOptions extends BusOptions {
  readonly seed?: number;
  readonly plugins?: readonly AnyPlugin[];
  /** Not started when false. */
  readonly start?: boolean;
}

/** A handler that does nothing. */
export const ignore = (): undefined => undefined;

export const eventKinds: readonly MessageKind[] = ['event', 'notification'];

/** What a plugin does in its `setup`, without the ceremony. */
export function plugin(
  name: string,
  setup: (host: Host) => void,
  order: { readonly after?: readonly string[] } = {},
): AnyPlugin {
  return definePlugin({
    name,
    ...order,
    setup(host) {
      setup(host);
      return undefined;
    },
  });
}

/** A started bus whose only plugins are one that watches errors and those given. */
export async function testBench(options: BenchOptions = {}): Promise<TestBench> {
  const { seed = 1, plugins = [], start = true, ...busOptions } = options;
  const env = virtualEnv({ seed });
  const errors: AnyBusError[] = [];
  const codes: string[] = [];
  let host: Host | undefined;
  const watch = plugin('test-watch', (given) => {
    host = given;
    given.hooks.error.tap((error) => {
      errors.push(error);
      codes.push(error.code);
      return undefined;
    });
  });
  const made = createBus({ id: 'hub', env, log: quietLogger, ...busOptions });
  const bus = made as unknown as Kernel;
  bus.use(watch, ...plugins);
  if (start) await bus.start();
  if (host === undefined) throw new Error('the plugin was not set up');
  const { send, addEndpoint } = host;
  return {
    bus,
    env,
    host,
    codes,
    errors,
    publish: (topic, payload, sendOptions) => send('event', topic, payload, sendOptions),
    request: (topic, payload, sendOptions, extras) =>
      send('request', topic, payload, sendOptions, extras),
    subscribe: (pattern, handler, definition) =>
      addEndpoint({ kinds: eventKinds, ...definition, pattern, handler }),
  };
}

/** A plugin that writes down how every message ended. */
export function outcomeLog(into: Ending[]): AnyPlugin {
  return plugin('test-outcomes', ({ hooks }) => {
    hooks.outcome.tap((message, endpoint, outcome, _startedAt, _durationMs, error, reason) => {
      into.push({
        topic: message.topic,
        outcome,
        code: error?.code,
        reason,
        endpoint: endpoint?.name,
      });
      return undefined;
    });
  });
}

/** The number of messages that have ended, over all outcomes. */
function endedSum(bus: Pick<Kernel, 'inspect'>): number {
  const { dropped, ...ended } = bus.inspect().outcomes.ended;
  const sum = (counts: object): number =>
    Object.values(counts).reduce((total: number, count: number) => total + count, 0);
  return sum(ended) + sum(dropped);
}

/** What `accepted = ended + in flight` leaves; 0 when the sums balance. */
export function imbalance(bus: Pick<Kernel, 'inspect'>): number {
  const { accepted, inFlight } = bus.inspect().outcomes;
  return accepted - endedSum(bus) - inFlight;
}

/** Keeps what it is told. */
export function told(): Completion & { readonly outcomes: string[] } {
  const outcomes: string[] = [];
  return {
    outcomes,
    settled: (_message, endpoint, outcome, _value, error) =>
      void outcomes.push(`${endpoint?.name} ${outcome} ${error?.code}`),
  };
}
