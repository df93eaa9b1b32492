import type { CharClass } from './char-class.ts';
import { readCharClass } from './char-class.ts';
import { limits, refusal } from './refusal.ts';

/** A piece that reads exactly one character. */
export type Unit =
  | { readonly type: 'char'; readonly char: string }
  | { readonly type: 'any' }
  | { readonly type: 'class'; readonly charClass: CharClass };

/** An extglob. Its operator says how often a branch may occur: `@` once, `?` at most once, `+` at least once, `*` any number of times, `!` never. */
export interface Group {
  readonly type: 'group';
  readonly operator: string;
  readonly branches: readonly (readonly Piece[])[];
}

/** A `*`, which reads any number of characters. */
export interface Star {
  readonly type: 'star';
}

/** A part of a segment. */
export type Piece = Unit | Star | Group;

const escapable = /[*?[\]{}()!\\+@,|^"-]/;

/** Reads one segment of a pattern whose braces are expanded. */
class SegmentReader {
  readonly #pattern: string;
  readonly #text: string;
  #at = 0;

  constructor(pattern: string, text: string) {
    this.#pattern = pattern;
    this.#text = text;
  }

  readAll(): Piece[] {
    const pieces = this.#readBranch(0);
    const end = this.#text[this.#at];
    if (end === '|') throw this.#refuse("has a '|' outside an extglob: write '@(a|b)' or '{a,b}'");
    if (end === ')') throw this.#refuse("has a ')' that closes nothing");
    return pieces;
  }

  #refuse(reason: string): Error {
    return refusal(this.#pattern, reason);
  }

  #readBranch(depth: number): Piece[] {
    const pieces: Piece[] = [];
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at];
      if (char === ')' || char === '|') break;
      const piece = this.#readPiece(depth);
      if (piece.type === 'star' && pieces.at(-1)?.type === 'star') throw this.#refuse(doubleStar);
      pieces.push(piece);
    }
    return pieces;
  }

  #readPiece(depth: number): Piece {
    const char = this.#text[this.#at] ?? '';
    const following = this.#text[this.#at + 1];
    if (following === '(' && '@?*+!'.includes(char)) return this.#readGroup(depth);
    switch (char) {
      case '*':
        if (following === '*') throw this.#refuse(doubleStar);
        this.#at++;
        return { type: 'star' };
      case '?':
        this.#at++;
        return { type: 'any' };
      case '[':
        return this.#readClass();
      case '\\':
        return this.#readEscape();
      case '(':
        throw this.#refuse("has a bare '(': an extglob begins with one of @ ? * + !");
      case ']':
        throw this.#refuse("has a ']' that closes nothing: write '\\]'");
      case '"':
        throw this.#refuse("has a quote, which quotes nothing here: write '\\\"'");
    }
    this.#at++;
    return { type: 'char', char };
  }

  #readEscape(): Piece {
    const char = this.#text[this.#at + 1] ?? '';
    if (!escapable.test(char)) throw this.#refuse(needlessEscape(char));
    this.#at += 2;
    return { type: 'char', char };
  }

  #readClass(): Piece {
    const read = readCharClass(this.#text, this.#at);
    if (typeof read === 'string') throw this.#refuse(read);
    this.#at = read.end;
    this.#refuseQuantifier();
    return { type: 'class', charClass: read.charClass };
  }

  #readGroup(depth: number): Piece {
    if (depth === limits.nesting) {
      throw this.#refuse(`nests extglobs deeper than ${limits.nesting}`);
    }
    const operator = this.#text[this.#at] ?? '';
    const begins = this.#at === 0;
    this.#at++;
    const branches: Piece[][] = [];
    do {
      this.#at++;
      branches.push(this.#readBranch(depth + 1));
    } while (this.#text[this.#at] === '|');
    if (this.#text[this.#at] !== ')') {
      throw this.#refuse(
        `has a '${operator}(' that is not closed in its segment: an extglob cannot span a dot, '{a.b,c}' can`,
      );
    }
    this.#at++;
    if (branches.some((branch) => branch.length === 0)) {
      throw this.#refuse("has an empty choice in an extglob: write '?(a)' for what may be absent");
    }
    if (operator === '!' && !(begins && this.#at === this.#text.length)) {
      throw this.#refuse("has a '!(' that is not a whole segment");
    }
    this.#refuseQuantifier();
    return { type: 'group', operator, branches };
  }

  #refuseQuantifier(): void {
    if (this.#text[this.#at] === '+' && this.#text[this.#at + 1] !== '(') {
      throw this.#refuse("has a '+' after a class or extglob: write '+(…)' to repeat, or '\\+'");
    }
  }
}

const doubleStar = "has '**' in a longer segment: write '*', or '**' between dots";

function needlessEscape(char: string): string {
  if (char === '') return "has a '\\' before a dot or the end: no segment can contain a dot";
  return `has the needless escape '\\${char}'`;
}

/**
 * Reads the pieces of one segment.
 * @throws BUS_PATTERN_INVALID naming the whole `pattern`
 */
export function readSegment(pattern: string, text: string): Piece[] {
  return new SegmentReader(pattern, text).readAll();
}
