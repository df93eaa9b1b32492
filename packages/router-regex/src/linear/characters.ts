/** Inclusive code point ranges. */
export type Ranges = readonly (readonly [low: number, high: number])[];

const last = 0x10ffff;
const firstSurrogate = 0xd800;
const lastSurrogate = 0xdfff;
/** Shifts surrogates to private-use characters, which a pattern without flag `u` cannot name. */
const unitShift = 0x100000;

const digit: Ranges = [[0x30, 0x39]];
const word: Ranges = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
// `\s` in JavaScript. RE2 knows the ASCII part only.
const space: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];

/** The characters of `\d`, `\w`, `\s` and of their complements `\D`, `\W`, `\S`. */
export const classEscapes: ReadonlyMap<string, Ranges> = new Map([
  ['d', digit],
  ['D', complement(digit)],
  ['w', word],
  ['W', complement(word)],
  ['s', space],
  ['S', complement(space)],
]);

function complement(ranges: Ranges): Ranges {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [low, high] of ranges) {
    if (low > next) gaps.push([next, low - 1]);
    next = high + 1;
  }
  gaps.push([next, last]);
  return gaps;
}

/** Adds the other case of every ASCII letter. */
export function bothCases(ranges: Ranges): Ranges {
  const added: [number, number][] = [];
  const add = (
    low: number,
    high: number,
    shift: number,
    range: readonly [number, number],
  ): void => {
    const from = Math.max(low, range[0]);
    const to = Math.min(high, range[1]);
    if (from <= to) added.push([from + shift, to + shift]);
  };
  for (const range of ranges) {
    add(0x41, 0x5a, 0x20, range);
    add(0x61, 0x7a, -0x20, range);
  }
  return [...ranges, ...added];
}

/** Adds the characters that {@link asUnits} replaces surrogates with. */
export function withUnits(ranges: Ranges): Ranges {
  const added: [number, number][] = [];
  for (const [low, high] of ranges) {
    const from = Math.max(low, firstSurrogate);
    const to = Math.min(high, lastSurrogate);
    if (from <= to) added.push([from + unitShift, to + unitShift]);
  }
  return [...ranges, ...added];
}

/**
 * Replaces every surrogate by a character of its own. The linear engine reads whole characters, but a
 * RegExp without flag `u` reads UTF-16 units.
 */
export function asUnits(topic: string): string {
  return topic.replace(/[\ud800-\udfff]/g, (unit) =>
    String.fromCodePoint(unit.charCodeAt(0) + unitShift),
  );
}

/** Writes a character in RE2's syntax. */
export function written(code: number): string {
  const char = String.fromCodePoint(code);
  return /[0-9A-Za-z]/.test(char) ? char : `\\x{${code.toString(16)}}`;
}

/** Writes a class in RE2's syntax, which cannot express an empty class directly. */
export function writtenClass(
  ranges: Ranges,
  properties: readonly string[],
  negated: boolean,
): string {
  if (ranges.length === 0 && properties.length === 0) {
    return negated ? '(?s:.)' : `[^\\x00-\\x{${last.toString(16)}}]`;
  }
  const items = ranges.map(([low, high]) =>
    low === high ? written(low) : `${written(low)}-${written(high)}`,
  );
  return `[${negated ? '^' : ''}${items.join('')}${properties.join('')}]`;
}
