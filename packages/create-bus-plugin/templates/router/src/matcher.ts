import type { Endpoint, Matcher, Pattern } from '@bus/core';
import { matchesTopic, specificityOf } from './pattern.ts';

/**
 * Finds endpoints by trying every pattern, each once however many endpoints have it. The bus keeps
 * the routes of the topics it has seen, so this is asked about a topic once, not for every message.
 */
export class PatternMatcher implements Matcher {
  readonly name = 'bus-router-acme';
  readonly #endpoints = new Map<string, Set<Endpoint>>();

  /** How many patterns there are. */
  get patterns(): number {
    return this.#endpoints.size;
  }

  add(endpoint: Endpoint): void {
    const pattern = String(endpoint.pattern);
    const same = this.#endpoints.get(pattern);
    if (same === undefined) this.#endpoints.set(pattern, new Set([endpoint]));
    else same.add(endpoint);
  }

  remove(endpoint: Endpoint): void {
    const pattern = String(endpoint.pattern);
    const same = this.#endpoints.get(pattern);
    same?.delete(endpoint);
    if (same?.size === 0) this.#endpoints.delete(pattern);
  }

  match(topic: string, found: Endpoint[]): void {
    for (const [pattern, endpoints] of this.#endpoints) {
      if (!matchesTopic(pattern, topic)) continue;
      for (const endpoint of endpoints) found.push(endpoint);
    }
  }

  matches(endpoint: Endpoint, topic: string): boolean {
    return matchesTopic(String(endpoint.pattern), topic);
  }

  specificity(pattern: Pattern): string {
    return specificityOf(String(pattern));
  }
}
