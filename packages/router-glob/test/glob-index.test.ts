import { collectGarbage } from '@bus/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob } from '../src/compile-glob.ts';
import { GlobIndex } from '../src/glob-index.ts';
import { naiveMatch, topicsOf } from './support/naive-glob.ts';

interface Route {
  readonly pattern: string;
}

function found(index: GlobIndex<Route>, topic: string): string[] {
  const routes: Route[] = [];
  index.match(topic, routes);
  return routes.map(({ pattern }) => pattern).sort();
}

const text = fc.constantFrom('a', 'b', 'ab', '$bus', '__proto__');
const part = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 3, arbitrary: fc.constantFrom('*', '**') },
  { weight: 2, arbitrary: fc.constantFrom('a*', '*b', '?', 'a?', '*a*', '$b*') },
  { weight: 1, arbitrary: fc.constantFrom('{a,b}', '{a,*}', '{a.b,**}', '{**,a}', 'a{,b}') },
);
const pattern = fc
  .array(part, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('.'))
  .filter((written) => written.split('**').length <= 4);
const topics = topicsOf(['a', 'b', 'ab', '$bus', '__proto__'], 4);

describe('the index', () => {
  it('finds what a naive matcher finds, whatever came and went before', () => {
    const steps = fc.array(fc.record({ add: fc.boolean(), pattern, at: fc.nat() }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const index = new GlobIndex<Route>(false);
        const there: Route[] = [];
        for (const step of all) {
          if (step.add || there.length === 0) {
            const route = { pattern: step.pattern };
            there.push(route);
            index.add(route.pattern, route);
          } else {
            const [gone] = there.splice(step.at % there.length, 1);
            if (gone) index.remove(gone.pattern, gone);
          }
        }
        for (const topic of topics) {
          const expected = there.filter((route) => naiveMatch(route.pattern, topic));
          expect(found(index, topic)).toEqual(expected.map((route) => route.pattern).sort());
        }
      }),
      { numRuns: 60 },
    );
  });

  it('finds what a naive matcher finds where many segments have marks', () => {
    const character = fc.constantFrom('a', 'b', '?', '*');
    const segment = fc
      .array(character, { minLength: 1, maxLength: 4 })
      .map((characters) => characters.join('').replace(/\*+/g, '*'));
    const patterns = fc.uniqueArray(
      fc.array(segment, { minLength: 1, maxLength: 2 }).map((segments) => segments.join('.')),
      { minLength: 20, maxLength: 80 },
    );
    const shortTopics = topicsOf(['a', 'b', 'ab', 'ba', 'abb', 'abab', 'bbbbb'], 2);
    fc.assert(
      fc.property(patterns, fc.nat(), (all, kept) => {
        const index = new GlobIndex<Route>(false);
        const routes = all.map((written) => ({ pattern: written }));
        for (const route of routes) index.add(route.pattern, route);
        const there = routes.splice(0, kept % routes.length);
        for (const gone of routes) index.remove(gone.pattern, gone);
        for (const topic of shortTopics) {
          const expected = there.filter((route) => naiveMatch(route.pattern, topic));
          expect(found(index, topic)).toEqual(expected.map((route) => route.pattern).sort());
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([false, true])('finds what compiled patterns match, with nocase %s', (nocase) => {
    const piece = fc.constantFrom(
      ...['a', 'B', 'k', '?', '[ab]', '[!a]', '[a-zK]', '[[:digit:]]', '@(a|b)', '?(ab)'],
      ...['@(a|ab|b?)', '+(a)', '*(ab)', '@(a*|b)', '\\?'],
    );
    const segment = fc
      .tuple(fc.array(piece, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([pieces, open]) => pieces.join('') + (open ? '*' : ''));
    const patterns = fc.uniqueArray(
      fc
        .oneof(segment, fc.constant('!(a|b?)'))
        .chain((first) => fc.constantFrom(first, `${first}.a`, `${first}.${first}`, `**.${first}`))
        .filter(isValid),
      { minLength: 20, maxLength: 60 },
    );
    const mixedTopics = topicsOf(['a', 'B', 'ab', 'Ak', 'b1', 'aab', 'kaba', 'ABK'], 2);
    fc.assert(
      fc.property(patterns, fc.nat(), (all, kept) => {
        const index = new GlobIndex<Route>(nocase);
        const routes = all.map((written) => ({ pattern: written }));
        for (const route of routes) index.add(route.pattern, route);
        const there = routes.splice(0, kept % routes.length);
        for (const gone of routes) index.remove(gone.pattern, gone);
        const compiled = there.map(
          (route) => [route, compileGlob(route.pattern, { nocase })] as const,
        );
        for (const topic of mixedTopics) {
          const expected = compiled.filter(([, matches]) => matches(topic));
          expect(found(index, topic)).toEqual(expected.map(([route]) => route.pattern).sort());
        }
      }),
      { numRuns: 40 },
    );
  });

  it('answers for one pattern as it does for all', () => {
    fc.assert(
      fc.property(pattern, (written) => {
        const index = new GlobIndex<Route>(false);
        for (const topic of topics) {
          expect(index.matches(written, topic)).toBe(naiveMatch(written, topic));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('finds a value once, however many of its alternatives match', () => {
    const index = new GlobIndex<Route>(false);
    const route = { pattern: '{a,*,**}.{b,?}' };
    index.add(route.pattern, route);
    expect(found(index, 'a.b')).toEqual([route.pattern]);
    index.remove(route.pattern, route);
    expect(found(index, 'a.b')).toEqual([]);
  });

  it('keeps values of one pattern apart', () => {
    const index = new GlobIndex<Route>(false);
    const routes = Array.from({ length: 5 }, () => ({ pattern: 'a.*' }));
    for (const route of routes) index.add(route.pattern, route);
    for (const [i, route] of routes.entries()) {
      expect(found(index, 'a.b')).toHaveLength(5 - i);
      index.remove(route.pattern, route);
    }
    expect(found(index, 'a.b')).toEqual([]);
  });

  it('finds nothing for a topic with an empty segment', () => {
    const index = new GlobIndex<Route>(false);
    for (const written of ['**', 'a.**', '**.a', '*.*', '**.b.**']) {
      index.add(written, { pattern: written });
    }
    for (const topic of ['', '.', '.a', 'a.', 'a..a', 'a.b..c', 'a.b.']) {
      expect(found(index, topic)).toEqual([]);
    }
  });

  it('finds text in either case where told to', () => {
    const index = new GlobIndex<Route>(true);
    for (const written of ['Orders.Eu', 'orders.*', 'ORDERS.E[T-V]', '$BUS.x', '**']) {
      index.add(written, { pattern: written });
    }
    expect(found(index, 'oRDERS.eU')).toEqual(['**', 'ORDERS.E[T-V]', 'Orders.Eu', 'orders.*']);
    expect(found(index, '$bus.x')).toEqual([]);
    expect(found(index, '$Bus.x')).toEqual(['$BUS.x', '**']);
  });

  it('finds a value once where a segment that stands for texts is repeated', () => {
    const index = new GlobIndex<Route>(false);
    const route = { pattern: '@(a|b).@(a|b)' };
    index.add(route.pattern, route);
    for (const topic of ['a.a', 'a.b', 'b.a', 'b.b']) {
      expect(found(index, topic)).toEqual([route.pattern]);
    }
    index.remove(route.pattern, route);
    for (const topic of ['a.a', 'a.b', 'b.a', 'b.b']) expect(found(index, topic)).toEqual([]);
  });

  it('takes 200,000 values of one pattern', () => {
    const index = new GlobIndex<Route>(false);
    const routes = Array.from({ length: 200_000 }, () => ({ pattern: 'a.{b,*}' }));
    for (const route of routes) index.add(route.pattern, route);
    expect(found(index, 'a.b')).toHaveLength(200_000);
    for (const route of routes) index.remove(route.pattern, route);
    expect(found(index, 'a.b')).toEqual([]);
  });

  it('keeps nothing of a value that was removed', async () => {
    const index = new GlobIndex<Route>(false);
    const patterns = ['a.*', 'a.**', '{a,b}.c', 'e*.x', '@(a|b).c', '$bus.**'];
    const removed = patterns.map((written) => {
      const route = { pattern: written };
      index.add(written, route);
      for (const topic of ['a.c', 'e1.x', '$bus.a']) found(index, topic);
      index.remove(written, route);
      return new WeakRef(route);
    });
    await collectGarbage();
    expect(removed.filter((route) => route.deref() !== undefined)).toEqual([]);
  });

  it('adds nothing of a pattern that is refused', () => {
    const index = new GlobIndex<Route>(false);
    expect(() => index.add('{a,b,c..d}', { pattern: '' })).toThrow(/empty segment/);
    for (const topic of ['a', 'b', 'c.d']) expect(found(index, topic)).toEqual([]);
  });

  it('does not take what was never added for what was', () => {
    const index = new GlobIndex<Route>(false);
    const route = { pattern: 'a.*' };
    index.add(route.pattern, route);
    for (const written of ['a.*', 'a.b', 'a.**', 'x.y*', 'a.b*']) {
      index.remove(written, { pattern: written });
    }
    expect(found(index, 'a.b')).toEqual(['a.*']);
  });
});

function isValid(written: string): boolean {
  try {
    compileGlob(written);
    return true;
  } catch {
    return false;
  }
}
