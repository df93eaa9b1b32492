import { classHolds } from './char-class.ts';
import type { Piece, Star, Unit } from './segment-syntax.ts';

/** A piece of a segment that has no extglobs. */
export type Wildcard = Unit | Star;

export function areWildcards(pieces: readonly Piece[]): pieces is readonly Wildcard[] {
  return pieces.every((piece) => piece.type !== 'group');
}

/**
 * Matches a sequence of symbols: the characters of a text, or the pieces of another segment. Every
 * piece but `*` reads exactly one symbol, so only the last `*` ever needs another try, and the cost is
 * at most pattern times text.
 *
 * @param reads - whether a piece reads a symbol
 */
export function matchesWildcards<S>(
  wildcards: readonly Wildcard[],
  text: ArrayLike<S>,
  reads: (wanted: Unit, symbol: S) => boolean,
): boolean {
  let step = 0;
  let at = 0;
  let retryStep = -1;
  let retryAt = 0;
  while (at < text.length) {
    const wanted = wildcards[step];
    const symbol = text[at];
    if (wanted?.type === 'star') {
      step++;
      if (step === wildcards.length) return true;
      retryStep = step;
      retryAt = at;
    } else if (wanted !== undefined && symbol !== undefined && reads(wanted, symbol)) {
      step++;
      at++;
    } else {
      if (retryStep < 0) return false;
      retryAt++;
      at = retryAt;
      step = retryStep;
    }
  }
  while (wildcards[step]?.type === 'star') step++;
  return step === wildcards.length;
}

/** Whether a piece reads a character. */
export function readsCharacter(wanted: Unit, char: string): boolean {
  if (wanted.type === 'char') return wanted.char === char;
  return wanted.type === 'any' || classHolds(wanted.charClass, char.charCodeAt(0), false);
}

/** The same for a character in lower case, ignoring the case of classes. */
export function readsEitherCase(wanted: Unit, char: string): boolean {
  if (wanted.type === 'char') return wanted.char === char;
  return wanted.type === 'any' || classHolds(wanted.charClass, char.charCodeAt(0), true);
}
