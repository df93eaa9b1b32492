import type { Pattern } from '../contract.ts';
import type { Deliverer } from '../deliver.ts';
import type { BusError } from '../errors.ts';
import { busError } from '../errors.ts';
import type { Gate } from '../lifecycle.ts';
import { topicFault } from '../message/checks.ts';
import type { Settings } from '../options.ts';
import {
  atLeast,
  checkOptions,
  oneOf,
  optionInvalid,
  overflows,
  signalOption,
  stringOption,
  valueUnsupported,
} from '../options.ts';
import { isAborted, onAbort } from '../outcome/deadlines.ts';
import type { KernelHooks } from '../plugin/taps.ts';
import type { Routes } from '../route/routes.ts';
import type { EndpointDefinition, EndpointOwner, EndpointPolicy, Rank } from './endpoint.ts';
import { Endpoint } from './endpoint.ts';

/** The parts of a bus that endpoints touch as they come and go. */
export interface EndpointParts {
  /** The id of the bus. */
  readonly id: string;
  readonly settings: Settings;
  readonly gate: Gate;
  readonly hooks: KernelHooks;
  readonly routes: Routes;
  readonly deliverer: Deliverer;
  report(error: BusError): void;
  /** Tells the program, by a system event. */
  announce(type: 'added' | 'removed', endpoint: Endpoint): void;
}

const globSyntax = /[*?[\]{}()!\\]/;
/** Options of `handle`, which a user may have misspelled. */
const optionsOfHandle = [
  'name',
  'priority',
  'concurrency',
  'capacity',
  'overflow',
  'balance',
  'timeoutMs',
  'signal',
] as const satisfies readonly (keyof EndpointDefinition)[];
const balances = ['round-robin', 'least-pending', 'sticky'] as const;
/** How many policies are looked at for an equal one. */
const mostShared = 8;

/** The endpoints of a bus, as they come and go. */
export class Endpoints implements EndpointOwner {
  readonly id: string;
  readonly #parts: EndpointParts;
  /** Out of the routes, but with messages yet to end. */
  readonly #leaving = new Set<Endpoint>();
  /** Takes an endpoint's listener off its user's signal. */
  readonly #detach = new Map<Endpoint, () => void>();
  #policies: readonly EndpointPolicy[] = [];
  #sequence = 0;
  #isClosed = false;

  constructor(parts: EndpointParts) {
    this.id = parts.id;
    this.#parts = parts;
  }

  /** @throws BUS_CLOSED, BUS_OPTION_INVALID, BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, or what `admit` says */
  add(asked: EndpointDefinition, addedBy: string): Endpoint {
    const { gate, hooks, routes } = this.#parts;
    gate.beforeStop();
    const definition = this.#defined(asked);
    const { pattern, signal, handler } = definition;
    if (typeof handler !== 'function') throw optionInvalid('handler', handler, 'a function');
    const policy = this.#policyOf(definition, addedBy);
    const matcher = hooks.claim(pattern);
    if (matcher === undefined) this.#checkExact(pattern);
    const specificity = matcher?.specificity(pattern) ?? '';
    const rank = matcher === undefined ? exactRank(String(pattern)) : { matcher, specificity };
    const sequence = this.#sequence++;
    const endpoint = new Endpoint(this, sequence, definition, policy, rank);
    if (isAborted(signal)) {
      endpoint.state = 'stopped';
      this.#guard('endpoint', () => endpoint.extras?.removed?.());
      return endpoint;
    }
    const refused = hooks.admit(endpoint);
    if (refused !== undefined) throw refused;
    routes.add(endpoint);
    endpoint.update();
    const detach = signal && onAbort(signal, () => endpoint.stop());
    if (detach) this.#detach.set(endpoint, detach);
    this.#tell('added', endpoint);
    // A tap may have aborted it meanwhile.
    if (isAborted(signal)) endpoint.stop();
    return endpoint;
  }

