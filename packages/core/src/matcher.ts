import type { Endpoint } from './endpoint.ts';
import type { Pattern } from './syntax.ts';

/**
 * Finds endpoints for a topic. The kernel keeps what it finds per topic, so a matcher is asked when
 * a topic is first seen and when an endpoint came or went, never per message.
 */
export interface Matcher {
  /** The kind of pattern it reads, such as `glob`. */
  readonly name: string;
  /** How many topics the kernel is to keep routes for; default, and least, its own 4096. */
  readonly cache?: number | undefined;
  /** Called after `claim` chose this matcher. */
  add(endpoint: Endpoint): void;
  /** Called when an endpoint it was given goes. */
  remove(endpoint: Endpoint): void;
  /** Pushes every added endpoint that matches, each once, in any order. */
  match(topic: string, found: Endpoint[]): void;
  /**
   * Whether this one endpoint matches: decides which cached topics its coming and going touches, so
   * it is asked of removed ones too.
   */
  matches(endpoint: Endpoint, topic: string): boolean;
  /**
   * Orders patterns among equals: the smaller string is the more specific. Character by segment: `0`
   * literal, `1` complex, `2` one wildcard, `3` many, then `9`; `:` sorts after all of them.
   */
  specificity(pattern: Pattern): string;
}
