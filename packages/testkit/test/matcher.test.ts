import { routerGlob } from '@bus/router-glob';
import { routerRegex } from '@bus/router-regex';
import { describe, expect, test } from 'vitest';
import { collectingRunner, matcherConformance } from '../src/index.ts';
import { matcherMutants, plainRouter } from './mutants/matchers.ts';
import { expressions, globs } from './support/pattern-suites.ts';

const runner = {
  test: (title: string, run: () => Promise<void>): void => test(title, run, 20_000),
  skip: (title: string): void => test.skip(title, () => undefined),
};

matcherConformance({ name: 'router-glob', runner, create: () => routerGlob(), ...globs });
for (const seed of [1, 2]) {
  for (const engine of ['v8', 'linear'] as const) {
    matcherConformance({
      name: `router-regex, ${engine}`,
      runner,
      create: () => routerRegex({ engine }),
      ...expressions,
      seed,
    });
  }
}
matcherConformance({ name: 'a plain router', runner, create: plainRouter, ...globs });

describe('a router that', () => {
  test.each(matcherMutants)('$name is caught by its case', async ({ caughtBy, create }) => {
    const collecting = collectingRunner();
    matcherConformance({ name: 'it', runner: collecting, create, ...globs });
    const [result] = await collecting.run(`it: ${caughtBy}`);
    expect(result).toMatchObject({ outcome: 'failed' });
  });
});
