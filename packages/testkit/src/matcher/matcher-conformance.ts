import { checkOptions } from '@bus/core';
import { cases } from './cases.ts';
import type { MatcherConformanceOptions } from './options.ts';

const known = [
  'name',
  'runner',
  'create',
  'samples',
  'matches',
  'pattern',
  'topics',
  'order',
  'seed',
] as const satisfies readonly (keyof MatcherConformanceOptions)[];

/**
 * Registers the suite for routers: the same endpoints are found as a plain reading of the patterns
 * finds, each once, whatever came and went before.
 * @example
 * ```ts
 * matcherConformance({
 *   name: 'prefixes',
 *   runner: { test, skip: (title, reason) => test.skip(`${title} (${reason})`) },
 *   create: () => routerPrefix(),
 *   samples: [{ pattern: 'a*', matches: ['a', 'ab'], misses: ['b.a'] }],
 *   matches: (pattern, topic) => topic.startsWith(String(pattern).slice(0, -1)),
 *   pattern: (random) => (random() < 0.5 ? 'a*' : 'ab*'),
 *   order: ['ab*', 'a*'],
 * });
 * ```
 */
export function matcherConformance(options: MatcherConformanceOptions): void {
  checkOptions('matcherConformance', options, known);
  const { name, runner, seed = 1 } = options;
  for (const { title, byChance, run } of cases) {
    const chance = byChance ? ` (seed ${seed})` : '';
    runner.test(`${name}: ${title}${chance}`, () => run(options));
  }
}
