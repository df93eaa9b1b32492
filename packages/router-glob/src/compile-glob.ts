import { foldCase } from './case-folding.ts';
import type { Alternative, GlobPattern } from './glob-pattern.ts';
import { GlobReader } from './glob-pattern.ts';
import { many, matchesText } from './segment.ts';

/** Options for reading a pattern. */
export interface GlobReading {
  /** Ignores the difference between upper and lower case. Default false. */
  readonly nocase?: boolean;
}

/**
 * Compiles one pattern to a predicate, for short lists of patterns. `routerGlob` indexes long ones.
 * @throws BUS_PATTERN_INVALID
 */
export function compileGlob(pattern: string, reading?: GlobReading): (topic: string) => boolean {
  const nocase = reading?.nocase ?? false;
  const read = new GlobReader(nocase).read(pattern);
  return (topic) => matchesPattern(read, topic, nocase ? foldCase(topic) : topic);
}

/**
 * Whether a pattern matches a topic.
 *
 * @param text - the topic, in lower case if the pattern ignores case
 */
export function matchesPattern(pattern: GlobPattern, topic: string, text: string): boolean {
  if (!pattern.system && topic.startsWith('$bus.')) return false;
  const texts = text.split('.');
  return (
    !texts.includes('') && pattern.alternatives.some((segments) => matchesTexts(segments, texts))
  );
}

/** Every segment but `**` reads exactly one text, so only the last `**` ever needs another try. */
function matchesTexts(segments: Alternative, texts: readonly string[]): boolean {
  let step = 0;
  let at = 0;
  let retryStep = -1;
  let retryAt = 0;
  for (let text = texts[at]; text !== undefined; text = texts[at]) {
    const segment = segments[step];
    if (segment === many) {
      step++;
      retryStep = step;
      retryAt = at;
    } else if (segment !== undefined && matchesText(segment, text)) {
      step++;
      at++;
    } else {
      if (retryStep < 0) return false;
      retryAt++;
      at = retryAt;
      step = retryStep;
    }
  }
  while (segments[step] === many) step++;
  return step === segments.length;
}
