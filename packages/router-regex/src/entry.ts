import type { Endpoint } from '@bus/core';
import { literalPrefix } from './literal-prefix.ts';
import type { PatternSource } from './source.ts';
import { readsSystemTopics } from './source.ts';

/** One pattern with all its endpoints. Equal patterns share an entry and are tried once. */
export abstract class PatternEntry {
  readonly key: string;
  /** The literal text that every match begins with. */
  readonly prefix: string;
  readonly readsSystem: boolean;
  readonly endpoints: Set<Endpoint> = new Set();

  constructor(pattern: PatternSource) {
    this.key = keyOf(pattern);
    this.prefix = literalPrefix(pattern);
    this.readsSystem = readsSystemTopics(pattern);
  }

  abstract test(topic: string): boolean;
}

/** Identifies a pattern by its text and flags. */
export function keyOf({ source, flags }: PatternSource): string {
  return `${flags}/${source}`;
}
