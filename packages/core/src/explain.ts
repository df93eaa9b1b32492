import { equals } from './audience.ts';
import type { Context } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import type { EndpointView } from './endpoint-view.ts';
import type { MessageKind } from './envelope.ts';
import type { Route } from './routes.ts';
import { topicFault } from './topic.ts';

/** One endpoint as `bus.explain()` sees it. */
export interface ExplainedEndpoint extends EndpointView {
  /** The group it shares messages with; undefined for none. */
  readonly group: string | undefined;
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
 * Explains who would get a message, without sending one.
 * @param select - what the `select` taps would leave of the candidates.
 */
export function explain(
  { routes, settings, hooks }: Context,
  topic: string,
  kind: MessageKind,
  select: (candidates: readonly Endpoint[]) => readonly Endpoint[],
): Explanation {
  try {
    const fault = topicFault(topic, settings.limits);
    if (fault !== undefined) throw fault;
    return explainRoute(routes.peek(topic), kind, select);
  } catch (error) {
    const { code, message } = hooks.blame('select', error);
    return { topic, kind, verdict: `refused: ${code}, ${message}`, endpoints: [] };
  }
}

function explainRoute(
  route: Route,
  kind: MessageKind,
  select: (candidates: readonly Endpoint[]) => readonly Endpoint[],
): Explanation {
  const selected = select(route.plan(kind).candidates);
  const one = kind === 'request';
  const top = one ? equals(selected) : selected.filter(leadsGroup);
  const takers = new Set<string>();
  const endpoints = route.audience.endpoints.map((endpoint): ExplainedEndpoint => {
    const { id, group } = endpoint;
    const chosen = top.includes(endpoint) && endpoint.active;
    if (chosen) takers.add(one ? id : (group ?? id));
    const why = chosen ? whyChosen(endpoint, kind, top) : whyNot(endpoint, kind, selected);
    return { ...endpoint.view(), group, chosen, why };
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
  if (!selected.includes(endpoint)) return 'a plugin took it out of the selection';
  const best = selected[0];
  return best !== undefined && best.policy.priority > endpoint.policy.priority
    ? `priority ${endpoint.policy.priority} is below ${best.policy.priority}`
    : 'a more specific pattern takes it';
}
