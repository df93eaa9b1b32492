import type { BusError } from '@bus/core';
import type { PatternSource } from '../source.ts';
import type { Ranges } from './characters.ts';
import { bothCases, classEscapes, withUnits, written, writtenClass } from './characters.ts';
import { escapedCharacter } from './escapes.ts';
import type { Piece } from './piece.ts';
import { refused } from './piece.ts';
import type { Reader } from './reader.ts';

/** The cost of a Unicode property, which is a class of hundreds of ranges. */
const propertySize = 20;

/** Reads the parts of a pattern that match one character: a character, an escape, or a class. */
export class CharacterReader {
  readonly #pattern: PatternSource;
  readonly #reader: Reader;
  readonly #unicode: boolean;
  readonly #ignoreCase: boolean;

  constructor(pattern: PatternSource, reader: Reader) {
    this.#pattern = pattern;
    this.#reader = reader;
    this.#unicode = pattern.flags.includes('u');
    this.#ignoreCase = pattern.flags.includes('i');
  }

  character(code: number): Piece {
    this.#cased(code);
    const isSurrogate = !this.#unicode && code >= 0xd800 && code <= 0xdfff;
    const isLetter = /[A-Za-z]/.test(String.fromCodePoint(code));
    if (isSurrogate || (this.#ignoreCase && isLetter))
      return this.#ranges([[code, code]], [], false);
    return { text: written(code), size: 1 };
  }

  /** Reads an escaped character, a class such as `\d`, or a property. Starts behind the backslash. */
  escape(): Piece {
    const ranges = this.#classEscape();
    if (ranges !== undefined) return this.#ranges(ranges, [], false);
    const property = this.#property();
    if (property !== undefined) return this.#ranges([], [property], false);
    return this.character(this.#escaped());
  }

  /** Reads a class. Starts behind its `[`. */
  class(): Piece {
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
        for (const range of set ?? []) ranges.push(range);
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

  /** Reads one character of a class. */
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

  /** Case is folded here and in ASCII only, because the engines' tables for other letters differ. */
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

  /** Reads a general category, if topics may contain all of its characters. */
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

  #refused(reason: string): BusError {
    return refused(this.#pattern, reason);
  }
}
