import fc from 'fast-check';

const literal = fc.constantFrom(
  'a',
  'b',
  'k',
  's',
  'A',
  'K',
  '1',
  '_',
  '-',
  '\\.',
  '\\x61',
  '\\u0062',
);
const foreign = fc.constantFrom(
  'é',
  '\\xe9',
  '\\u2003',
  '😀',
  '\\ud83d\\ude00',
  '[é-ü]',
  '[^é]',
  '[\\u0000-\\uffff]',
);
const set = fc.constantFrom(
  '.',
  '\\w',
  '\\W',
  '\\d',
  '\\D',
  '\\s',
  '\\S',
  '[ab]',
  '[^ab]',
  '[a-k]',
  '[A-Z.]',
  '[^.]',
  '[\\w-]',
  '[^\\W1]',
  '[]',
  '[^]',
);
const assertion = fc.constantFrom('^', '$', '\\b', '\\B');
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '*?', '{2}', '{0,2}', '{1,}', '{0}');

// Starred groups of starred groups would keep V8, the oracle, busy for minutes.
const groupQuantifier = fc.constantFrom('', '', '?', '{0,2}', '{2}');
const starredGroup = fc.constantFrom(
  '(?:a|b\\.)*',
  '(?:\\w\\.)+',
  '(?:a|ab|)*',
  '(?:\\b.){1,}',
  '(?:ab?)*?',
);

function sources(ascii: boolean): fc.Arbitrary<string> {
  const atom = ascii ? fc.oneof(literal, set) : fc.oneof(literal, set, foreign);
  const { pattern } = fc.letrec<{ pattern: string; sequence: string; piece: string }>((tie) => ({
    piece: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.tuple(atom, quantifier).map(([text, count]) => text + count),
      assertion,
      starredGroup,
      fc
        .tuple(fc.constantFrom('(', '(?:', '(?<n>'), tie('pattern'), groupQuantifier)
        .map(([open, inner, count]) => `${open}${inner})${count}`),
    ),
    sequence: fc.array(tie('piece'), { maxLength: 4 }).map((pieces) => pieces.join('')),
    pattern: fc.oneof(
      { weight: 3, arbitrary: tie('sequence') },
      {
        weight: 1,
        arbitrary: fc
          .array(tie('sequence'), { minLength: 2, maxLength: 3 })
          .map((all) => all.join('|')),
      },
    ),
  }));
  return pattern;
}

/** RegExps the linear engine takes, of every shape it takes. */
export const linearRegExp: fc.Arbitrary<RegExp> = fc
  .constantFrom('', 'u', 'i', 's', 'm', 'g')
  .chain((flags) =>
    fc
      .tuple(sources(flags === 'i'), fc.constantFrom('', '^', '^a\\.'), fc.constantFrom('', '$'))
      .map(([source, before, after]) => ({ source: `${before}${source}${after}`, flags })),
  )
  .filter(({ source, flags }) => compiles(source, flags))
  .filter(({ source, flags }) => flags !== 'u' || !source.includes('\\B'))
  .map(({ source, flags }) => new RegExp(source, flags));

function compiles(source: string, flags: string): boolean {
  try {
    return new RegExp(source, flags).source.length <= 256;
  } catch {
    return false;
  }
}

/** Topics out of the characters about which engines might differ. */
export const topic: fc.Arbitrary<string> = fc
  .array(
    fc
      .array(
        fc
          .constantFrom(...['a', 'b', 'k', 's', 'A', 'K', 'S', '1', '_', '-', '$', ' '])
          .chain((c) =>
            fc.oneof(
              { weight: 5, arbitrary: fc.constant(c) },
              {
                weight: 1,
                arbitrary: fc.constantFrom('é', 'ſ', '\u212a', '\u2003', '😀', '\u{10d83d}'),
              },
            ),
          ),
        { minLength: 1, maxLength: 3 },
      )
      .map((characters) => characters.join('')),
    { minLength: 1, maxLength: 3 },
  )
  .map((segments) => segments.join('.'));
