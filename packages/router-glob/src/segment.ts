import type { Beginnings } from './beginnings.ts';
import { beginningsOf, beginsWith } from './beginnings.ts';
import { foldCase } from './case-folding.ts';
import { extglobRegExp, isNegation, refuseCostly } from './extglob.ts';
import type { Piece } from './segment-syntax.ts';
import type { Wildcard } from './wildcards.ts';
import { areWildcards, matchesWildcards, readsCharacter, readsEitherCase } from './wildcards.ts';

/** The segment `*`: any one segment of a topic. */
export const one: unique symbol = Symbol('*');
/** The segment `**`: any number of segments, including none. */
export const many: unique symbol = Symbol('**');

/** One segment of a pattern. A string is literal text. */
export type Segment = string | typeof one | typeof many | ComplexSegment;

/** A segment that contains marks, such as `eu*`, `[ab]` or `@(eu|us)-?`. */
export class ComplexSegment {
  readonly written: string;
  readonly beginnings: Beginnings['texts'];
  readonly rest: Beginnings['rest'];
  readonly #nocase: boolean;
  readonly #pieces: readonly Piece[];
  /** The pieces, unless one of them is an extglob. */
  readonly wildcards: readonly Wildcard[] | undefined;
  /** Compiled by the first match that needs it. */
  #regex: RegExp | undefined = undefined;

  /** @throws BUS_PATTERN_INVALID if matching could take too long */
  constructor(pattern: string, written: string, pieces: readonly Piece[], nocase: boolean) {
    const { texts, rest } = beginningsOf(pieces, nocase);
    this.written = written;
    this.beginnings = texts;
    this.rest = rest;
    this.#nocase = nocase;
    this.#pieces = pieces;
    if (areWildcards(pieces)) this.wildcards = nocase ? pieces.map(foldWildcard) : pieces;
    else refuseCostly(pattern, pieces);
  }

  /** @param text - in lower case if case is ignored */
  matches(text: string): boolean {
    const { beginnings, rest, wildcards } = this;
    if (rest === 'nothing') return beginnings.includes(text);
    if (rest === 'anything') return beginnings.some((beginning) => beginsWith(text, beginning));
    if (wildcards !== undefined) {
      return matchesWildcards(wildcards, text, this.#nocase ? readsEitherCase : readsCharacter);
    }
    this.#regex ??= extglobRegExp(this.#pieces, this.#nocase);
    return this.#regex.test(text) !== isNegation(this.#pieces);
  }
}

function foldWildcard(piece: Wildcard): Wildcard {
  return piece.type === 'char' ? { ...piece, char: foldCase(piece.char) } : piece;
}

/** Whether the segment matches one segment of a topic. */
export function matchesText(segment: Segment, text: string): boolean {
  if (typeof segment === 'string') return segment === text;
  return typeof segment === 'symbol' || segment.matches(text);
}
