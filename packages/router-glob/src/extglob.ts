import { classesMeet, classHolds } from './char-class.ts';
import { limits, refusal } from './refusal.ts';
import type { Group, Piece, Unit } from './segment-syntax.ts';

/**
 * Compiles a segment with extglobs. For `!(…)` the RegExp matches the texts that the segment excludes.
 */
export function extglobRegExp(pieces: readonly Piece[], nocase: boolean): RegExp {
  return new RegExp(`^${print(pieces)}$`, nocase ? 'is' : 's');
}

/** Whether the segment is a `!(…)`, which is always a whole segment. */
export function isNegation([first]: readonly Piece[]): boolean {
  return first?.type === 'group' && first.operator === '!';
}

/**
 * Refuses segments that a backtracking engine can read in too many ways: repetitions that can split a
 * text differently, and too many wildcards, choices and repetitions in a row.
 * @throws BUS_PATTERN_INVALID
 */
export function refuseCostly(pattern: string, pieces: readonly Piece[]): void {
  const { stars, choices } = effortOf(pattern, pieces);
  // The number of ways to spread the longest segment over the stars.
  let readings = choices;
  for (let i = 1; i <= stars; i++) readings *= (limits.length + i) / i;
  if (readings > limits.readings) {
    throw refusal(
      pattern,
      'has too many wildcards and choices in one segment that holds an extglob: write several patterns',
    );
  }
}

interface Effort {
  readonly stars: number;
  readonly choices: number;
}

function effortOf(pattern: string, pieces: readonly Piece[]): Effort {
  let stars = 0;
  let choices = 1;
  for (const piece of pieces) {
    if (piece.type === 'star') stars++;
    if (piece.type !== 'group') continue;
    if (piece.operator === '*' || piece.operator === '+') {
      refuseAmbiguous(pattern, piece);
      stars++;
      continue;
    }
    const inside = piece.branches.map((branch) => effortOf(pattern, branch));
    stars += inside.reduce((most, effort) => Math.max(most, effort.stars), 0);
    choices *= inside.reduce((sum, effort) => sum + effort.choices, piece.operator === '?' ? 1 : 0);
  }
  return { stars, choices };
}

/** Refuses a repetition that can be read in two ways, because one choice begins like another. */
function refuseAmbiguous(pattern: string, { operator, branches }: Group): void {
  const texts = branches.map((branch) => {
    if (branch.every(isUnit)) return branch;
    throw refusal(
      pattern,
      `repeats a wildcard or an extglob in '${operator}(': only text, '?' and classes can be repeated`,
    );
  });
  texts.forEach((text, i) => {
    for (const other of texts.slice(i + 1)) {
      const both = Math.min(text.length, other.length);
      if (text.slice(0, both).every((unit, at) => unitsMeet(unit, other[at]))) {
        throw refusal(
          pattern,
          `has a choice in '${operator}(' that begins like another: leave out one of them`,
        );
      }
    }
  });
}

function isUnit(piece: Piece): piece is Unit {
  return piece.type !== 'star' && piece.type !== 'group';
}

/** Whether both may read the same character, ignoring case. */
function unitsMeet(a: Unit, b: Unit | undefined): boolean {
  if (b === undefined || a.type === 'any' || b.type === 'any') return true;
  if (a.type === 'class') {
    return b.type === 'class' ? classesMeet(a.charClass, b.charClass) : unitsMeet(b, a);
  }
  const lower = a.char.toLowerCase();
  if (b.type === 'char') return lower === b.char.toLowerCase();
  return (
    classHolds(b.charClass, a.char.charCodeAt(0), false) ||
    classHolds(b.charClass, lower.charCodeAt(0), true)
  );
}

/** Writes the pieces in the syntax of RegExp. */
function print(pieces: readonly Piece[]): string {
  return pieces.map(printPiece).join('');
}

function printPiece(piece: Piece): string {
  switch (piece.type) {
    case 'char':
      return printCode(piece.char.charCodeAt(0));
    case 'any':
      return '.';
    case 'star':
      return '.*';
    case 'class': {
      const { negated, ranges } = piece.charClass;
      const members = ranges.map(([first, last]) => `${printCode(first)}-${printCode(last)}`);
      return `[${negated ? '^' : ''}${members.join('')}]`;
    }
    case 'group': {
      const quantifier = '?*+'.includes(piece.operator) ? piece.operator : '';
      return `(?:${piece.branches.map(print).join('|')})${quantifier}`;
    }
  }
}

function printCode(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
