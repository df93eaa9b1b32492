import type { Endpoint, Matcher, Pattern } from '@bus/core';
import type { PatternEntry } from './entry.ts';
import { keyOf } from './entry.ts';
import { LinearEntry, LinearPatterns } from './linear/patterns.ts';
import { literalPrefix } from './literal-prefix.ts';
import { NativeEntry, NativePatterns } from './native-patterns.ts';
import { PeerQuota } from './peer-quota.ts';
import type { PatternSource } from './source.ts';
import { isRegExp, sourceOf } from './source.ts';
import { isUntrusted } from './trust.ts';

/** Runs patterns: the platform's own engine, or one whose time grows only with the topic's length. */
export type RegexEngine = (typeof engines)[number];

/** Every {@link RegexEngine}, for the check of the option. */
export const engines = ['v8', 'linear'] as const;

/** What `bus.inspect()` says of the router. */
export interface RegexReport {
  /** Distinct patterns run by V8, and how many of them are tried on every new topic. */
  readonly v8: { readonly patterns: number; readonly withoutPrefix: number };
  readonly linear: { readonly patterns: number };
}

/**
 * Finds endpoints by RegExp. One matcher has both engines, because who asks decides which is used,
 * and only an endpoint, not its pattern, says who asks.
 */
export class RegexMatcher implements Matcher {
  readonly name = 'router-regex';
  readonly #engine: RegexEngine;
  readonly #native = new NativePatterns();
  readonly #linear = new LinearPatterns();
  readonly #quota = new PeerQuota();
  /** Also of endpoints that are gone: the kernel asks which cached topics their going touches. */
  readonly #entries = new WeakMap<Endpoint, NativeEntry | LinearEntry>();

  constructor(engine: RegexEngine) {
    this.#engine = engine;
  }

  /** @throws BUS_PATTERN_INVALID where the linear engine must take it and cannot. */
  add(endpoint: Endpoint): void {
    const { pattern } = endpoint;
    if (!isRegExp(pattern)) return;
    const linear = this.#engine === 'linear' || endpoint.kind === 'remote' || isUntrusted(pattern);
    const entry = linear
      ? this.#addLinear(endpoint, sourceOf(pattern))
      : this.#addNative(sourceOf(pattern));
    entry.endpoints.add(endpoint);
    this.#entries.set(endpoint, entry);
  }

  remove(endpoint: Endpoint): void {
    const entry = this.#entries.get(endpoint);
    if (!entry?.endpoints.delete(endpoint)) return;
    const unused = entry.endpoints.size === 0;
    if (entry instanceof LinearEntry) {
      if (endpoint.kind === 'remote') this.#quota.give(endpoint.bus, entry.size);
      if (unused) this.#linear.remove(entry);
    } else if (unused) this.#native.remove(entry);
  }

  match(topic: string, found: Endpoint[]): void {
    const entries: PatternEntry[] = [];
    this.#native.match(topic, entries);
    this.#linear.match(topic, entries);
    const system = isSystem(topic);
    for (const entry of entries) {
      if (system && !entry.readsSystem) continue;
      for (const endpoint of entry.endpoints) found.push(endpoint);
    }
  }

  matches(endpoint: Endpoint, topic: string): boolean {
    const entry = this.#entries.get(endpoint);
    if (entry === undefined) return false;
    return (entry.readsSystem || !isSystem(topic)) && entry.test(topic);
  }

  /** After every glob; among RegExps the longer literal text it begins with is the more specific. */
  specificity(pattern: Pattern): string {
    const length = isRegExp(pattern) ? literalPrefix(sourceOf(pattern)).length : 0;
    return `:${String(99 - length).padStart(2, '0')}`;
  }

  inspect(): RegexReport {
    return {
      v8: { patterns: this.#native.size, withoutPrefix: this.#native.unprefixed },
      linear: { patterns: this.#linear.size },
    };
  }

  #addNative(pattern: PatternSource): NativeEntry {
    const known = this.#native.find(keyOf(pattern));
    if (known !== undefined) return known;
    const entry = new NativeEntry(pattern);
    this.#native.add(entry);
    return entry;
  }

  #addLinear(endpoint: Endpoint, pattern: PatternSource): LinearEntry {
    const known = this.#linear.find(keyOf(pattern));
    const entry = known ?? new LinearEntry(pattern);
    if (endpoint.kind === 'remote') this.#quota.take(endpoint.bus, entry.size, pattern);
    if (known === undefined) this.#linear.add(entry);
    return entry;
  }
}

function isSystem(topic: string): boolean {
  return topic.startsWith('$bus.');
}
