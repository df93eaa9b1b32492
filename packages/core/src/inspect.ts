import type { Endpoint, EndpointView } from './endpoint/endpoint.ts';
import { textOf } from './errors.ts';
import type { BusState } from './lifecycle.ts';
import { topicFault } from './message/checks.ts';
import type { MessageKind } from './message/envelope.ts';
import type { Settings } from './options.ts';
import type { OutcomeCounts } from './outcome/outcomes.ts';
import { hookFailed, type KernelHooks } from './plugin/taps.ts';
import type { Publisher } from './publish.ts';
import { equals } from './route/choose.ts';
import type { Routes } from './route/routes.ts';

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
  { taps }: KernelHooks,
  labels: readonly string[],
): Pick<BusReport, 'plugins' | 'links'> {
  const plugins: Record<string, object> = Object.fromEntries(labels.map((label) => [label, {}]));
  const links: unknown[] = [];
  for (const { plugin, fn } of taps.inspect) {
    try {
      const report: { readonly links?: unknown } = fn();
      plugins[plugin] = { ...plugins[plugin], ...report };
      if (Array.isArray(report.links)) links.push(...report.links);
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

/** The parts of a bus that tell where a message would go. */
export interface ExplainParts {
  readonly settings: Settings;
  readonly routes: Routes;
  readonly publisher: Publisher;
}

/** Explains which endpoints would get a message, without sending one. */
export function explain(
  { settings, routes, publisher }: ExplainParts,
  topic: string,
  kind: MessageKind,
): Explanation {
  try {
    const fault = topicFault(topic, settings.limits);
    if (fault !== undefined) throw fault;
    const route = routes.find(topic);
    const selected = publisher.preview(kind, topic, route.audience(kind).endpoints);
    const isOne = kind === 'request';
    const top = isOne ? equals(selected) : selected.filter(leadsGroup);
    const chosen = top.filter(({ active }) => active);
    const takers = new Set(chosen.map(({ group, id }) => (isOne ? id : (group ?? id))));
    const endpoints = route.all().map((endpoint): ExplainedEndpoint => {
      const isChosen = chosen.includes(endpoint);
      const why = isChosen ? whyChosen(endpoint, kind, top) : whyNot(endpoint, kind, selected);
      return { ...endpoint.view(), group: endpoint.group ?? null, chosen: isChosen, why };
    });
    return { topic, kind, verdict: verdictOf(kind, takers.size), endpoints };
  } catch (error) {
    const { code, message } = hookFailed({ hook: 'select', plugin: 'unknown' }, error);
    return { topic, kind, verdict: `refused: ${code}, ${message}`, endpoints: [] };
  }
}

/** Only the members of a group's highest priority get its messages; candidates are best first. */
function leadsGroup(endpoint: Endpoint, _at: number, selected: readonly Endpoint[]): boolean {
  const { group, policy } = endpoint;
  if (group === undefined) return true;
  return selected.find((other) => other.group === group)?.policy.priority === policy.priority;
}

function verdictOf(kind: MessageKind, count: number): string {
  const many = kind === 'request' ? `one of ${count} equals` : `${count} endpoints`;
  if (count > 0) return `goes to ${count === 1 ? '1 endpoint' : many}`;
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
  const { active, state, policy } = endpoint;
  if (!active) return `is ${state}`;
  if (!endpoint.takes(kind)) return `takes no ${kind}s`;
  const [best] = selected;
  if (best === undefined || !selected.includes(endpoint)) return 'a plugin has left it out';
  return best.policy.priority > policy.priority
    ? `priority ${policy.priority} is below ${best.policy.priority}`
    : 'a more specific pattern takes it';
}
