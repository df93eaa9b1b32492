import { foldCase } from './case-folding.ts';
import { parseGlob } from './glob-pattern.ts';
import { matchesPattern } from './match-pattern.ts';

/** How patterns are read. */
export interface GlobReading {
  /** Whether upper and lower case are the same. Default false. */
  readonly nocase?: boolean;
}

/**
 * Makes a predicate of one pattern, for lists of a few; `routerGlob` finds the matching ones of many.
 * @throws BUS_PATTERN_INVALID
 */
export function compileGlob(pattern: string, reading?: GlobReading): (topic: string) => boolean {
  const nocase = reading?.nocase ?? false;
  const parsed = parseGlob(pattern, nocase);
  return (topic) => matchesPattern(parsed, topic, nocase ? foldCase(topic) : topic);
}
