import { BusError } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { GlobIndex } from '../src/glob-index.ts';
import { compileGlob, contains, overlaps } from '../src/index.ts';

const segment = (text: string) => text.repeat(256).slice(0, 256);
const topics = [
  'a'.repeat(256),
  `${'a'.repeat(255)}x`,
  `${'a'.repeat(254)}bx`,
  segment('ab'),
  segment('aab'),
  `${segment('ab').slice(1)}!`,
  'a.'.repeat(127).concat('a'),
  'a.b.'.repeat(63).concat('x'),
  'b'.repeat(256),
];

const patterns = [
  '*(a|a?)b',
  '+(@(a|a))x',
  '+(a*)x',
  '+(a|aa)x',
  '+(?|??)x',
  '(a+)+b',
  '*a*a*a*a*a*a*a*a*a*ax',
  `${'*a'.repeat(127)}x`,
  `${'*?'.repeat(127)}x`,
  `${'*[ab]'.repeat(50)}x`,
  '*'.repeat(256),
  '*(a)*(a)*(a)*(a)x',
  '*(a)*(a)x',
  '*(ab)*(ab)x',
  '*(a)*x',
  '+(a)+(a)x',
  '*@(a|b)*x',
  '*@(a|b|ab)*x',
  '@(a*|a*)@(a*|a*)x',
  `${'?(a)'.repeat(19)}x`,
  `${'?(a)'.repeat(63)}x`,
  `${'?(aaaaaaaa)'.repeat(19)}x`,
  `${'@(a|aa)'.repeat(19)}x`,
  `${'@(a|aa)'.repeat(30)}x`,
  `${'@(a|?)'.repeat(19)}x`,
  '!(*a*a*a*b)',
  '!(*a*b)',
  '@(*(a)|*(a))x',
  '*(['.repeat(60),
  '*('.repeat(128),
  '{'.repeat(256),
  '{a,'.repeat(80),
  `${'{a,b}'.repeat(51)}`,
  `{${'{'.repeat(80)}a,b${'}'.repeat(80)},c}`,
  '**.a.'.repeat(51),
  '**.a.**.b.**.c',
  '*.'.repeat(127).concat('*'),
];

describe('patterns and topics meant to do harm', () => {
  it.each(patterns)('%s is refused or answered at once', (pattern) => {
    const started = performance.now();
    try {
      const matches = compileGlob(pattern);
      const index = new GlobIndex<{ pattern: string }>(false);
      index.add(pattern, { pattern });
      for (const topic of topics) {
        const found: { pattern: string }[] = [];
        index.match(topic, found);
        expect(found.length === 1).toBe(matches(topic));
      }
    } catch (error) {
      expect(BusError.is(error) && error.code).toBe('BUS_PATTERN_INVALID');
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('answers for many patterns of ** under a topic of many segments', () => {
    const index = new GlobIndex<{ pattern: string }>(false);
    for (const a of 'abcdefghij') {
      for (const b of 'abcdefghij') {
        for (const c of 'abcdefghij') {
          const pattern = `**.${a}.**.${b}.**.${c}`;
          index.add(pattern, { pattern });
        }
      }
    }
    const found: { pattern: string }[] = [];
    const started = performance.now();
    index.match('a.b.c.d.e.f.g.h.i.j.a.b.c.d.e.f.g.h.i.j.a.b.c.d.e.f.g.h.i.j.a.b.j', found);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(found.length).toBe(100);
  });

  it('keeps ten thousand segments of one beginning apart', () => {
    const index = new GlobIndex<{ pattern: string }>(false);
    for (let i = 0; i < 10_000; i++) index.add(`e${i}*`, { pattern: `e${i}*` });
    const found: { pattern: string }[] = [];
    index.match('e1234', found);
    expect(found.map(({ pattern }) => pattern).sort()).toEqual(['e1*', 'e12*', 'e123*', 'e1234*']);
  });

  it('compares patterns at once, or says it cannot tell', () => {
    const late = `**.a${'.*'.repeat(29)}`;
    const wide = `{a,b,c,d,e,f,g,h}.**.{a,b,c,d,e,f,g,h}.**`;
    const started = performance.now();
    expect(contains(late, '**')).toBe(false);
    expect(contains('**', late)).toBe(true);
    expect(contains(late, '**.a.**.b.**')).toBe(false);
    expect(contains(wide, wide)).toBe(true);
    expect(overlaps(late, wide)).toBe(true);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
