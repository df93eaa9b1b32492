/** A class matches one character out of several: `[a-z]`, `[!abc]`, `[[:digit:]]`. */
export interface CharClass {
  readonly negated: boolean;
  /** First and last code unit of each range. */
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

const named: Readonly<Record<string, string>> = {
  alnum: 'azAZ09',
  alpha: 'azAZ',
  ascii: '\0\x7f',
  blank: '  ',
  digit: '09',
  graph: '!~',
  lower: 'az',
  print: ' ~',
  punct: '!/:@[`{~',
  space: '  ',
  upper: 'AZ',
  word: 'azAZ09__',
  xdigit: 'afAF09',
};

// No topic may contain these, so a class that lists one is a mistake.
const outsideTopics = /[./*?[\]{}()!\\]/;

/**
 * Reads the class that begins at `text[at]`, which is `[`.
 *
 * @returns the class and the position after it, or the reason why the class is invalid.
 */
export function readCharClass(
  text: string,
  at: number,
): { readonly charClass: CharClass; readonly end: number } | string {
  let next = at + 1;
  const negated = text[next] === '!' || text[next] === '^';
  if (negated) next++;
  const ranges: (readonly [number, number])[] = [];
  for (;;) {
    const char = text[next];
    if (char === undefined) return "has a '[' that is not closed in its segment: write '\\['";
    if (char === ']') break;
    if (char === '[' && text[next + 1] === ':') {
      const close = text.indexOf(':]', next);
      const name = text.slice(next + 2, close < 0 ? undefined : close);
      const members = Object.hasOwn(named, name) ? named[name] : undefined;
      if (members === undefined) return `has the unknown class '[:${name}:]'`;
      for (let i = 0; i < members.length; i += 2) {
        ranges.push([members.charCodeAt(i), members.charCodeAt(i + 1)]);
      }
      next = close + 2;
      continue;
    }
    const first = readMember(text, next);
    if (typeof first === 'string') return first;
    let last = first;
    if (text[first.end] === '-' && text[first.end + 1] !== ']') {
      const member = readMember(text, first.end + 1);
      if (typeof member === 'string') return member;
      last = member;
    }
    if (last.code < first.code) return `has a range that runs backwards in '${text.slice(at)}'`;
    ranges.push([first.code, last.code]);
    next = last.end;
  }
  if (ranges.length === 0) return `has an empty class '${text.slice(at, next + 1)}'`;
  return { charClass: { negated, ranges }, end: next + 1 };
}

function readMember(
  text: string,
  at: number,
): { readonly code: number; readonly end: number } | string {
  const escaped = text[at] === '\\';
  const where = escaped ? at + 1 : at;
  const char = text[where] ?? '';
  if (escaped && !/[\]^,|+@"-]/.test(char)) return `has the needless escape '\\${char}' in a class`;
  if (char === '' || outsideTopics.test(char)) {
    return `has ${JSON.stringify(char)} in a class, which no segment may contain`;
  }
  return { code: char.charCodeAt(0), end: where + 1 };
}

/** Whether the class holds a code unit. With `nocase`, the unit is in lower case and either case counts. */
export function classHolds(charClass: CharClass, code: number, nocase: boolean): boolean {
  let held = inRanges(charClass, code);
  if (!held && nocase) {
    const upper = String.fromCharCode(code).toUpperCase();
    held = upper.length === 1 && inRanges(charClass, upper.charCodeAt(0));
  }
  return held !== charClass.negated;
}

function inRanges({ ranges }: CharClass, code: number): boolean {
  for (const [first, last] of ranges) {
    if (code >= first && code <= last) return true;
  }
  return false;
}

/** Whether both classes may hold the same character. Answers true when unsure. */
export function classesMeet(a: CharClass, b: CharClass): boolean {
  if (a.negated || b.negated) return true;
  return a.ranges.some(([first, last]) =>
    b.ranges.some(([low, high]) => first <= high && low <= last),
  );
}
