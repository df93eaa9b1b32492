import { seeded } from './topics.mjs';

/** How many words there are in each place of a topic. */
const WORDS = [50, 200, 1000, 50, 20];
const SHORTEST = 3;
const COMPLEX_SHARE = 0.08;

/** @param {() => number} random */
function makers(random) {
  const below = (count) => Math.floor(random() * count);
  const word = (place) => `${'abcde'[place]}${below(WORDS[place])}`;
  const topic = () => {
    const length = SHORTEST + below(WORDS.length - SHORTEST + 1);
    return Array.from({ length }, (_, place) => word(place));
  };

  /** Half exact, 30 % with one `*`, 15 % ending in `**`, the rest with `**` inside. */
  const pattern = () => {
    const segments = topic();
    const kind = random();
    if (kind < 0.5) return segments;
    if (kind < 0.8) return segments.with(below(segments.length), '*');
    if (kind < 0.95) return [...segments.slice(0, 2 + below(segments.length - 2)), '**'];
    return [segments[0], '**', segments[segments.length - 1]];
  };

  /** A pattern with one segment that a trie cannot look up. */
  const complexPattern = () => {
    const segments = topic();
    const place = below(segments.length);
    const [letter, digit] = segments[place];
    const shapes = [`${letter}${digit}*`, `${letter}?${digit}`, `${letter}[${digit}x]*`];
    return segments.with(place, shapes[below(shapes.length)]);
  };

  /** A topic that `segments` matches. */
  const matching = (segments) =>
    segments.flatMap((segment, place) => {
      if (segment === '**') return Array.from({ length: below(3) }, () => word(3));
      return /[*?[]/.test(segment) ? word(Math.min(place, WORDS.length - 1)) : segment;
    });

  return { topic, pattern, complexPattern, matching };
}

/**
 * Distinct patterns as routing keys have them; `mixed` adds what is not a whole-segment wildcard.
 *
 * @param {number} count
 * @param {{ mixed?: boolean }} [options]
 */
export function globPatterns(count, { mixed = false } = {}) {
  const random = seeded(count);
  const { pattern, complexPattern } = makers(random);
  const patterns = new Set();
  while (patterns.size < count) {
    const isComplex = mixed && random() < COMPLEX_SHARE;
    patterns.add((isComplex ? complexPattern() : pattern()).join('.'));
  }
  return [...patterns];
}

/**
 * Makes topics that never come again, half of them to match one of the patterns.
 *
 * @param {string[]} patterns
 * @returns {() => string}
 */
export function newGlobTopics(patterns) {
  const random = seeded(patterns.length + 1);
  const { topic, matching } = makers(random);
  const seen = new Set();
  return () => {
    for (;;) {
      const pattern = patterns[Math.floor(random() * patterns.length)].split('.');
      const made = (random() < 0.5 ? matching(pattern) : topic()).join('.');
      if (seen.has(made)) continue;
      seen.add(made);
      return made;
    }
  };
}
