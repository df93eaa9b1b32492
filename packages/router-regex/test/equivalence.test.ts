import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearEntry } from '../src/linear/patterns.ts';
import { literalPrefix } from '../src/literal-prefix.ts';
import { RegexMatcher } from '../src/matcher.ts';
import { sourceOf } from '../src/source.ts';
import { linearRegExp, topic } from './support/arbitraries.ts';
import { endpointOf, found } from './support/endpoints.ts';

/** Without `g`, whose `lastIndex` would leak from test to test. */
function oracle(pattern: RegExp, text: string): boolean {
  return new RegExp(pattern.source, pattern.flags.replace('g', '')).test(text);
}

describe('the linear engine', () => {
  it('matches what V8 matches', () => {
    fc.assert(
      fc.property(
        linearRegExp,
        fc.array(topic, { minLength: 8, maxLength: 8 }),
        (pattern, topics) => {
          const entry = new LinearEntry(sourceOf(pattern));
          for (const text of topics)
            expect([text, entry.test(text)]).toEqual([text, oracle(pattern, text)]);
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe('the literal prefix', () => {
  it('begins every topic that matches', () => {
    fc.assert(
      fc.property(
        linearRegExp,
        fc.array(topic, { minLength: 8, maxLength: 8 }),
        (pattern, topics) => {
          const prefix = literalPrefix(sourceOf(pattern));
          for (const text of topics) {
            if (oracle(pattern, text)) expect(text.startsWith(prefix)).toBe(true);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe.each(['v8', 'linear'] as const)('the %s matcher', (engine) => {
  it('finds what a loop over all patterns finds, while patterns come and go', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ add: linearRegExp, remote: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ match: topic }) },
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120, size: 'max' }),
        fc.array(topic),
        (steps, topics) => {
          const matcher = new RegexMatcher(engine);
          const live = new Set<ReturnType<typeof endpointOf>>();
          const check = (text: string) => {
            const expected = [...live].filter(({ pattern }) => oracle(pattern as RegExp, text));
            const actual = found(matcher, text);
            expect(actual.length).toBe(expected.length);
            expect(new Set(actual)).toEqual(new Set(expected));
            for (const endpoint of live) {
              expect(matcher.matches(endpoint, text)).toBe(expected.includes(endpoint));
            }
          };
          for (const action of steps) {
            if ('add' in action) {
              const endpoint = endpointOf(action.add, action.remote ? 'there' : undefined);
              matcher.add(endpoint);
              live.add(endpoint);
            } else if ('remove' in action) {
              const gone = [...live][action.remove % Math.max(live.size, 1)];
              if (gone === undefined) continue;
              matcher.remove(gone);
              live.delete(gone);
            } else check(action.match);
          }
          for (const text of topics) check(text);
        },
      ),
      { numRuns: 60 },
    );
  });
});
