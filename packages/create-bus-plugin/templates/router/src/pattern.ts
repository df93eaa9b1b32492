import { busError } from '@bus/core';

// What the patterns of other routers are written with; no topic has these either.
const otherMarks = /[*?[\]{}()!\\/]/;

/**
 * Whether a text is a pattern of this router's; anything else is a topic, or another router's.
 * @throws BUS_PATTERN_INVALID
 */
export function isPattern(text: string): boolean {
  const segments = text.split('.');
  if (!segments.includes('*') && !segments.includes('>')) return false;
  if (segments.some((segment) => segment !== '*' && otherMarks.test(segment))) return false;
  if (segments.slice(0, -1).includes('>')) {
    const reason = "has a '>' that is not at its end: write '*' for one segment";
    throw busError('BUS_PATTERN_INVALID', `pattern '${text}' ${reason}`, { pattern: text, reason });
  }
  return true;
}

/** Whether a pattern matches a topic: `*` is one segment, `>` at the end is one or more. */
export function matchesTopic(pattern: string, topic: string): boolean {
  // The bus's own topics are for patterns that name them.
  if (topic.startsWith('$bus.') && !pattern.startsWith('$bus.')) return false;
  const wanted = pattern.split('.');
  const segments = topic.split('.');
  for (const [i, segment] of segments.entries()) {
    if (wanted[i] === '>') return true;
    if (wanted[i] !== '*' && wanted[i] !== segment) return false;
  }
  return segments.length === wanted.length;
}

/** Sorts patterns, the most specific first; see `Matcher.specificity` of `@bus/core`. */
export function specificityOf(pattern: string): string {
  const marks = pattern
    .split('.')
    .map((segment) => (segment === '>' ? '3' : segment === '*' ? '2' : '0'));
  return `${marks.join('')}9`;
}
