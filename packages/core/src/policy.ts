import type { EndpointDefinition, EndpointPolicy } from './endpoint-definition.ts';
import { atLeast, oneOf, signalOption, stringOption } from './option-checks.ts';
import type { Settings } from './options.ts';
import { overflows } from './options.ts';

/** Fills in and checks how endpoints receive; equal policies are one object. */
export class Policies {
  readonly #settings: Settings;
  readonly #shared = new Map<string, EndpointPolicy>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** @throws BUS_OPTION_INVALID */
  of(definition: EndpointDefinition): EndpointPolicy {
    const policy = this.#filledIn(definition);
    if (policy.name !== undefined || policy.keyOf !== undefined) return policy;
    if (typeof policy.balance === 'function') return policy;
    const key = Object.values(policy).join();
    const shared = this.#shared.get(key);
    if (shared !== undefined) return shared;
    // Endpoints of a program differ in few ways; a map of endless ways would be a leak.
    if (this.#shared.size < 256) this.#shared.set(key, policy);
    return policy;
  }

  #filledIn(definition: EndpointDefinition): EndpointPolicy {
    const { capacity, overflow, defaultTimeoutMs } = this.#settings;
    const { name, signal } = definition;
    stringOption('name', name);
    signalOption(signal);
    const balance = definition.balance ?? 'round-robin';
    if (typeof balance !== 'function') {
      oneOf(['round-robin', 'least-pending', 'sticky'], 'balance', balance);
    }
    return {
      name,
      kinds: definition.kinds,
      priority: atLeast(Number.NEGATIVE_INFINITY, 'priority', definition.priority ?? 0),
      concurrency: atLeast(1, 'concurrency', definition.concurrency ?? 1),
      capacity: atLeast(1, 'capacity', definition.capacity ?? capacity),
      overflow: oneOf(overflows, 'overflow', definition.overflow ?? overflow),
      balance,
      timeoutMs: atLeast(0, 'timeoutMs', definition.timeoutMs ?? defaultTimeoutMs),
      keyOf: definition.keyOf,
    };
  }
}
