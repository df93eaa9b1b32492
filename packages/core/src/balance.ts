import { equals } from './audience.ts';
import type { Endpoint } from './endpoint.ts';
import type { Balance } from './endpoint-definition.ts';
import type { Message } from './envelope.ts';
import { handlerFailed } from './errors.ts';

/** Chooses one of equals, at least one, by their rule or by the asker's. */
function chooseOne(
  among: readonly Endpoint[],
  message: Message,
  asked: Balance | undefined,
): Endpoint | undefined {
  const first = among[0];
  if (first === undefined || among.length === 1) return first;
  const rule = asked ?? first.policy.balance;
  if (typeof rule === 'function') {
    try {
      const chosen = rule(among, message);
      return among.includes(chosen) ? chosen : first;
    } catch (cause) {
      throw handlerFailed('the balance function', message.topic, first.label, cause);
    }
  }
  // The turn is counted at the group's head, so that a route found anew goes on where it was.
  if (rule === 'least-pending') return least(among, first.turn++, ({ load }) => load);
  const { key } = message;
  // Rendezvous hashing (Thaler, Ravishankar 1998): members that come and go move only their keys.
  if (rule === 'sticky' && key !== undefined) {
    return least(among, 0, ({ id }) => hash(`${key}\n${id}`));
  }
  return among[first.turn++ % among.length];
}

/** The one with the lowest score; of several the first, counted from `start`. */
function least(
  among: readonly Endpoint[],
  start: number,
  score: (endpoint: Endpoint) => number,
): Endpoint | undefined {
  let best: Endpoint | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < among.length; i++) {
    const endpoint = among[(start + i) % among.length] as Endpoint;
    const own = score(endpoint);
    if (own < lowest) {
      best = endpoint;
      lowest = own;
    }
  }
  return best;
}

/** FNV-1a, with a final mix so that close ids spread. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}

/** The target of a request: one of the equals of the highest priority that want it. */
export function chooseForRequest(
  candidates: readonly Endpoint[],
  message: Message,
  balance: Balance | undefined,
): readonly Endpoint[] {
  const willing = candidates.filter((endpoint) => wants(endpoint, message));
  const chosen = chooseOne(equals(willing), message, balance);
  return chosen === undefined ? [] : [chosen];
}

/** Everyone without a group, and one member of each group. */
export function chooseForEach(
  candidates: readonly Endpoint[],
  message: Message,
): readonly Endpoint[] {
  const targets: Endpoint[] = [];
  const groups = new Map<string, Endpoint[]>();
  for (const endpoint of candidates) {
    const { group } = endpoint;
    if (group === undefined) targets.push(endpoint);
    else if (wants(endpoint, message)) {
      const members = groups.get(group);
      if (members === undefined) groups.set(group, [endpoint]);
      else if (members[0]?.policy.priority === endpoint.policy.priority) members.push(endpoint);
    }
  }
  for (const members of groups.values()) {
    const chosen = chooseOne(members, message, undefined);
    if (chosen !== undefined) targets.push(chosen);
  }
  return targets;
}

/** A filter that throws is asked again, and reported, where the message is offered. */
export function wants(endpoint: Endpoint, message: Message): boolean {
  if (endpoint.filter === undefined) return true;
  try {
    return endpoint.filter(message);
  } catch {
    return true;
  }
}
