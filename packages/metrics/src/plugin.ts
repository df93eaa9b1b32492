import type { Capability, CapabilityToken, Host, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import { Alerts } from './alerts.ts';
import type { MetricsApi, MetricsOptions } from './api.ts';
import { figuresOf, snapshotOf } from './figures.ts';
import { LoopLag } from './loop-lag.ts';
import { MeterExport } from './meter-export.ts';
import type { Settings } from './options.ts';
import { settingsOf } from './options.ts';
import { exposition } from './prometheus.ts';
import { Recorder } from './recorder.ts';
import { SeriesTable } from './series-table.ts';

/** How often the event loop is looked at; alerts may ask for more often. */
const loopEveryMs = 100;

/** The capability of {@link metrics}: `bus.metrics`. */
export interface Metrics extends Capability {
  /** What messages about missing capabilities call it. */
  readonly name: 'metrics';
  /** What a bus has with it. */
  readonly api: MetricsApi;
}

/** Names the capability that {@link metrics} provides, for plugins that require it. */
export const Metrics: CapabilityToken<Metrics> = capability<Metrics>('metrics');

/**
 * Counts and times what a bus does, and tells by the event `$bus.alert` when a limit is passed.
 * @throws BUS_OPTION_INVALID where an option makes no sense
 * @example
 * ```ts
 * const bus = await createBus().use(pubsub(), metrics({ alerts: { slowHandlerMs: 100 } })).start();
 * bus.subscribe('$bus.alert', ({ payload }) => console.warn((payload as Alert).rule));
 * console.log(bus.metrics.snapshot().outcomes.handled, await bus.metrics.prometheus());
 * ```
 */
export function metrics(options: MetricsOptions = {}): Plugin<Metrics> {
  const settings = settingsOf(options);
  return definePlugin({
    name: '@bus/metrics',
    provides: Metrics,
    setup: (host) => install(host, settings),
  });
}

function install(host: Host, { timing, series, alerts, meter }: Settings): MetricsApi {
  const { hooks } = host;
  const table = new SeriesTable(host.busId, series);
  const recorder = new Recorder(table);
  const loop = watchLoop(host, table, alerts);
  const read = () => figuresOf(host, table, recorder, loop);
  hooks.outcome.tap(recorder.observe, { timing });
  hooks.endpoint.tap(({ type, endpoint }) => {
    if (type === 'added') table.meet(endpoint);
    else if (type === 'removed') table.forget(endpoint);
  });
  hooks.start.tap(() => loop.start());
  hooks.stop.tap(() => loop.stop());
  if (meter !== undefined) {
    const meterExport = new MeterExport(meter, host, read);
    meterExport.follow(host);
    recorder.runObserver = meterExport.ran;
  }
  return {
    metrics: {
      snapshot: () => snapshotOf(read(), loop.takeWorst()),
      prometheus: () => exposition(read),
    },
  };
}

/** One timer for the loop's lag and for alerts. */
function watchLoop(host: Host, table: SeriesTable, alerts: Settings['alerts']): LoopLag {
  if (alerts === undefined) return new LoopLag(host.env, loopEveryMs, () => undefined);
  const { limits, intervalMs } = alerts;
  const watch = new Alerts(limits, host.busId, (alert) => host.emit('$bus.alert', alert));
  let worstMs = 0;
  let checkedAt = host.env.now();
  const loop = new LoopLag(host.env, Math.min(loopEveryMs, intervalMs), (now) => {
    worstMs = Math.max(worstMs, loop.lagMs);
    if (now - checkedAt < intervalMs) return;
    checkedAt = now;
    table.refresh(host.endpoints(), now);
    watch.check(table.all(), worstMs);
    worstMs = 0;
  });
  return loop;
}
