import type { BusState } from './bus.ts';
import type { Context } from './context.ts';
import type { EndpointView } from './endpoint-view.ts';
import type { Endpoints } from './endpoints.ts';
import { textOf } from './errors.ts';
import type { OutcomeCounts } from './outcomes.ts';

/** What `bus.inspect()` returns: plain JSON. */
export interface BusReport {
  /** The name of the bus, as links tell it to peers. */
  readonly id: string;
  /** Where it is between `idle` and `stopped`. */
  readonly state: BusState;
  /** By plugin name, what each says of itself. */
  readonly plugins: Readonly<Record<string, object>>;
  /** By hook, the plugins that tapped it, in the order they run. */
  readonly hooks: Readonly<Record<string, readonly string[]>>;
  /** All endpoints, in the order they were added. */
  readonly endpoints: readonly EndpointView[];
  /** What the transports say of their links. */
  readonly links: readonly unknown[];
  /** What became of all messages so far. */
  readonly outcomes: OutcomeCounts;
}

/** Asks the plugins, of which one that throws says that it did. */
export function reportOf(
  { home, gate, hooks, ledger }: Context,
  labels: readonly string[],
  endpoints: Endpoints,
): BusReport {
  const plugins: Record<string, object> = {};
  for (const label of labels) plugins[label] = {};
  const links: unknown[] = [];
  for (const { plugin, fn } of hooks.taps.inspect) {
    try {
      const report = fn();
      plugins[plugin] = { ...plugins[plugin], ...report };
      if ('links' in report && Array.isArray(report.links)) links.push(...report.links);
    } catch (error) {
      plugins[plugin] = { ...plugins[plugin], error: `${plugin} threw: ${textOf(error)}` };
    }
  }
  return {
    id: home.id,
    state: gate.state,
    plugins,
    hooks: hooks.plan(),
    endpoints: endpoints.of(undefined).map((endpoint) => endpoint.view()),
    links,
    outcomes: ledger.counts(endpoints.inFlight),
  };
}
