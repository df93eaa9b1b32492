import type { PatternSource } from '../source.ts';
import { refusal } from '../source.ts';
import type { Ranges } from './characters.ts';
import { bothCases, classEscapes, withUnits, written, writtenClass } from './characters.ts';
import { escapedCharacter } from './escapes.ts';
import { Reader } from './reader.ts';

const maxLength = 256;
const maxRepeats = 100;
const maxSize = 1_000;
/** A Unicode property is a class of hundreds of ranges. */
const propertySize = 20;

/** A pattern in RE2's syntax, to be matched against a whole topic. */
export interface Translation {
  readonly text: string;
  /** About how many steps each character of a topic may cost. */
  readonly size: number;
  /** May begin anywhere in a topic. */
  readonly floating: boolean;
  /** Reads whole characters; otherwise topics are to be given as UTF-16 units. */
  readonly unicode: boolean;
}

interface Piece {
  readonly text: string;
  readonly size: number;
}

const anything = '(?s:.)*';

/**
 * Writes a RegExp in RE2's syntax so that it matches the same topics, or refuses it. Nothing is
 * passed on unread: what is not understood here, RE2 might understand otherwise.
 *
 * Topics have no line ends, so the flags `m` and `s` change nothing.
 *
 * @throws BusError BUS_PATTERN_INVALID
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
  readonly #ignoreCase: boolean;
  readonly #reader: Reader;

  constructor(pattern: PatternSource) {
    this.#pattern = pattern;
    this.#unicode = pattern.flags.includes('u');
    this.#ignoreCase = pattern.flags.includes('i');
    this.#reader = new Reader(pattern.source, this.#unicode);
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

  /** Reads up to a `|`, a `)` or the end, and up to a `$` that ends the whole pattern or its choice. */
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
    if (reader.eat('[')) return this.#class();
    if (reader.eat('(')) return this.#group();
    if (reader.eat('\\')) return this.#escape();
    if (/[{}\]]/.test(reader.next))
      throw this.#refused(`has a lone ${reader.next}: put a \\ before it`);
    return this.#character(reader.take());
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
    const ranges = this.#classEscape();
    if (ranges !== undefined) return this.#ranges(ranges, [], false);
    const property = this.#property();
    if (property !== undefined) return this.#ranges([], [property], false);
    return this.#character(this.#escaped());
  }

  #class(): Piece {
    const reader = this.#reader;
    const negated = reader.eat('^');
    const ranges: (readonly [number, number])[] = [];
    const properties: string[] = [];
    while (!reader.done && !reader.eat(']')) {
      const escaped = reader.eat('\\');
      const set = escaped ? this.#classEscape() : undefined;
      const property = escaped && set === undefined ? this.#property() : undefined;
      const isRange = reader.sees(/-(?!\])/y);
      if (set !== undefined || property !== undefined) {
        if (isRange) throw this.#refused('has a range that begins with a class');
        ranges.push(...(set ?? []));
        if (property !== undefined) properties.push(property);
        continue;
      }
      const low = this.#member(escaped);
      let high = low;
      if (reader.sees(/-(?!\])/y)) {
        reader.eat('-');
        high = this.#member(reader.eat('\\'));
      }
      ranges.push([low, high]);
    }
    return this.#ranges(ranges, properties, negated);
  }

  /** One character of a class. */
  #member(escaped: boolean): number {
    if (!escaped) return this.#cased(this.#reader.take());
    return this.#reader.eat('b') ? 0x08 : this.#cased(this.#escaped());
  }

  #ranges(ranges: Ranges, properties: readonly string[], negated: boolean): Piece {
    const cased = this.#ignoreCase ? bothCases(ranges) : ranges;
    const all = this.#unicode ? cased : withUnits(cased);
    return {
      text: writtenClass(all, properties, negated),
      size: 1 + properties.length * propertySize,
    };
  }

  #character(code: number): Piece {
    this.#cased(code);
    const isSurrogate = !this.#unicode && code >= 0xd800 && code <= 0xdfff;
    const isLetter = /[A-Za-z]/.test(String.fromCodePoint(code));
    if (isSurrogate || (this.#ignoreCase && isLetter))
      return this.#ranges([[code, code]], [], false);
    return { text: written(code), size: 1 };
  }

  /** Case is folded here, in ASCII: the engines' tables for other letters differ. */
  #cased(code: number): number {
    if (this.#ignoreCase && code > 0x7f) {
      throw this.#refused('has flag i and a character that is not ASCII: write both cases');
    }
    return code;
  }

  #classEscape(): Ranges | undefined {
    const name = this.#reader.eatMatch(/[dDwWsS]/y);
    return name === undefined ? undefined : classEscapes.get(name);
  }

  /** Only the categories, and of them those all of whose characters may stand in a topic. */
  #property(): string | undefined {
    if (!this.#unicode) return undefined;
    const name = this.#reader.eatMatch(/[pP]\{[LMNPS][a-z]?\}/y);
    return name === undefined ? undefined : `\\${name}`;
  }

  #escaped(): number {
    const { next } = this.#reader;
    const code = escapedCharacter(this.#reader, this.#unicode);
    if (code !== undefined) return code;
    if (/[1-9k]/.test(next)) throw this.#refused('refers back to a group');
    throw this.#refused(`has the escape \\${next}, on which engines differ`);
  }

  #bounded(size: number): number {
    if (size > maxSize) throw this.#refused(`costs more than ${maxSize} steps a character`);
    return size;
  }

  #refused(reason: string): Error {
    return refusal(this.#pattern, `${reason}; patterns from outside run in linear time`);
  }
}
