import type { Pattern } from '@bus/core';
import type { MatcherConformanceOptions } from '../../src/index.ts';

type Suite = Omit<MatcherConformanceOptions, 'name' | 'runner' | 'create'>;

function oneOf<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

function some(random: () => number, choices: readonly string[]): string[] {
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => oneOf(random, choices));
}

/** Globs in the fewest words: text, `*` and `**`. */
function globMatches(pattern: readonly string[], topic: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  const [segment, ...others] = topic;
  if (first === undefined) return segment === undefined;
  if (first === '**') {
    return globMatches(rest, topic) || (segment !== undefined && globMatches(pattern, others));
  }
  if (segment === undefined || (first !== '*' && first !== segment)) return false;
  return globMatches(rest, others);
}

export const globs: Suite = {
  samples: [
    { pattern: 'a.*', matches: ['a.b', 'a.constructor'], misses: ['a', 'a.b.c', 'b.b'] },
    { pattern: '**', matches: ['a', 'a.b', '__proto__'], misses: ['$bus.peer.up'] },
    { pattern: 'a.**', matches: ['a', 'a.b', 'a.b.c'], misses: ['ab', 'b.a'] },
    { pattern: '**.b', matches: ['b', 'a.b', 'a.a.b'], misses: ['b.a', 'ab'] },
    { pattern: '*.constructor', matches: ['a.constructor'], misses: ['constructor'] },
    { pattern: '$bus.**', matches: ['$bus.peer.up'], misses: ['a'] },
  ],
  matches(pattern: Pattern, topic: string) {
    const text = String(pattern);
    if (topic.startsWith('$bus.') && !text.startsWith('$bus')) return false;
    return globMatches(text.split('.'), topic.split('.'));
  },
  pattern: (random) => some(random, ['a', 'b', 'ab', 'constructor', '*', '*', '**']).join('.'),
  order: ['a.*', '*.a', '*.*', '**'],
};

export const expressions: Suite = {
  samples: [
    { pattern: /^a\./, matches: ['a.b', 'a.b.c'], misses: ['a', 'ab.a'] },
    { pattern: /b$/, matches: ['b', 'ab', 'a.b'], misses: ['b.a'] },
    { pattern: /a/i, matches: ['a', 'b.ab'], misses: ['b'] },
    { pattern: /(^|\.)__proto__$/, matches: ['__proto__', 'a.__proto__'], misses: ['constructor'] },
    { pattern: /^\$bus\.peer\./, matches: ['$bus.peer.up'], misses: ['$bus.endpoint.added', 'a'] },
  ],
  matches(pattern: Pattern, topic: string) {
    const { source, flags } = pattern as RegExp;
    if (topic.startsWith('$bus.') && !source.startsWith('^\\$bus')) return false;
    return new RegExp(source, flags).test(topic);
  },
  pattern(random) {
    const text = some(random, ['a', 'b', 'ab', '\\.', '[ab]', '.*', 'con']).join('');
    return new RegExp(oneOf(random, ['', '^']) + text + oneOf(random, ['', '$']));
  },
  order: [/^a\.b\./, /^a\./, /b/],
};
