import type { GlobPattern, Segment } from './glob-pattern.ts';

/**
 * Whether a pattern matches a topic.
 *
 * @param text - the topic, in lower case where the pattern was read without regard to case.
 */
export function matchesPattern(pattern: GlobPattern, topic: string, text: string): boolean {
  if (!pattern.system && topic.startsWith('$bus.')) return false;
  const [first] = pattern.alternatives;
  if (first !== undefined && pattern.alternatives.length === 1) return matchesSegments(first, text);
  return pattern.alternatives.some((segments) => matchesSegments(segments, text));
}

/**
 * As each of the others reads one segment, only the last `**` ever has to be tried again. A topic
 * with an empty segment matches nothing.
 */
function matchesSegments(segments: readonly Segment[], topic: string): boolean {
  let step = 0;
  let start = 0;
  let retryStep = -1;
  let retryStart = 0;
  while (start <= topic.length) {
    const segment = segments[step];
    if (segment?.kind === 'many') {
      step++;
      retryStep = step;
      retryStart = start;
      continue;
    }
    const end = endOfSegment(topic, start);
    if (end === start) return false;
    if (segment !== undefined && reads(segment, topic, start, end)) {
      step++;
      start = end + 1;
    } else {
      if (retryStep < 0) return false;
      retryStart = endOfSegment(topic, retryStart) + 1;
      start = retryStart;
      step = retryStep;
    }
  }
  return (
    step === segments.length || (step === segments.length - 1 && segments[step]?.kind === 'many')
  );
}

function endOfSegment(topic: string, start: number): number {
  const dot = topic.indexOf('.', start);
  return dot < 0 ? topic.length : dot;
}

function reads(segment: Segment, topic: string, start: number, end: number): boolean {
  const { kind, text, matcher } = segment;
  if (kind === 'one') return true;
  if (kind === 'literal') return text.length === end - start && topic.startsWith(text, start);
  return matcher?.test(topic.substring(start, end)) ?? false;
}
