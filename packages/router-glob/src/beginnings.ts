import { foldCase } from './case-folding.ts';
import type { CharClass } from './char-class.ts';
import type { Piece } from './segment-syntax.ts';

/** Stands for any one character in a beginning. Topics never contain it. */
export const hole = '?';

/** The ways in which the texts that a segment matches can begin. */
export interface Beginnings {
  /** No text begins in two of these ways. */
  readonly texts: readonly string[];
  /** The remainder of a matching text: always empty, arbitrary, or for a matcher to decide. */
  readonly rest: 'nothing' | 'anything' | 'unknown';
}

/** Longer lists would cost more memory than they save time. */
const most = 32;

/** Lists the beginnings of a segment as far as possible. */
export function beginningsOf(pieces: readonly Piece[], nocase: boolean): Beginnings {
  const { texts, rest } = sequence(pieces, nocase);
  const distinct = [...new Set(texts)];
  if (rest === 'nothing') return { texts: distinct.filter((text) => text !== ''), rest };
  const shortest = distinct.filter(
    (text) => !distinct.some((other) => other !== text && text.startsWith(other)),
  );
  return { texts: shortest, rest };
}

function sequence(pieces: readonly Piece[], nocase: boolean): Beginnings {
  let texts = [''];
  let holes = false;
  let holesForClasses = false;
  for (const piece of pieces) {
    if (piece.type === 'star' && piece === pieces.at(-1) && !holesForClasses) {
      return { texts, rest: 'anything' };
    }
    const next = beginningsOfPiece(piece, nocase);
    if (next !== undefined && texts.length * next.texts.length <= most) {
      texts = texts.flatMap((start) => next.texts.map((end) => start + end));
      if (next.rest !== 'nothing') return { texts, rest: 'unknown' };
    } else if ((piece.type === 'any' || piece.type === 'class') && sameLength(texts)) {
      texts = texts.map((start) => start + hole);
      holes = true;
      holesForClasses ||= piece.type === 'class';
    } else {
      return { texts, rest: 'unknown' };
    }
  }
  return { texts, rest: holes ? 'unknown' : 'nothing' };
}

/** Whether a text begins like that. */
export function beginsWith(text: string, beginning: string): boolean {
  return text.length >= beginning.length && beginAlike(text, beginning);
}

/** Whether some text begins in both ways. */
export function beginAlike(a: string, b: string): boolean {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i] && a[i] !== hole && b[i] !== hole) return false;
  }
  return true;
}

/** Distinct texts of one length stay distinct when holes follow, because each differs in a character. */
function sameLength(texts: readonly string[]): boolean {
  return texts.every((text) => text.length === texts[0]?.length);
}

function beginningsOfPiece(piece: Piece, nocase: boolean): Beginnings | undefined {
  switch (piece.type) {
    case 'char':
      if (piece.char === hole) return undefined;
      return { texts: [nocase ? foldCase(piece.char) : piece.char], rest: 'nothing' };
    case 'class':
      // A class that ignores case holds more characters than it lists.
      return nocase ? undefined : members(piece.charClass);
    case 'group': {
      if (piece.operator !== '@' && piece.operator !== '?') return undefined;
      const branches = piece.branches.map((branch) => sequence(branch, nocase));
      const texts = branches.flatMap((branch) => branch.texts);
      if (texts.some((text) => text.includes(hole))) return undefined;
      if (piece.operator === '?') texts.push('');
      const isList = branches.every((branch) => branch.rest === 'nothing');
      return { texts, rest: isList ? 'nothing' : 'unknown' };
    }
    default:
      return undefined;
  }
}

function members({ negated, ranges }: CharClass): Beginnings | undefined {
  const count = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (negated || count > most) return undefined;
  const texts = ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => String.fromCharCode(first + i)),
  );
  return { texts, rest: 'nothing' };
}
