import type { Endpoint } from './endpoint.ts';
import type { MessageKind } from './envelope.ts';

/** The endpoints of one kind of message on one topic, best first. */
export interface Plan {
  readonly candidates: readonly Endpoint[];
  /** The targets of every message, where there is nothing to choose. */
  readonly targets: readonly Endpoint[] | undefined;
  /** Whether any candidate has a filter. */
  readonly filtered: boolean;
}

/** The endpoints that match a topic, best first. Topics that only one endpoint matches share one. */
export class Audience {
  readonly endpoints: readonly Endpoint[];
  #event: Plan | undefined;
  #request: Plan | undefined;
  #notification: Plan | undefined;

  constructor(endpoints: readonly Endpoint[]) {
    this.endpoints = endpoints;
  }

  plan(kind: MessageKind): Plan {
    if (kind === 'event') {
      this.#event ??= planFor(kind, this.endpoints);
      return this.#event;
    }
    if (kind === 'request') {
      this.#request ??= planFor(kind, this.endpoints);
      return this.#request;
    }
    this.#notification ??= planFor(kind, this.endpoints);
    return this.#notification;
  }
}

function planFor(kind: MessageKind, endpoints: readonly Endpoint[]): Plan {
  // The same list where all take it: most topics need no other.
  const all = endpoints.every((endpoint) => endpoint.takes(kind));
  const candidates = all ? endpoints : endpoints.filter((endpoint) => endpoint.takes(kind));
  const filtered = endpoints.some(({ filter }) => filter !== undefined);
  let targets: readonly Endpoint[] | undefined = candidates;
  if (kind === 'request') {
    const top = equals(candidates);
    targets = top.length === 1 && !filtered ? top : undefined;
  } else if (endpoints.some(({ group }) => group !== undefined)) targets = undefined;
  return { candidates, targets, filtered };
}

/** Equals of the highest priority: what a request is balanced among. */
export function equals(candidates: readonly Endpoint[]): readonly Endpoint[] {
  const first = candidates[0];
  if (first === undefined) return candidates;
  const { priority } = first.policy;
  return candidates.filter(
    (other) => other.policy.priority === priority && other.specificity === first.specificity,
  );
}

/** The audience of a topic that nobody matches. */
export const nobody: Audience = new Audience([]);

/** The audience of topics that `endpoint` alone matches. */
export function alone(endpoint: Endpoint): Audience {
  endpoint.alone ??= new Audience([endpoint]);
  return endpoint.alone;
}

/** Best first: priority, then the more specific pattern, then who came first. */
export function byPreference(a: Endpoint, b: Endpoint): number {
  if (a.policy.priority !== b.policy.priority) return b.policy.priority - a.policy.priority;
  if (a.specificity !== b.specificity) return a.specificity < b.specificity ? -1 : 1;
  return a.sequence - b.sequence;
}
