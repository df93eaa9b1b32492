import { BusError } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { compileGlob } from '../src/index.ts';

function reasonOf(pattern: string): string {
  try {
    compileGlob(pattern);
  } catch (error) {
    if (BusError.is(error) && error.code === 'BUS_PATTERN_INVALID') return error.details.reason;
    throw error;
  }
  return '';
}

const meaning: readonly (readonly [pattern: string, yes: string, no: string])[] = [
  // One segment.
  ['a.*', 'a.b a.$b a.b-c', 'a a.b.c b.b'],
  ['*', 'a $bus', 'a.b'],
  ['*.b', 'a.b', 'b a.c'],
  ['a.*.c', 'a.b.c', 'a.c a.b.b.c'],
  ['eu*', 'eu eu1 eu-west', 'e us eu.a'],
  ['*eu', 'eu weu', 'eu1 a.eu'],
  ['e*u*w', 'euw e1u2w eeuuww', 'eu ew'],
  ['?', 'a 1 é', 'aa a.a'],
  ['a?c', 'abc a-c', 'ac abbc a.c'],
  ['???', 'abc', 'ab abcd'],
  // Any number of segments, also none, everywhere.
  ['**', 'a a.b a.b.c', ''],
  ['a.**', 'a a.b a.b.c', 'ab b b.a'],
  ['**.a', 'a b.a c.b.a', 'b a.b'],
  ['a.**.b', 'a.b a.x.b a.x.y.b a.b.b', 'a b a.b.c'],
  ['*.**', 'a a.b a.b.c', ''],
  ['**.*', 'a a.b a.b.c', ''],
  ['*.**.*', 'a.b a.b.c', 'a'],
  ['a.**.*', 'a.b a.b.c', 'a'],
  ['**.a.**', 'a x.a a.x x.a.y', 'b ab.c'],
  ['**.a.**.b.**', 'a.b x.a.y.b.z', 'b.a a'],
  ['**.**', 'a a.b', ''],
  ['**.a*', 'a x.ab', 'x.b'],
  // Case counts.
  ['Orders.*', 'Orders.a', 'orders.a'],
  // Classes.
  ['[abc]', 'a b c', 'd ab'],
  ['x[a-c]y', 'xay xcy', 'xdy xy x-y'],
  ['[!a]', 'b !', 'a bb'],
  ['[^a]', 'b', 'a'],
  ['[!a-c]x', 'dx', 'ax bx'],
  ['[a-]', 'a -', 'b'],
  ['[[:digit:]]', '5', 'a'],
  ['v[[:digit:]_]*', 'v1 v_x', 'v va'],
  ['[[:upper:][:digit:]]', 'A 1', 'a'],
  ['[^[:alpha:]]', '1 -', 'a'],
  ['x[--0]y', 'x-y x0y', 'x1y x.y'],
  ['[\\-\\^]', '^ -', 'a'],
  // Extglobs.
  ['@(a|b)', 'a b', 'c ab'],
  ['x@(a|bc)y', 'xay xbcy', 'xy xaay xabcy'],
  ['?(a)b', 'b ab', 'aab a'],
  ['*(ab)c', 'c abc ababc', 'ac bc'],
  ['+(ab)c', 'abc ababc', 'c ac'],
  ['+([0-9])', '1 42', 'a 1a'],
  ['@(?|ab*)', 'x ab abc', 'xy'],
  ['!(a)', 'b ab aa', 'a a.b'],
  ['!(a|b*).c', 'c.c ab.c', 'a.c b.c bb.c'],
  ['@(a|@(b|c)d)', 'a bd cd', 'b c d'],
  ['*-@(eu|us)', 'x-eu -us', 'x-as eu'],
  // Braces, which may span dots.
  ['{a,b}.c', 'a.c b.c', 'c.c'],
  ['a.{b,c.d}', 'a.b a.c.d', 'a.c a.d'],
  ['a{,b}', 'a ab', 'abb'],
  ['{a,{b,c}d}', 'a bd cd', 'b c'],
  ['{a,*}.b', 'a.b x.b', 'a b'],
  ['{a,**}.b', 'a.b b x.y.b', 'a'],
  // Escapes, and marks that mark nothing where they stand.
  ['a\\*', '', 'a ab'],
  ['\\+*', '+ +a', 'a'],
  ['*\\@', 'a@', 'a'],
  ['!a', '', 'b a'],
  ['a+.*', 'a+.b', 'aa.b'],
  ['*,-^$#', 'a,-^$# ,-^$#', 'a'],
  // Nothing of an object's prototype.
  ['__proto__.*', '__proto__.a', 'a.a'],
  ['constructor.**', 'constructor constructor.toString', 'toString'],
  // System topics.
  ['$bus.**', '$bus $bus.peer.up', 'a'],
  ['$bus.*.up', '$bus.peer.up', 'a.peer.up'],
  ['$bus*.x', '$bus.x $busy.x', 'a.x'],
  ['**', 'a', '$bus.peer.up'],
  ['*.x', 'a.x', '$bus.x'],
  ['?bus.x', 'abus.x', '$bus.x'],
  ['{$bus,a}.x', 'a.x', '$bus.x'],
  ['$bus{y,.x}', '$busy $bus.x', '$bus'],
  // A topic with an empty segment is none.
  ['**', '', '.a'],
  ['a.**', '', 'a. a..b a.b..c a.b.'],
  ['**.a', '', '.a a..a'],
  ['*.*', '', 'a. .a'],
];

