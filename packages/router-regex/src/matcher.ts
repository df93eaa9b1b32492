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

/** The engines: V8's own, or one whose time grows only with the length of the topic. */
export type RegexEngine = (typeof engines)[number];

/** All values of {@link RegexEngine}. */
export const engines = ['v8', 'linear'] as const;

/** The router's part of `bus.inspect()`. */
export interface RegexReport {
  /** The number of distinct patterns that V8 runs, and of those that are tried on every new topic. */
  readonly v8: { readonly patterns: number; readonly withoutPrefix: number };
  readonly linear: { readonly patterns: number };
}

/**
 * Finds endpoints by RegExp. One matcher runs both engines, because the choice depends on the origin of
 * an endpoint, which its pattern does not tell.
 */
export class RegexMatcher implements Matcher {
  readonly name = 'router-regex';
  readonly #engine: RegexEngine;
  readonly #native = new NativePatterns();
  readonly #linear = new LinearPatterns();
  readonly #quota = new PeerQuota();
  /** Includes removed endpoints, because the kernel asks which cached topics a removal affects. */
  readonly #entries = new WeakMap<Endpoint, NativeEntry | LinearEntry>();

  constructor(engine: RegexEngine) {
    this.#engine = engine;
  }

  /** @throws BUS_PATTERN_INVALID if the linear engine has to run the pattern and cannot */
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

  /** RegExps rank after all globs. Among RegExps, a longer literal beginning is more specific. */
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
