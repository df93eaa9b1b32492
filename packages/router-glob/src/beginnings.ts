import { foldCase } from './case-folding.ts';
import type { CharClass } from './char-class.ts';
import type { Piece } from './segment-syntax.ts';

/** How the texts begin that a segment matches. */
export interface Beginnings {
  readonly texts: readonly string[];
  /** What may follow: nothing, so that these are all the texts, or anything, or it has to be tried. */
  readonly rest: 'nothing' | 'anything' | 'unknown';
}

/** More beginnings than this cost more to store than they save. */
const most = 32;

/** Reads beginnings off a segment as far as they can be listed; one that is empty says nothing. */
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
  for (const piece of pieces) {
    if (piece.type === 'star' && piece === pieces.at(-1)) return { texts, rest: 'anything' };
    const next = beginningsOfPiece(piece, nocase);
    if (next === undefined || texts.length * next.texts.length > most) {
      return { texts, rest: 'unknown' };
    }
    texts = texts.flatMap((start) => next.texts.map((end) => start + end));
    if (next.rest !== 'nothing') return { texts, rest: 'unknown' };
  }
  return { texts, rest: 'nothing' };
}

function beginningsOfPiece(piece: Piece, nocase: boolean): Beginnings | undefined {
  switch (piece.type) {
    case 'char':
      return { texts: [nocase ? foldCase(piece.char) : piece.char], rest: 'nothing' };
    case 'class':
      // Without regard to case, a class holds more than it lists.
      return nocase ? undefined : members(piece.charClass);
    case 'group': {
      if (piece.operator !== '@' && piece.operator !== '?') return undefined;
      const branches = piece.branches.map((branch) => sequence(branch, nocase));
      const texts = branches.flatMap((branch) => branch.texts);
      if (piece.operator === '?') texts.push('');
      const finite = branches.every((branch) => branch.rest === 'nothing');
      return { texts, rest: finite ? 'nothing' : 'unknown' };
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
