import type { Endpoint, EndpointView } from './endpoint/endpoint.ts';
import { BusError, busError, textOf } from './errors.ts';
import type { BusState } from './lifecycle.ts';
import type { MessageKind } from './message/envelope.ts';
import type { OutcomeCounts } from './outcome/outcomes.ts';
import type { KernelHooks } from './plugin/taps.ts';
import { equals } from './route/choose.ts';
import type { Route } from './route/routes.ts';

/** The result of `bus.inspect()`: plain JSON. */
export interface BusReport {
  /** The name of the bus, as links tell it to peers. */
  readonly id: string;
  /** Where it is between `idle` and `stopped`. */
  readonly state: BusState;
  /** By plugin name, the report of each. */
  readonly plugins: Readonly<Record<string, object>>;
  /** By hook, the plugins that tapped it, in the order they run. */
  readonly hooks: Readonly<Record<string, readonly string[]>>;
  /** All endpoints, in the order they were added. */
  readonly endpoints: readonly EndpointView[];
  /** The links that the transports report. */
  readonly links: readonly unknown[];
  /** The outcomes of all messages so far. */
  readonly outcomes: OutcomeCounts;
}

/** Asks each plugin for its report; a plugin that throws is shown with its error. */
export function pluginReports(
  hooks: KernelHooks,
  labels: readonly string[],
): Pick<BusReport, 'plugins' | 'links'> {
  const plugins: Record<string, object> = {};
  for (const label of labels) plugins[label] = {};
  const links: unknown[] = [];
  for (const { plugin, fn } of hooks.taps.inspect) {
    try {
      const report = fn();
      plugins[plugin] = { ...plugins[plugin], ...report };
      if ('links' in report && Array.isArray(report.links)) {
        for (const link of report.links) links.push(link);
      }
    } catch (error) {
      plugins[plugin] = { ...plugins[plugin], error: `${plugin} threw: ${textOf(error)}` };
    }
  }
  return { plugins, links };
}

/** One endpoint as `bus.explain()` sees it. */
export interface ExplainedEndpoint extends EndpointView {
  /** The group it shares messages with; null where it has none. */
  readonly group: string | null;
  /** Whether it would get the message, or one in turn with its equals. */
  readonly chosen: boolean;
  /** Why, or why not. */
  readonly why: string;
}

/** What `bus.explain()` returns: plain JSON. */
export interface Explanation {
  /** The topic that was asked about. */
  readonly topic: string;
  /** The kind of message that was asked about. */
  readonly kind: MessageKind;
  /** What would happen to the message as a whole. */
  readonly verdict: string;
  /** Every endpoint whose pattern matches, best first. */
  readonly endpoints: readonly ExplainedEndpoint[];
}

/**
 * Explains which endpoints would get a message, without sending one.
 * @param find - the route of the topic; throws where that is invalid.
 * @param select - the candidates that the `select` taps leave.
 */
export function explain(
  topic: string,
  kind: MessageKind,
  find: () => Route,
  select: (candidates: readonly Endpoint[]) => readonly Endpoint[],
): Explanation {
  try {
    return explainRoute(find(), kind, select);
  } catch (error) {
    const { code, message } = BusError.is(error)
      ? error
      : busError('BUS_HOOK_FAILED', textOf(error), { hook: 'select', plugin: 'unknown' }, error);
    return { topic, kind, verdict: `refused: ${code}, ${message}`, endpoints: [] };
  }
}

function explainRoute(
  route: Route,
  kind: MessageKind,
  select: (candidates: readonly Endpoint[]) => readonly Endpoint[],
): Explanation {
  const selected = select(route.audience(kind).endpoints);
  const one = kind === 'request';
  const top = one ? equals(selected) : selected.filter(leadsGroup);
  const takers = new Set<string>();
  const endpoints = route.all().map((endpoint): ExplainedEndpoint => {
    const { id, group } = endpoint;
    const chosen = top.includes(endpoint) && endpoint.active;
    if (chosen) takers.add(one ? id : (group ?? id));
    const why = chosen ? whyChosen(endpoint, kind, top) : whyNot(endpoint, kind, selected);
    return { ...endpoint.view(), group: group ?? null, chosen, why };
  });
  return { topic: route.topic, kind, verdict: verdictOf(kind, takers.size), endpoints };
}

/** Only the members of a group's highest priority get its messages; candidates are best first. */
function leadsGroup(endpoint: Endpoint, _at: number, selected: readonly Endpoint[]): boolean {
  const { group, policy } = endpoint;
  if (group === undefined) return true;
  return selected.find((other) => other.group === group)?.policy.priority === policy.priority;
}

function verdictOf(kind: MessageKind, count: number): string {
  if (count === 1) return 'goes to 1 endpoint';
  if (count > 1) {
    return `goes to ${kind === 'request' ? `one of ${count} equals` : `${count} endpoints`}`;
  }
  return kind === 'event' ? 'unroutable, which is no error for an event' : 'refused: BUS_NO_ROUTE';
}

function whyChosen(endpoint: Endpoint, kind: MessageKind, top: readonly Endpoint[]): string {
  const { group, filter, policy } = endpoint;
  const rule = typeof policy.balance === 'function' ? 'its function' : policy.balance;
  let why = group === undefined ? 'matches' : `in group '${group}', by ${rule}`;
  if (kind === 'request') {
    why = top.length > 1 ? `one of ${top.length} equals, by ${rule}` : 'the best match';
  }
  return filter === undefined ? why : `${why}, if its filter wants the message`;
}

function whyNot(endpoint: Endpoint, kind: MessageKind, selected: readonly Endpoint[]): string {
  if (!endpoint.active) return `is ${endpoint.state}`;
  if (!endpoint.takes(kind)) return `takes no ${kind}s`;
  if (!selected.includes(endpoint)) return 'a plugin has left it out';
  const best = selected[0];
  return best !== undefined && best.policy.priority > endpoint.policy.priority
    ? `priority ${endpoint.policy.priority} is below ${best.policy.priority}`
    : 'a more specific pattern takes it';
}
