/**
 * What patterns mean in the fewest words, as slow as it likes: the oracle of the property tests.
 * It knows text, `*`, `?`, `**` and braces that are not nested.
 */
export function naiveMatch(pattern: string, topic: string): boolean {
  if (topic.startsWith('$bus.') && !pattern.startsWith('$bus')) return false;
  return expand(pattern).some((source) => segmentsMatch(source.split('.'), topic.split('.')));
}

function expand(pattern: string): string[] {
  const group = /^([^{]*)\{([^{}]*)\}(.*)$/.exec(pattern);
  if (group === null) return [pattern];
  const [, before = '', choices = '', after = ''] = group;
  return choices.split(',').flatMap((choice) => expand(before + choice + after));
}

function segmentsMatch(pattern: readonly string[], topic: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return topic.length === 0;
  const [segment, ...others] = topic;
  if (first === '**') {
    return segmentsMatch(rest, topic) || (segment !== undefined && segmentsMatch(pattern, others));
  }
  return segment !== undefined && textMatches(first, segment) && segmentsMatch(rest, others);
}

function textMatches(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const rest = pattern.slice(1);
  if (pattern[0] === '*') {
    return textMatches(rest, text) || (text !== '' && textMatches(pattern, text.slice(1)));
  }
  return (
    text !== '' &&
    (pattern[0] === '?' || pattern[0] === text[0]) &&
    textMatches(rest, text.slice(1))
  );
}

/** Every topic of up to `longest` of these segments. */
export function topicsOf(segments: readonly string[], longest: number): string[] {
  const topics: string[] = [];
  let ends: string[] = [''];
  for (let length = 1; length <= longest; length++) {
    ends = ends.flatMap((start) => segments.map((one) => (start === '' ? one : `${start}.${one}`)));
    topics.push(...ends);
  }
  return topics;
}
