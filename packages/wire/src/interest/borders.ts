import type { Pattern } from '@bus/core';
import { compileGlob, contains, overlaps } from '@bus/router-glob';

/** Whether a topic is the bus's own. */
export function isSystemTopic(topic: string): boolean {
  return topic.startsWith('$bus.');
}

/** Whether a pattern may match the bus's own topics, as the kernel sees it; others never do. */
export function readsSystemTopics(pattern: Pattern): boolean {
  return /^\^?\\?\$bus/.test(typeof pattern === 'string' ? pattern : pattern.source);
}

/** What of a pattern may pass: all of it, what the patterns of a list match too, or nothing. */
export type Scope = 'all' | readonly string[] | undefined;

interface Rule {
  readonly pattern: string;
  readonly isSystem: boolean;
  matches(topic: string): boolean;
}

/** A list of patterns that says which topics may cross a link in one direction. */
export class Border {
  readonly #rules: readonly Rule[];

  /** @throws BUS_PATTERN_INVALID */
  constructor(patterns: readonly string[]) {
    this.#rules = patterns.map((pattern) => ({
      pattern,
      isSystem: isSystemTopic(pattern),
      matches: compileGlob(pattern),
    }));
  }

  /** Whether messages on a topic may pass. System topics only do where a pattern names them. */
  allows(topic: string): boolean {
    const isSystem = isSystemTopic(topic);
    return this.#rules.some((rule) => rule.isSystem === isSystem && rule.matches(topic));
  }

  /** What of the topics a pattern matches may pass. */
  scope(pattern: Pattern): Scope {
    const isGlob = typeof pattern === 'string';
    const isSystem = isGlob ? isSystemTopic(pattern) : readsSystemTopics(pattern);
    const own = this.#rules.filter((rule) => rule.isSystem === isSystem);
    const patterns = own.map((rule) => rule.pattern);
    if (!isGlob) {
      // What a RegExp matches cannot be told from its text, but for all that there is.
      if (patterns.includes('**')) return 'all';
      return patterns.length > 0 ? patterns : undefined;
    }
    if (patterns.some((each) => contains(each, pattern))) return 'all';
    const touching = patterns.filter((each) => overlaps(each, pattern));
    return touching.length > 0 ? touching : undefined;
  }
}