describe('what a pattern means', () => {
  it.each(meaning)('%s matches %j and not %j', (pattern, yes, no) => {
    const matches = compileGlob(pattern);
    const words = (list: string) => list.split(' ').filter((word) => word !== '');
    expect(words(yes).filter((topic) => !matches(topic))).toEqual([]);
    expect(words(no).filter((topic) => matches(topic))).toEqual([]);
    expect(matches('')).toBe(false);
  });

  it('reads ? as one UTF-16 unit', () => {
    expect(compileGlob('??')('😀')).toBe(true);
    expect(compileGlob('?')('😀')).toBe(false);
  });

  it('leaves case aside where told to', () => {
    const nocase = (pattern: string) => compileGlob(pattern, { nocase: true });
    expect(nocase('Orders.*')('oRDERS.X')).toBe(true);
    expect(nocase('[A-C]*.@(X|y)')('bB.Y')).toBe(true);
    expect(nocase('[!a]')('A')).toBe(false);
    expect(nocase('ΑΣ.*')('ας.β')).toBe(false);
    expect(nocase('ΑΣ.*')('ασ.Β')).toBe(true);
    expect(nocase('É*')('éa')).toBe(true);
  });
});

const refused: readonly (readonly [pattern: string, reason: RegExp])[] = [
  ['a..b', /empty segment/],
  ['.a*', /empty segment/],
  ['a.*.', /empty segment/],
  ['', /empty segment/],
  ['a.{b,}', /empty segment/],
  ['a**', /'\*\*' in a longer segment: write '\*'/],
  ['**a.b', /'\*\*' in a longer segment/],
  ['***', /'\*\*' in a longer segment/],
  ['@(**|a)', /'\*\*' in a longer segment/],
  ['a/*', /contains "\/"/],
  ['a\0*', /contains "\\u0000"/],
  ['a\n*', /contains "\\n"/],
  ['a\ud800*', /contains "\\ud800"/],
  ['a\u200b*', /contains/],
  ['(a|b)', /bare '\(': an extglob begins with/],
  ['(a+)+b', /bare '\('/],
  ['a|b*', /'\|' outside an extglob/],
  ['[a]+', /'\+' after a class/],
  ['@(a)+', /'\+' after a class or extglob/],
  ['"*"', /quote/],
  ['a)*', /'\)' that closes nothing/],
  ['a]*', /'\]' that closes nothing/],
  ['a}*', /'\}' that closes nothing/],
  ['{a,b', /'\{' that is not closed/],
  ['{a}', /one choice/],
  ['{1..3}', /range.*list the values/],
  ['[a.b]', /'\[' that is not closed in its segment/],
  ['[', /'\[' that is not closed/],
  ['[]', /empty class/],
  ['[!]', /empty class/],
  ['[z-a]', /backwards/],
  ['[*]', /in a class, which no segment may contain/],
  ['[[:constructor:]]', /unknown class/],
  ['[[:nope:]]', /unknown class/],
  ['[\\a]', /needless escape/],
  ['a\\', /'\\' before a dot or the end/],
  ['a\\.b*', /'\\' before a dot or the end/],
  ['\\a*', /needless escape/],
  ['@(a.b|c)', /cannot span a dot, '\{a\.b,c\}' can/],
  ['@(a', /not closed in its segment/],
  ['@(|a)', /empty choice/],
  ['a!(b)', /'!\(' that is not a whole segment/],
  ['!(b)a', /'!\(' that is not a whole segment/],
  ['@(!(b))', /'!\(' that is not a whole segment/],
  ['@(@(@(a)))', /deeper than 2/],
  ['**.a.**.b.**.c.**', /more than 3 '\*\*'/],
  ['*'.padEnd(257, 'a'), /longer than 256/],
  [Array.from({ length: 33 }, () => '*').join('.'), /more than 32 segments/],
  ['{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}', /more than 64 patterns/],
  ['+(a|aa)', /begins like another/],
  ['+(?|??)x', /begins like another/],
  ['*(a|a?)b', /begins like another/],
  ['*([ab]|b)c', /begins like another/],
  ['+(@(a|a))x', /repeats a wildcard or an extglob/],
  ['+(a*)x', /repeats a wildcard or an extglob/],
  ['*@(a)*@(a)*@(a)*@(a)*x', /too many wildcards and choices/],
];

describe('what is no pattern', () => {
  it.each(refused)('%j is refused with a reason', (pattern, reason) => {
    expect(reasonOf(pattern)).toMatch(reason);
  });

  it('names the pattern, cut to what is allowed, and the reason', () => {
    expect(() => compileGlob('a..*')).toThrow(
      expect.objectContaining({
        code: 'BUS_PATTERN_INVALID',
        message: "pattern 'a..*' has an empty segment: write names between the dots",
        details: {
          pattern: 'a..*',
          reason: 'has an empty segment: write names between the dots',
        },
      }),
    );
    expect(() => compileGlob('*'.repeat(10_000))).toThrow(/^pattern '.{256}' is longer/);
  });
});
