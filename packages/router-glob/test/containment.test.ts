import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, contains, overlaps } from '../src/index.ts';
import { naiveMatch, topicsOf } from './support/naive-glob.ts';

// With a text that stands in no pattern, topics this long tell any two of these patterns apart.
const topics = topicsOf(['a', 'b', 'z', '$bus'], 6);
const part = fc.constantFrom('a', 'b', 'a', '*', '**', '{a,b}', '{a,*}', '{a.b,b}', '$bus');
const simple = fc
  .array(part, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('.'))
  .filter((pattern) => pattern.split('**').length <= 3);
const marked = fc
  .array(fc.constantFrom('a', 'b', '*', '**', 'a*', '?', '@(a|b)', '[!a]', '$b*', '$bus'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.join('.'))
  .filter((pattern) => pattern.split('**').length <= 3);

// Two letters in a pattern and a third in the texts tell any two of these apart.
const starred = fc
  .array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 4 })
  .map((characters) => characters.join('').replace(/\*+/g, '*'))
  .chain((first) => fc.constantFrom(first, `{${first},ab*}`, `{${first},b}`));
const longTexts = textsOf(['a', 'b', 'z'], 7);

function textsOf(letters: readonly string[], longest: number): string[] {
  const all: string[] = [];
  let ends = [''];
  for (let length = 1; length <= longest; length++) {
    ends = ends.flatMap((start) => letters.map((letter) => start + letter));
    all.push(...ends);
  }
  return all;
}

const yes: readonly (readonly [outer: string, inner: string])[] = [
  ['**', 'a.b'],
  ['**', 'a.*'],
  ['*.**', '**'],
  ['**', '*.**'],
  ['a.**', 'a'],
  ['a.**', 'a.*.b'],
  ['{a,b}.*', 'a.x'],
  ['{a,b}.*', '{b,a}.c'],
  ['{a,a.*,a.*.**}', 'a.**'],
  ['**.b', 'a.**.b'],
  ['orders.eu*', 'orders.eu1'],
  ['orders.eu*', 'orders.eu*'],
  ['orders.eu*', 'orders.eu1*'],
  ['*u*.**', 'eu-*.x'],
  ['{eu*,us*}', '{us-west*,eu-*}'],
  ['{a,b}.x', '@(a|b).x'],
  ['*.*', 'eu*.x'],
  ['$bus.**', '$bus.peer.*'],
];
const no: readonly (readonly [outer: string, inner: string])[] = [
  ['*', '**'],
  ['a.*', 'a.**'],
  ['{a,b}.*', '*.c'],
  ['a.b', 'a.*'],
  ['**.b', '**'],
  ['**', '$bus.**'],
  ['*.*', '$bus.*'],
  ['*.x', '$bus*.x'],
  ['$bus.*', '*.*'],
  ['orders.eu*', 'orders.*'],
  ['orders.eu1*', 'orders.eu*'],
  ['*-eu', '*-eu*'],
];

describe('contains', () => {
  it.each(yes)('%s contains %s', (outer, inner) => {
    expect(contains(outer, inner)).toBe(true);
    expect(overlaps(outer, inner)).toBe(true);
  });

  it.each(no)('%s does not contain %s', (outer, inner) => {
    expect(contains(outer, inner)).toBe(false);
  });

  it('is exact for text, wildcards and braces', () => {
    fc.assert(
      fc.property(simple, simple, (outer, inner) => {
        const expected = topics.every(
          (topic) => !naiveMatch(inner, topic) || naiveMatch(outer, topic),
        );
        expect([outer, inner, contains(outer, inner)]).toEqual([outer, inner, expected]);
      }),
      { numRuns: 300 },
    );
  });

  it('is exact for * within a segment', () => {
    fc.assert(
      fc.property(starred, starred, (outer, inner) => {
        const expected = longTexts.every(
          (text) => !naiveMatch(inner, text) || naiveMatch(outer, text),
        );
        expect([outer, inner, contains(outer, inner)]).toEqual([outer, inner, expected]);
      }),
      { numRuns: 300 },
    );
  });

  it('never says yes wrongly', () => {
    fc.assert(
      fc.property(marked, marked, (outer, inner) => {
        if (!contains(outer, inner)) return;
        const [reads, mayRead] = [compileGlob(inner), compileGlob(outer)];
        const leaks = [...topics, 'ab', 'ab.a', '$b.a', '$busy', '$busy.a'].filter(
          (topic) => reads(topic) && !mayRead(topic),
        );
        expect([outer, inner, leaks]).toEqual([outer, inner, []]);
      }),
      { numRuns: 500 },
    );
  });

  it('reads patterns without regard to case where told to', () => {
    expect(contains('Orders.*', 'ORDERS.a')).toBe(false);
    expect(contains('Orders.*', 'ORDERS.a', { nocase: true })).toBe(true);
    expect(contains('$bus.x', '*.x', { nocase: true })).toBe(false);
  });

  it('refuses what is no pattern', () => {
    expect(() => contains('**', 'a..b')).toThrow(/empty segment/);
    expect(() => overlaps('a**', 'a')).toThrow(/longer segment/);
  });
});

describe('overlaps', () => {
  it('is exact for text, wildcards and braces', () => {
    fc.assert(
      fc.property(simple, simple, (a, b) => {
        const expected = topics.some((topic) => naiveMatch(a, topic) && naiveMatch(b, topic));
        expect([a, b, overlaps(a, b)]).toEqual([a, b, expected]);
        expect(overlaps(b, a)).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('is exact for * within a segment', () => {
    fc.assert(
      fc.property(starred, starred, (a, b) => {
        const expected = longTexts.some((text) => naiveMatch(a, text) && naiveMatch(b, text));
        expect([a, b, overlaps(a, b)]).toEqual([a, b, expected]);
      }),
      { numRuns: 300 },
    );
  });

  it('never says no wrongly', () => {
    fc.assert(
      fc.property(marked, marked, (a, b) => {
        if (overlaps(a, b)) return;
        const [reads, readsToo] = [compileGlob(a), compileGlob(b)];
        const shared = topics.filter((topic) => reads(topic) && readsToo(topic));
        expect([a, b, shared]).toEqual([a, b, []]);
      }),
      { numRuns: 500 },
    );
  });

  it('tells segments apart that begin differently', () => {
    expect(overlaps('eu*.x', 'us*.x')).toBe(false);
    expect(overlaps('eu*.x', '*1.x')).toBe(true);
    expect(overlaps('eu*', 'us1')).toBe(false);
  });

  it('reads patterns without regard to case where told to', () => {
    expect(overlaps('A.*', 'a.b')).toBe(false);
    expect(overlaps('A.*', 'a.b', { nocase: true })).toBe(true);
  });
});
