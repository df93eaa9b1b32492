import type { Endpoint } from '@bus/core';
import type { Guard } from './guard.ts';

/** Endpoints that any message may go to instead of another of them. */
export class Equals {
  size = 0;
  /** Those held back for their failures, longest first. Those of lost peers do not count. */
  readonly broken: Set<Guard> = new Set();

  /** How many may be held back at once: half, so that the rest is not trampled down. */
  get mostBroken(): number {
    return this.size === 1 ? 1 : Math.floor(this.size / 2);
  }
}

/** All groups of equals of a bus. */
export class EqualsIndex {
  readonly #byKey = new Map<string, Equals>();

  of(endpoint: Endpoint): Equals | undefined {
    const key = keyOf(endpoint);
    return key === undefined ? undefined : this.#byKey.get(key);
  }

  add(endpoint: Endpoint): void {
    const key = keyOf(endpoint);
    if (key === undefined) return;
    let equals = this.#byKey.get(key);
    if (equals === undefined) {
      equals = new Equals();
      this.#byKey.set(key, equals);
    }
    equals.size++;
  }

  /** Returns those that remain. */
  remove(endpoint: Endpoint): Equals | undefined {
    const key = keyOf(endpoint);
    const equals = key === undefined ? undefined : this.#byKey.get(key);
    if (key === undefined || equals === undefined) return undefined;
    equals.size--;
    if (equals.size === 0) this.#byKey.delete(key);
    return equals;
  }
}

/** Undefined for subscriptions without a group: all of them get every message. */
function keyOf(endpoint: Endpoint): string | undefined {
  const { group, pattern, policy } = endpoint;
  if (group !== undefined) return `group ${policy.priority} ${group}`;
  return endpoint.takes('request') ? `handler ${policy.priority} ${String(pattern)}` : undefined;
}
