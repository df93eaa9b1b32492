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
  let candidates = endpoints;
  let filtered = false;
  let grouped = false;
  for (const endpoint of endpoints) {
    if (!endpoint.takes(kind)) candidates = endpoints.filter((other) => other.takes(kind));
    filtered ||= endpoint.filter !== undefined;
    grouped ||= endpoint.group !== undefined;
  }
  return { candidates, targets: fixedTargets(kind, candidates, filtered, grouped), filtered };
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

function fixedTargets(
  kind: MessageKind,
  candidates: readonly Endpoint[],
  filtered: boolean,
  grouped: boolean,
): readonly Endpoint[] | undefined {
  if (kind !== 'request') return grouped ? undefined : candidates;
  const top = equals(candidates);
  return top.length === 1 && !filtered ? top : undefined;
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
