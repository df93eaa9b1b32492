import type { BusError, BusMessage, Endpoint, Host, Message, SelectContext } from '@bus/core';
import { busError } from '@bus/core';
import { breakerOpen, peerSilent } from './errors.ts';
import type { Guards } from './guards.ts';
import type { Peers } from './peers.ts';

/** How an endpoint may be used: `due` is one that is to be tried with a message. */
type Fitness = 'fit' | 'due' | 'unfit';

/** Leaves out of a message's candidates those that are not healthy, where there are others. */
export class Selection {
  /** Messages that passed an unhealthy endpoint by. */
  failovers = 0;
  /** Requests refused since nobody healthy was left. */
  refused = 0;
  readonly #host: Host;
  readonly #guards: Guards | undefined;
  readonly #peers: Peers;
  #now = 0;
  #isDryRun = false;
  #hasPassedBy = false;

  constructor(host: Host, guards: Guards | undefined, peers: Peers) {
    this.#host = host;
    this.#guards = guards;
    this.#peers = peers;
  }

  /**
   * The candidates that are fit, best first; the list given where all are.
   * @throws HEALTH_BREAKER_OPEN, HEALTH_ENDPOINT_UNHEALTHY where it is a request and none is.
   */
  narrow(
    candidates: readonly Endpoint[],
    { message: given, isDryRun }: SelectContext,
  ): readonly Endpoint[] {
    if (!this.#isAnyInTrouble(candidates)) return candidates;
    const message = given as BusMessage;
    this.#now = this.#host.env.now();
    this.#isDryRun = isDryRun;
    this.#hasPassedBy = false;
    const left =
      message.kind === 'request'
        ? this.#forRequest(candidates, message)
        : this.#forEach(candidates, message);
    if (this.#hasPassedBy && !isDryRun) this.failovers++;
    return left;
  }

  /** Apart, and without a list: most topics are in no trouble while some are. */
  #isAnyInTrouble(candidates: readonly Endpoint[]): boolean {
    for (const endpoint of candidates) {
      const guard = this.#guards?.of(endpoint);
      if (guard !== undefined && guard.breaker.state !== 'closed') return true;
      if (endpoint.isRemote && this.#peers.isSilent(endpoint)) return true;
    }
    return false;
  }

  #fitness(endpoint: Endpoint): Fitness {
    if (endpoint.isRemote && this.#peers.isSilent(endpoint)) return 'unfit';
    const breaker = this.#guards?.of(endpoint)?.breaker;
    if (breaker === undefined || breaker.state === 'closed') return 'fit';
    return breaker.admits(this.#now) ? 'due' : 'unfit';
  }

  #forRequest(candidates: readonly Endpoint[], message: BusMessage): readonly Endpoint[] {
    const wanted = candidates.filter((endpoint) => this.#wants(endpoint, message));
    // The kernel knows better what to say of nobody.
    if (wanted.length === 0) return wanted;
    const usable = this.#usable(wanted);
    const best = usable[0];
    if (best === undefined) throw this.#refusal(wanted, message);
    // One that asks many has a place for their items.
    if (message.completion?.item !== undefined) {
      for (const endpoint of usable) this.#tryIfDue(endpoint, message);
    } else {
      const due = usable.find(
        (endpoint) => areEquals(endpoint, best) && this.#fitness(endpoint) === 'due',
      );
      if (due !== undefined) {
        this.#tryIfDue(due, message);
        return [due];
      }
    }
    return usable.length === candidates.length ? candidates : usable;
  }

  /** Of each group, those that are fit, or the one that is tried; of one that has none, all. */
  #forEach(candidates: readonly Endpoint[], message: BusMessage): readonly Endpoint[] {
    const leftOut = new Set<Endpoint>();
    const groups = new Map<string, Endpoint[]>();
    for (const endpoint of candidates) {
      const { group } = endpoint;
      if (!this.#wants(endpoint, message)) leftOut.add(endpoint);
      else if (group === undefined) this.#tryIfDue(endpoint, message);
      else if (!groups.get(group)?.push(endpoint)) groups.set(group, [endpoint]);
    }
    for (const members of groups.values()) {
      const kept = this.#ofGroup(members, message);
      for (const member of members) if (!kept.includes(member)) leftOut.add(member);
    }
    if (leftOut.size === 0) return candidates;
    return candidates.filter((endpoint) => !leftOut.has(endpoint));
  }

  #ofGroup(members: readonly Endpoint[], message: BusMessage): readonly Endpoint[] {
    const usable = this.#usable(members);
    const best = usable[0];
    // Better late, or to one that fails, than to nobody.
    if (best === undefined) return members;
    const due = usable.find(
      (member) =>
        member.policy.priority === best.policy.priority && this.#fitness(member) === 'due',
    );
    if (due === undefined) return usable;
    this.#tryIfDue(due, message);
    return [due];
  }

  #usable(wanted: readonly Endpoint[]): readonly Endpoint[] {
    const usable = wanted.filter((endpoint) => this.#fitness(endpoint) !== 'unfit');
    if (usable.length > 0 && usable.length < wanted.length) this.#hasPassedBy = true;
    return usable;
  }

  #tryIfDue(endpoint: Endpoint, message: BusMessage): void {
    if (this.#isDryRun || this.#fitness(endpoint) !== 'due') return;
    const guard = this.#guards?.of(endpoint);
    if (guard !== undefined) this.#guards?.admit(guard, message, this.#now);
  }

  /**
   * Whether an endpoint may get the message at all: the kernel asks later, which would leave nobody. A
   * filter that throws says no. It is left out, so that it is not asked again.
   */
  #wants(endpoint: Endpoint, message: BusMessage): boolean {
    const { filter } = endpoint;
    // What a dry run is for has no payload to judge.
    if (filter === undefined || this.#isDryRun) return true;
    try {
      return Boolean(filter(message));
    } catch (cause) {
      const { topic } = message;
      const { label } = endpoint;
      const text = `the filter of ${label} failed on '${topic}'`;
      const details = { topic, endpoint: label };
      this.#host.report(busError('BUS_HANDLER_FAILED', text, details, cause));
      return false;
    }
  }

  #refusal(wanted: readonly Endpoint[], { topic }: Message): BusError {
    if (!this.#isDryRun) this.refused++;
    for (const endpoint of wanted) {
      const breaker = this.#guards?.of(endpoint)?.breaker;
      if (breaker === undefined || breaker.state === 'closed') continue;
      return breakerOpen(topic, endpoint.label, breaker.openFor(this.#now));
    }
    return peerSilent(topic, wanted[0]?.bus ?? '');
  }
}

/** Whether a request may go to either. */
function areEquals(one: Endpoint, other: Endpoint): boolean {
  return one.policy.priority === other.policy.priority && one.specificity === other.specificity;
}
