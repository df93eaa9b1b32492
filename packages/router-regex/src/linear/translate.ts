import type { PatternSource } from '../source.ts';
import { refusal } from '../source.ts';
import { CharacterReader } from './character-reader.ts';
import type { Piece } from './piece.ts';
import { refused } from './piece.ts';
import { Reader } from './reader.ts';

const maxLength = 256;
const maxRepeats = 100;
const maxSize = 1_000;

/** A pattern in RE2's syntax. It matches whole topics. */
export interface Translation {
  readonly text: string;
  /** The approximate number of steps per character of a topic. */
  readonly size: number;
  /** Whether a match may begin anywhere in a topic. */
  readonly floating: boolean;
  /** Whether the pattern reads whole characters. Otherwise topics have to be given as UTF-16 units. */
  readonly unicode: boolean;
}

const anything = '(?s:.)*';

/**
 * Translates a RegExp to RE2's syntax, or refuses it. The translation matches the same topics. Every
 * part is read and written anew, because RE2 might understand an unread part differently.
 *
 * Topics have no line ends, so the flags `m` and `s` change nothing.
 *
 * @throws BUS_PATTERN_INVALID
 */
export function translate(pattern: PatternSource): Translation {
  if (pattern.source.length > maxLength) {
    throw refusal(pattern, `is longer than ${maxLength} characters`);
  }
  const unknown = /[^imsu]/.exec(pattern.flags);
  if (unknown) throw refusal(pattern, `has flag ${unknown[0]}, which has no linear-time meaning`);
  if (/i.*u/.test(pattern.flags)) {
    throw refusal(pattern, 'has the flags i and u together: write both cases of the letters');
  }
  return new Translator(pattern).translate();
}

class Translator {
  readonly #pattern: PatternSource;
  readonly #unicode: boolean;
  readonly #reader: Reader;
  readonly #characters: CharacterReader;

  constructor(pattern: PatternSource) {
    this.#pattern = pattern;
    this.#unicode = pattern.flags.includes('u');
    this.#reader = new Reader(pattern.source, this.#unicode);
    this.#characters = new CharacterReader(pattern, this.#reader);
  }

  translate(): Translation {
    const reader = this.#reader;
    const texts: string[] = [];
    let size = 0;
    let floating = false;
    do {
      const anchored = reader.eat('^');
      const body = this.#sequence();
      const ends = reader.eat('$');
      texts.push(`${anchored ? '' : anything}${body.text}${ends ? '' : anything}`);
      size += body.size + (anchored ? 1 : 2) + (ends ? 0 : 1);
      floating ||= !anchored;
    } while (reader.eat('|'));
    if (!reader.done) throw this.#refused('is not a RegExp');
    const [only] = texts;
    const text = texts.length === 1 && only !== undefined ? only : `(?:${texts.join('|')})`;
    return { text, size: this.#bounded(size), floating, unicode: this.#unicode };
  }

  /** Reads up to a `|`, a `)`, the end, or a `$` that ends the pattern or a choice of it. */
  #sequence(nested = false): Piece {
    const reader = this.#reader;
    let text = '';
    let size = 0;
    while (!reader.done && reader.next !== '|' && reader.next !== ')') {
      if (!nested && reader.next === '$' && this.#atEndAnchor()) break;
      const piece = this.#quantified(this.#atom());
      text += piece.text;
      size = this.#bounded(size + piece.size);
    }
    return { text: text === '' ? '(?:)' : text, size };
  }

  #atEndAnchor(): boolean {
    return this.#reader.sees(/\$(?=\||$)/y);
  }

  #atom(): Piece {
    const reader = this.#reader;
    if (reader.eat('^')) return { text: '\\A', size: 1 };
    if (reader.eat('$')) return { text: '\\z', size: 1 };
    if (reader.eat('.')) return { text: '(?s:.)', size: 1 };
    if (reader.eat('[')) return this.#characters.class();
    if (reader.eat('(')) return this.#group();
    if (reader.eat('\\')) return this.#escape();
    if (/[{}\]]/.test(reader.next))
      throw this.#refused(`has a lone ${reader.next}: put a \\ before it`);
    return this.#characters.character(reader.take());
  }

  #group(): Piece {
    const reader = this.#reader;
    if (reader.eat('?=') || reader.eat('?!')) throw this.#refused('looks ahead');
    if (reader.eat('?<=') || reader.eat('?<!')) throw this.#refused('looks behind');
    const named = reader.eatMatch(/\?<[^>]*>/y) !== undefined;
    if (!named && !reader.eat('?:') && reader.next === '?') {
      throw this.#refused('changes flags inside');
    }
    const choices: string[] = [];
    let size = 0;
    do {
      const choice = this.#sequence(true);
      choices.push(choice.text);
      size += choice.size + 1;
    } while (reader.eat('|'));
    reader.eat(')');
    return { text: `(?:${choices.join('|')})`, size };
  }

  #quantified(atom: Piece): Piece {
    const reader = this.#reader;
    const simple = reader.eatMatch(/[*+?]/y);
    if (simple !== undefined) {
      reader.eat('?');
      return { text: atom.text + simple, size: atom.size + 1 };
    }
    const count = reader.eatMatch(/\{(\d+(?:,\d*)?)\}/y);
    if (count === undefined) return atom;
    reader.eat('?');
    const [least = 0, most = least] = count.split(',').map(Number);
    if (Math.max(least, most) > maxRepeats) {
      throw this.#refused(`repeats something more than ${maxRepeats} times`);
    }
    const optional = count.endsWith(',') ? 1 : Math.max(most - least, 0);
    return {
      text: `${atom.text}{${count}}`,
      size: this.#bounded(atom.size * (least + optional) + optional + 1),
    };
  }

  #escape(): Piece {
    const reader = this.#reader;
    if (reader.eat('b')) return { text: '\\b', size: 1 };
    // With flag u, V8 finds `\B` inside a character beyond the first 65,536.
    if (!this.#unicode && reader.eat('B')) return { text: '\\B', size: 1 };
    return this.#characters.escape();
  }

  #bounded(size: number): number {
    if (size > maxSize) throw this.#refused(`costs more than ${maxSize} steps a character`);
    return size;
  }

  #refused(reason: string): Error {
    return refused(this.#pattern, reason);
  }
}