  remove(endpoint: Endpoint, drain: boolean, reason: string, error?: BusError): void {
    const { routes, deliverer } = this.#parts;
    const wasActive = endpoint.active;
    endpoint.state = drain ? 'draining' : 'stopped';
    endpoint.update();
    // Counted all the time, also by observers that look meanwhile.
    if (endpoint.load > 0) this.#leaving.add(endpoint);
    if (wasActive) this.#guard('claim', () => routes.remove(endpoint));
    if (!drain) deliverer.dropWaiting(endpoint, reason, error ?? unsubscribed(endpoint));
    if (endpoint.load > 0) {
      if (wasActive) void this.drained(endpoint).then(() => this.#gone(endpoint));
      // It may have been paused with messages waiting.
      if (drain) deliverer.drain(endpoint);
    } else this.#gone(endpoint);
    if (!wasActive) return;
    this.#guard('endpoint', () => endpoint.extras?.removed?.());
    if (!this.#isClosed) this.#tell('removed', endpoint, reason);
  }

  /** Nothing of it is in flight any more. */
  #gone(endpoint: Endpoint): void {
    endpoint.state = 'stopped';
    this.#leaving.delete(endpoint);
    this.#detach.get(endpoint)?.();
    this.#detach.delete(endpoint);
  }

  resume(endpoint: Endpoint): void {
    this.#parts.deliverer.drain(endpoint);
  }

  changed(endpoint: Endpoint): void {
    this.#parts.hooks.endpoint?.({ type: 'changed', endpoint });
  }

  drained(endpoint: Endpoint): Promise<void> {
    return this.#parts.deliverer.endings.drained(endpoint);
  }

  /** In the order added; those with this very pattern, if one is given. */
  of(pattern: Pattern | undefined): readonly Endpoint[] {
    const isMeant = (endpoint: Endpoint): boolean => String(endpoint.pattern) === String(pattern);
    return [...this.#parts.routes.all].filter((one) => pattern === undefined || isMeant(one));
  }

  /** Counted where the messages are, so that the ledger can be checked against it. */
  get inFlight(): number {
    return this.#busy().reduce((sum, { load }) => sum + load, 0);
  }

  #busy(): Endpoint[] {
    const present = new Set([...this.#parts.routes.all, ...this.#leaving]);
    return [...present].filter(({ load }) => load > 0);
  }

  /** Resolves when nothing waits or runs. */
  async idle(): Promise<void> {
    const { deliverer } = this.#parts;
    await deliverer.order.flushed();
    for (let left = this.#busy(); left.length > 0; left = this.#busy()) {
      await Promise.all(left.map((endpoint) => this.drained(endpoint)));
      await deliverer.order.flushed();
    }
  }

  /** Everything that still waits or runs gets its outcome, and every endpoint goes. */
  close(error: BusError): void {
    const { deliverer, routes } = this.#parts;
    this.#isClosed = true;
    deliverer.order.refuseDeferred();
    for (const endpoint of this.#busy()) deliverer.dropWaiting(endpoint, 'closed', error);
    deliverer.cancelRuns(error);
    for (const endpoint of routes.all) this.remove(endpoint, false, 'closed');
  }

  #checkExact(pattern: Pattern): void {
    const { hooks, settings } = this.#parts;
    const shown = String(pattern);
    if (pattern instanceof RegExp || (typeof pattern === 'string' && globSyntax.test(pattern))) {
      const routers = [...new Set(hooks.taps.claim.map((tap) => tap.plugin))];
      const readers = routers.length === 0 ? 'no router is installed' : `${routers.join()} cannot`;
      const text = `'${shown}' cannot be read (${readers}): install a router that reads it, or write an exact topic`;
      throw busError('BUS_PATTERN_UNSUPPORTED', text, { pattern: shown, routers });
    }
    const fault = topicFault(pattern, settings.limits);
    if (fault === undefined) return;
    const reason = fault.message;
    throw busError('BUS_PATTERN_INVALID', `as a pattern: ${reason}`, { pattern: shown, reason });
  }

  /** Fills in the defaults. @throws BUS_OPTION_INVALID */
  #policyOf(definition: EndpointDefinition, addedBy: string): EndpointPolicy {
    const { settings } = this.#parts;
    const { name, signal, kinds, priority, concurrency, capacity, timeoutMs } = definition;
    const { keyOf, queue, balance = 'round-robin' } = definition;
    const overflow = oneOf(overflows, 'overflow', definition.overflow ?? settings.overflow);
    stringOption('name', name);
    signalOption(signal);
    if (typeof balance !== 'function') oneOf(balances, 'balance', balance);
    if (queue === undefined && overflow !== 'block' && overflow !== 'error') {
      throw valueUnsupported('overflow', overflow);
    }
    const policy: EndpointPolicy = {
      name,
      addedBy,
      kinds,
      priority: atLeast(Number.NEGATIVE_INFINITY, 'priority', priority ?? 0),
      concurrency: atLeast(1, 'concurrency', concurrency ?? 1),
      capacity: atLeast(1, 'capacity', capacity ?? settings.capacity),
      overflow,
      balance,
      timeoutMs: atLeast(0, 'timeoutMs', timeoutMs ?? settings.defaultTimeoutMs),
      keyOf,
      queue,
    };
    return this.#shared(policy);
  }

  /** Endpoints of a program receive in few ways: the last few policies are looked at for an equal one. */
  #shared(policy: EndpointPolicy): EndpointPolicy {
    const fields = Object.keys(policy) as (keyof EndpointPolicy)[];
    const isEqual = (other: EndpointPolicy) =>
      fields.every((field) => other[field] === policy[field]);
    const found = this.#policies.find(isEqual);
    if (found === undefined) this.#policies = [policy, ...this.#policies.slice(0, mostShared - 1)];
    return found ?? policy;
  }

  /** Lets the plugins change a definition. @throws BUS_OPTION_INVALID where nothing knows an option. */
  #defined(definition: EndpointDefinition): EndpointDefinition {
    const { hooks } = this.#parts;
    let defined = definition;
    try {
      defined = hooks.define?.(definition, undefined) ?? definition;
    } catch (error) {
      throw hooks.blame('define', error);
    }
    const { asked, known = optionsOfHandle, pattern } = defined;
    if (asked !== undefined) checkOptions(`'${String(pattern)}'`, asked, known);
    return defined;
  }

  /** Whatever a plugin's part throws, the endpoint goes. */
  #guard(hook: 'claim' | 'endpoint', part: () => void): void {
    try {
      part();
    } catch (error) {
      this.#parts.report(this.#parts.hooks.blame(hook, error));
    }
  }

  #tell(type: 'added' | 'removed', endpoint: Endpoint, reason?: string): void {
    this.#parts.hooks.endpoint?.({ type, endpoint, reason });
    this.#parts.announce(type, endpoint);
  }
}

/** By number of segments. */
const exactRanks: Rank[] = [];

function exactRank(topic: string): Rank {
  const segments = topic.split('.').length;
  exactRanks[segments] ??= { matcher: undefined, specificity: `${'0'.repeat(segments)}9` };
  return exactRanks[segments] as Rank;
}

function unsubscribed({ pattern }: Endpoint): BusError {
  const topic = String(pattern);
  const text = `'${topic}' lost its handler before the message was handled`;
  return busError('BUS_NO_ROUTE', text, { topic });
}
