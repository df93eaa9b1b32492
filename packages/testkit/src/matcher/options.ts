import type { AnyPlugin, Pattern } from '@bus/core';
import type { TestRunner } from '../runner.ts';

/** What one pattern means, by example. */
export interface MatcherSample {
  readonly pattern: Pattern;
  readonly matches: readonly string[];
  readonly misses: readonly string[];
}

/** What {@link matcherConformance} takes. */
export interface MatcherConformanceOptions {
  /** Stands before every title. */
  readonly name: string;
  readonly runner: TestRunner;
  /** The router's plugin, fresh; it runs inside a real bus. */
  create(): AnyPlugin;
  /** Patterns that the router must claim. */
  readonly samples: readonly MatcherSample[];
  /** What a pattern means, written as slowly and as plainly as possible: the router is held to it. */
  matches(pattern: Pattern, topic: string): boolean;
  /** A pattern by chance. Few segments, from {@link topics}, so that many match. */
  pattern(random: () => number): Pattern;
  /** What to try patterns on; default topics of one to three of `a`, `b`, `ab`, `constructor` … */
  readonly topics?: readonly string[];
  /** Patterns from the most specific to the least. */
  readonly order: readonly Pattern[];
  /** Decides what happens by chance; default 1. Stands in the titles. */
  readonly seed?: number;
}
