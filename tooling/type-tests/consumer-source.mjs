/** A program that exports what it makes of the packages, so that its declarations name their types. */
const everything = `
import type { BusOptions, HandleOptions, SendOptions, StopOptions } from '@bus/core';
import { createBus } from '@bus/core';
import type { BatchLimits } from '@bus/batch';
import { batch } from '@bus/batch';
import type { CorrelationOptions, RequestManyOptions } from '@bus/correlation';
import { correlation } from '@bus/correlation';
import type { BreakerOptions, FallbackOptions, HealthOptions } from '@bus/health';
import { health } from '@bus/health';
import type { MetricsOptions } from '@bus/metrics';
import { metrics } from '@bus/metrics';
import type { SubscribeOptions } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import type { ReliableOptions, ReliableSubscribeOptions } from '@bus/reliable';
import { reliable } from '@bus/reliable';
import { routerGlob } from '@bus/router-glob';
import { routerRegex } from '@bus/router-regex';
import type { ConformanceOptions, FaultyOptions, MatcherConformanceOptions, MemoryOptions } from '@bus/testkit';
import type { LinkOptions } from '@bus/transport-ipc';
import { transportIpc } from '@bus/transport-ipc';
import type { ListenOptions } from '@bus/transport-ws';
import { transportWs } from '@bus/transport-ws';

interface Shop {
  'stock.count': { payload: { sku: string }; reply: number };
  'stock.low': { payload: { sku: string } };
}

export const socket = transportIpc({ listen: './hub.sock' });
export const web = transportWs({ connect: 'ws://127.0.0.1/' });
export const plugins = [routerGlob(), routerRegex(), correlation(), health(), batch(), metrics()] as const;
export const bus = createBus<Shop>().use(routerGlob(), pubsub(), correlation(), reliable(), health(), batch(), metrics(), socket, web);
export const started = bus.start();
export const report = bus.inspect();
export const handler = bus.handle('stock.count', () => 1);
export const heard = bus.subscribe('stock.*', ({ payload }) => void payload.sku);
export const asked = bus.request('stock.count', { sku: 'tea' });
export const several = bus.requestMany('stock.count', { sku: 'tea' });
export const { publish, deadLetters, metrics: figures, health: state } = bus;

/** The names of options that may be left out, and refuse undefined: their own, and of their parts. */
type Refusing<T> = { [K in keyof T]-?: string extends K ? never : RefusedAt<T, K> }[keyof T];
type RefusedAt<T, K extends keyof T> = {} extends Pick<T, K>
  ? undefined extends Required<T>[K] ? Parts<K, Exclude<Required<T>[K], undefined>> : K
  : never;
/** Options that have parts. */
type Parts<K, P> = K extends 'limits' | 'mailbox' | 'backoff' | 'breaker' | 'batching' | 'heartbeat' | 'reconnect'
  ? P extends object ? Refusing<P> : never
  : never;
/** Where one is no \`never\`, the error names the option that refuses undefined. */
export const inBusOptions: never[] = [] as Refusing<BusOptions>[];
export const inHandleOptions: never[] = [] as Refusing<HandleOptions>[];
export const inSendOptions: never[] = [] as Refusing<SendOptions>[];
export const inStopOptions: never[] = [] as Refusing<StopOptions>[];
export const inBatchLimits: never[] = [] as Refusing<BatchLimits>[];
export const inCorrelationOptions: never[] = [] as Refusing<CorrelationOptions>[];
export const inRequestManyOptions: never[] = [] as Refusing<RequestManyOptions>[];
export const inBreakerOptions: never[] = [] as Refusing<BreakerOptions>[];
export const inFallbackOptions: never[] = [] as Refusing<FallbackOptions>[];
export const inHealthOptions: never[] = [] as Refusing<HealthOptions>[];
export const inMetricsOptions: never[] = [] as Refusing<Omit<MetricsOptions, 'meter'>>[];
export const inSubscribeOptions: never[] = [] as Refusing<SubscribeOptions>[];
export const inReliableOptions: never[] = [] as Refusing<ReliableOptions>[];
export const inReliableSubscribeOptions: never[] = [] as Refusing<ReliableSubscribeOptions>[];
export const inConformanceOptions: never[] = [] as Refusing<ConformanceOptions>[];
export const inFaultyOptions: never[] = [] as Refusing<FaultyOptions>[];
export const inMatcherConformanceOptions: never[] = [] as Refusing<MatcherConformanceOptions>[];
export const inMemoryOptions: never[] = [] as Refusing<MemoryOptions>[];
export const inLinkOptions: never[] = [] as Refusing<LinkOptions>[];
export const inListenOptions: never[] = [] as Refusing<ListenOptions>[];
`;

/**
 * Programs by name. Where several packages name a type, the compiler takes any, so those that have types
 * of a package behind them are used alone as well.
 */
export const consumerSources = {
  everything,
  ipc: `
import { transportIpc } from '@bus/transport-ipc';
export const socket = transportIpc({ listen: './hub.sock' });
export const port = transportIpc({ port: process });
export const { transport } = socket;
`,
  ws: `
import { transportWs } from '@bus/transport-ws';
export const web = transportWs({ listen: { port: 0 } });
export const { transport } = web;
`,
  testkit: `
import { faultyTransport, memoryTransport, virtualEnv } from '@bus/testkit';
export const env = virtualEnv();
export const memory = memoryTransport();
export const { left } = memory;
export const faulty = faultyTransport(left, {});
`,
};
