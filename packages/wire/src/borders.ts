import type { Pattern } from '@bus/core';
import { compileGlob, contains, overlaps } from '@bus/router-glob';

const system = '$bus.';

/** What of a pattern may pass: all of it, what the patterns of a list match too, or nothing. */
export type Scope = 'all' | readonly string[] | undefined;

/** A list of patterns that says which topics may cross a link in one direction. */
export class Border {
  readonly #patterns: readonly string[];
  readonly #predicates: readonly ((topic: string) => boolean)[];

  /** @throws BUS_PATTERN_INVALID */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns;
    this.#predicates = patterns.map((pattern) => compileGlob(pattern));
  }

  /** Whether messages on a topic may pass. System topics only do where a pattern names them. */
  allows(topic: string): boolean {
    const isSystem = topic.startsWith(system);
    return this.#predicates.some(
      (matches, at) =>
        isSystem === (this.#patterns[at]?.startsWith(system) ?? false) && matches(topic),
    );
  }

  /** What of the topics a pattern matches may pass. */
  scope(pattern: Pattern): Scope {
    if (typeof pattern !== 'string') return this.#scopeOfRegExp(pattern);
    const isSystem = pattern.startsWith(system);
    const peers = this.#patterns.filter((own) => own.startsWith(system) === isSystem);
    if (peers.some((own) => contains(own, pattern))) return 'all';
    const touching = peers.filter((own) => overlaps(own, pattern));
    return touching.length > 0 ? touching : undefined;
  }

  /** What a RegExp matches cannot be told from its text, but for all that there is. */
  #scopeOfRegExp(pattern: RegExp): Scope {
    const isSystem = /^\^?\\?\$bus/.test(pattern.source);
    const peers = this.#patterns.filter((own) => own.startsWith(system) === isSystem);
    if (peers.includes('**') && !isSystem) return 'all';
    return peers.length > 0 ? peers : undefined;
  }
}
