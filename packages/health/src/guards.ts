import type { BusError, Endpoint, EndpointChange, Host, Message, Outcome } from '@bus/core';
import type { HealthState } from './api.ts';
import type { BreakerState } from './breaker.ts';
import { Breaker } from './breaker.ts';
import { announce } from './changes.ts';
import type { Equals } from './equals.ts';
import { EqualsIndex } from './equals.ts';
import type { Guard } from './guard.ts';
import type { BreakerSettings } from './options.ts';
import { isAnswered, isLoss, signOf } from './sign.ts';
import type { Trouble } from './trouble.ts';

const states: Readonly<Record<BreakerState, HealthState>> = {
  closed: 'healthy',
  open: 'down',
  'half-open': 'recovering',
};

/** The state of an endpoint, as its breaker says. */
export function stateOf(guard: Guard | undefined): HealthState {
  return guard === undefined ? 'healthy' : states[guard.breaker.state];
}

/** The breakers of all endpoints. */
export class Guards {
  /** How often one has opened. */
  opened = 0;
  readonly #host: Host;
  readonly #settings: BreakerSettings;
  readonly #trouble: Trouble;
  readonly #equals = new EqualsIndex();
  /** Made with the first message that ends at an endpoint. */
  readonly #guards = new Map<Endpoint, Guard>();
  readonly #unhealthy = new Set<Guard>();
  /** Whether equals are known, which none need to be before one has failed too often. */
  #isIndexed = false;

  constructor(host: Host, settings: BreakerSettings, trouble: Trouble) {
    this.#host = host;
    this.#settings = settings;
    this.#trouble = trouble;
  }

  /** Those whose breaker is not closed. */
  get unhealthy(): ReadonlySet<Guard> {
    return this.#unhealthy;
  }

  /** The guard of an endpoint, once a message has ended there. */
  of(endpoint: Endpoint): Guard | undefined {
    return this.#guards.get(endpoint);
  }

  /** An endpoint has come or gone. */
  changed({ type, endpoint }: EndpointChange): void {
    if (type === 'removed') this.#removed(endpoint);
    else if (type === 'added' && this.#isIndexed) this.#equals.add(endpoint);
  }

  /** A message has ended at an endpoint. */
  ended(
    message: Message,
    endpoint: Endpoint,
    outcome: Outcome,
    startedAt: number,
    error: BusError | undefined,
  ): void {
    const guard = this.#guards.get(endpoint);
    if (guard !== undefined && guard.breaker.state === 'closed') {
      if (outcome === 'handled') {
        guard.breaker.succeeded(startedAt);
        return;
      }
      if (outcome === 'forwarded') {
        if (isAnswered(message, endpoint)) guard.breaker.succeeded(startedAt);
        return;
      }
    }
    this.#judge(message, endpoint, outcome, startedAt, error);
  }

  /** Sends a message to an endpoint to see whether it is fit again. */
  admit(guard: Guard, message: Message, now: number): void {
    this.#change(guard, 'it is being tried', () => guard.breaker.admit(message.id, now));
  }

  #judge(
    message: Message,
    endpoint: Endpoint,
    outcome: Outcome,
    startedAt: number,
    error: BusError | undefined,
  ): void {
    // One that leaves is chosen no more.
    if (!endpoint.active) return;
    const now = this.#host.env.now();
    const guard = this.#guards.get(endpoint) ?? this.#guard(endpoint, now);
    const { breaker } = guard;
    const sign = signOf(message, endpoint, outcome, error, now);
    if (breaker.state === 'half-open') {
      // It keeps its place for `openMs`: else, one after the other, all would try who gives no answer.
      if (sign === 'none' && outcome !== 'cancelled') return;
      const reason = sign === 'failure' ? 'it failed when it was tried' : 'it works again';
      this.#change(guard, reason, () => breaker.probed(message.id, sign, now));
      return;
    }
    if (sign === 'success') breaker.succeeded(startedAt);
    else if (isLoss(endpoint, outcome, error)) this.#lost(guard, startedAt, now);
    else if (sign === 'failure') this.#failed(guard, startedAt, now);
  }

  /** One peer that is lost takes its endpoint with it; one of several beyond a hub does not. */
  #lost(guard: Guard, begunAt: number, now: number): void {
    const { breaker, endpoint } = guard;
    if (endpoint.members > 1) this.#failed(guard, begunAt, now);
    else if (breaker.state === 'closed' && begunAt >= breaker.since) {
      this.#change(guard, 'its peer was lost', () => breaker.open(now));
    }
  }

  #failed(guard: Guard, begunAt: number, now: number): void {
    if (guard.breaker.failed(begunAt, now)) this.#trip(guard, now);
  }

  /** Opens a breaker that has seen too many failures, unless half of its equals are held back. */
  #trip(guard: Guard, now: number): void {
    this.#index();
    const equals = this.#equals.of(guard.endpoint);
    const { breaker } = guard;
    if (equals !== undefined && equals.broken.size >= equals.mostBroken) {
      breaker.spare(now);
      return;
    }
    equals?.broken.add(guard);
    const { failed, total } = breaker.recent;
    const inARow = breaker.streak >= this.#settings.failures;
    const reason = inARow
      ? `${breaker.streak} failures in a row`
      : `${failed} of ${total} messages failed`;
    this.#change(guard, reason, () => breaker.open(now));
  }

  /** Links carry messages while the bus still starts: this cannot wait for that. */
  #index(): void {
    if (this.#isIndexed) return;
    this.#isIndexed = true;
    for (const endpoint of this.#host.endpoints()) this.#equals.add(endpoint);
  }

  #removed(endpoint: Endpoint): void {
    const equals = this.#equals.remove(endpoint);
    const guard = this.#guards.get(endpoint);
    if (guard !== undefined) {
      this.#guards.delete(endpoint);
      equals?.broken.delete(guard);
      if (this.#unhealthy.delete(guard)) this.#trouble.count--;
    }
    if (equals !== undefined) this.#relax(equals);
  }

  /** With fewer equals left, fewer of them may be held back. */
  #relax(equals: Equals): void {
    for (const guard of equals.broken) {
      if (equals.broken.size <= equals.mostBroken) return;
      const { breaker } = guard;
      this.#change(guard, 'too few of its equals are left', () =>
        breaker.close(this.#host.env.now()),
      );
    }
  }

  #guard(endpoint: Endpoint, now: number): Guard {
    const breaker = new Breaker(this.#settings, now);
    const guard: Guard = { endpoint, breaker, reason: undefined };
    this.#guards.set(endpoint, guard);
    return guard;
  }

  /** Does what may change the state of a breaker, and tells if it has. */
  #change(guard: Guard, reason: string, act: () => void): void {
    const { breaker, endpoint } = guard;
    const before = breaker.state;
    act();
    if (breaker.state === before) return;
    guard.reason = reason;
    if (breaker.state === 'open') this.opened++;
    if (before === 'closed') this.#held(guard);
    else if (breaker.state === 'closed') this.#released(guard);
    const subject = { kind: 'endpoint', id: endpoint.id } as const;
    announce(this.#host, subject, states[before], states[breaker.state], reason);
  }

  #held(guard: Guard): void {
    this.#unhealthy.add(guard);
    this.#trouble.count++;
  }

  #released(guard: Guard): void {
    this.#equals.of(guard.endpoint)?.broken.delete(guard);
    this.#unhealthy.delete(guard);
    this.#trouble.count--;
  }
}
