import { cases } from './cases.ts';
import type { MatcherConformanceOptions } from './options.ts';

/**
 * Registers the suite for routers: the same endpoints are found as a plain reading of the patterns
 * finds, each once, whatever came and went before.
 */
export function matcherConformance(options: MatcherConformanceOptions): void {
  const { name, runner, seed = 1 } = options;
  for (const { title, byChance, run } of cases) {
    const chance = byChance ? ` (seed ${seed})` : '';
    runner.test(`${name}: ${title}${chance}`, () => run(options));
  }
}
