import { foldCase } from './case-folding.ts';
import type { Alternative, GlobPattern } from './glob-pattern.ts';
import { GlobReader } from './glob-pattern.ts';
import { many, matchesText } from './segment.ts';

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
  const read = new GlobReader(nocase).read(pattern);
  return (topic) => matchesPattern(read, topic, nocase ? foldCase(topic) : topic);
}

/**
 * Whether a pattern matches a topic.
 *
 * @param text - the topic, in lower case where the pattern was read without regard to case.
 */
export function matchesPattern(pattern: GlobPattern, topic: string, text: string): boolean {
  if (!pattern.system && topic.startsWith('$bus.')) return false;
  const texts = text.split('.');
  return (
    !texts.includes('') && pattern.alternatives.some((segments) => matchesTexts(segments, texts))
  );
}

/** Each of the others reads one segment, so only the last `**` ever has to be tried again. */
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
