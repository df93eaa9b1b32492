import { matcherConformance } from '@bus/testkit';
import { test } from 'vitest';
import { routerAcme } from '../src/index.ts';

const segments = ['a', 'b', 'ab', 'constructor', '*'];

function oneOf(random: () => number, choices: readonly string[]): string {
  return choices[Math.floor(random() * choices.length)] ?? 'a';
}

matcherConformance({
  name: 'router-acme',
  runner: {
    test: (title, run) => test(title, run, 20_000),
    skip: (title, reason) => test.skip(`${title} (${reason})`),
  },
  create: () => routerAcme(),
  samples: [
    { pattern: 'a.*', matches: ['a.b', 'a.constructor'], misses: ['a', 'a.b.c', 'b.b'] },
    { pattern: '*.a', matches: ['a.a', 'b.a'], misses: ['a', 'a.b'] },
    { pattern: 'a.>', matches: ['a.b', 'a.b.c'], misses: ['a', 'ab', 'b.a'] },
    { pattern: '>', matches: ['a', 'a.b', '__proto__'], misses: ['$bus.peer.up'] },
    { pattern: '$bus.>', matches: ['$bus.peer.up'], misses: ['a'] },
  ],
  // The meaning once more, by other means: the router is held to it.
  matches(pattern, topic) {
    const text = String(pattern);
    if (topic.startsWith('$bus.') && !text.startsWith('$bus')) return false;
    const source = text
      .replaceAll('.', '\\.')
      .replaceAll('$', '\\$')
      .replaceAll('*', '[^.]+')
      .replace(/>$/, '.+');
    return new RegExp(`^${source}$`).test(topic);
  },
  pattern(random) {
    const count = 1 + Math.floor(random() * 3);
    const text = Array.from({ length: count }, () => oneOf(random, segments));
    return random() < 0.3 ? [...text, '>'].join('.') : text.join('.');
  },
  order: ['a.*', 'a.>', '*.a', '*.*', '>'],
});
