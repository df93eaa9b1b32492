import type { AnyPlugin, Pattern } from '@bus/core';
import type { TestRunner } from '../runner.ts';

/** What one pattern means, by example. */
export interface MatcherSample {
  /** One that the router must claim. */
  readonly pattern: Pattern;
  /** Topics it matches. */
  readonly matches: readonly string[];
  /** Topics it does not match. */
  readonly misses: readonly string[];
}

/** What {@link matcherConformance} takes. */
export interface MatcherConformanceOptions {
  /** Stands before every title. */
  readonly name: string;
  /** Where the tests are registered. */
  readonly runner: TestRunner;
  /** The router's plugin, fresh for every test; it runs inside a real bus. */
  create(): AnyPlugin;
  /** What patterns mean, by example; take at least one of each kind the router knows. */
  readonly samples: readonly MatcherSample[];
  /** What a pattern means, written as slowly and as plainly as possible: the router is held to it. */
  matches(pattern: Pattern, topic: string): boolean;
  /**
   * A pattern by chance, decided by `random` alone, which is uniform in [0, 1). Of few segments, and
   * those of {@link topics}, so that many match.
   */
  pattern(random: () => number): Pattern;
  /**
   * What to try patterns on; default topics of one to three of `a`, `b`, `ab`, `constructor` and
   * `__proto__`, and those of {@link samples}. Topics of the bus itself are always added.
   */
  readonly topics?: readonly string[] | undefined;
  /** Patterns from the most specific to the least, each less specific than the one before. */
  readonly order: readonly Pattern[];
  /** Decides what happens by chance; default 1. Stands in the titles of the tests it matters to. */
  readonly seed?: number | undefined;
}
