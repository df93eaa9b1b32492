import { classHolds } from './char-class.ts';
import type { Piece, Star, Unit } from './segment-syntax.ts';

/** A piece of a segment without extglobs. */
export type Wildcard = Unit | Star;

export function areWildcards(pieces: readonly Piece[]): pieces is readonly Wildcard[] {
  return pieces.every((piece) => piece.type !== 'group');
}

/**
 * Matches characters, or whatever `reads` compares with one piece. Every piece but `*` reads one of
 * them, so only the last `*` ever has to be tried again: the cost is at most pattern times text.
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

export function readsCharacter(wanted: Unit, char: string): boolean {
  if (wanted.type === 'char') return wanted.char === char;
  return wanted.type === 'any' || classHolds(wanted.charClass, char.charCodeAt(0), false);
}

/** The same for a lower-case character, in classes of either case. */
export function readsEitherCase(wanted: Unit, char: string): boolean {
  if (wanted.type === 'char') return wanted.char === char;
  return wanted.type === 'any' || classHolds(wanted.charClass, char.charCodeAt(0), true);
}
