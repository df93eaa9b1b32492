import { expandBraces } from './braces.ts';
import { foldCase } from './case-folding.ts';
import { limits, refusal } from './refusal.ts';
import type { Segment } from './segment.ts';
import { ComplexSegment, many, one } from './segment.ts';
import { readSegment } from './segment-syntax.ts';

/** A pattern without braces. */
export type Alternative = readonly Segment[];

/** A pattern matches the topics that match one of its alternatives. */
export interface GlobPattern {
  /** Whether it can match topics under `$bus.`. */
  readonly system: boolean;
  /** A pattern with braces has several. */
  readonly alternatives: readonly Alternative[];
}

// The kernel allows these in no topic, and they mean nothing in a pattern.
const unprintable = /[/\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
// Most patterns consist of text, `*` and `**` between dots and need no closer look.
const plain = /^(?:[\w$:@ -]+|\*\*?)(?:\.(?:[\w$:@ -]+|\*\*?))*$/;
const literal = /^[\w$:@ -]+$/;
/** The number of texts, and of segments with marks, that a reader keeps. */
const remembered = 4096;

/** Whether a pattern contains a mark. */
export function hasGlobSyntax(pattern: string): boolean {
  return /[*?[\]{}()!\\]/.test(pattern);
}

/** Returns a string that is smaller for a more specific pattern; see `Matcher.specificity`. */
export function specificityOf({ alternatives }: GlobPattern): string {
  let least = '';
  for (const segments of alternatives) {
    let key = '';
    for (const segment of segments) key += rankOf(segment);
    key += '9';
    if (key > least) least = key;
  }
  return least;
}

function rankOf(segment: Segment): string {
  if (typeof segment === 'string') return '0';
  if (segment === one) return '2';
  return segment === many ? '3' : '1';
}

/** Reads patterns. It keeps the segments that it read recently, because many patterns share them. */
export class GlobReader {
  readonly nocase: boolean;
  readonly #complex = new Map<string, ComplexSegment>();
  readonly #texts = new Map<string, string>();
  /** The kernel asks for the same pattern several times in a row. */
  #last: { readonly pattern: string; readonly read: GlobPattern } | undefined = undefined;

  constructor(nocase: boolean) {
    this.nocase = nocase;
  }

  /** @throws BUS_PATTERN_INVALID stating the fault and the remedy */
  read(pattern: string): GlobPattern {
    if (this.#last?.pattern === pattern) return this.#last.read;
    if (pattern.length > limits.length) {
      throw refusal(pattern, `is longer than ${limits.length} characters`);
    }
    const read = { system: pattern.startsWith('$bus'), alternatives: this.#alternatives(pattern) };
    this.#last = { pattern, read };
    return read;
  }

  #alternatives(pattern: string): Alternative[] {
    if (plain.test(pattern)) return [this.#alternative(pattern, pattern, true)];
    const bad = unprintable.exec(pattern);
    if (bad) throw refusal(pattern, `contains ${JSON.stringify(bad[0])}, which no topic may`);
    return expandBraces(pattern).map((source) => this.#alternative(pattern, source, false));
  }

  /**
   * Reads a pattern without braces into normal form. In a run of wildcards, every `*` moves before a
   * single `**`, so patterns with the same meaning share nodes of the index.
   */
  #alternative(pattern: string, source: string, isPlain: boolean): Alternative {
    const segments: Segment[] = [];
    let count = 0;
    let manyCount = 0;
    let pending = false;
    let dot = -1;
    do {
      const start = dot + 1;
      dot = source.indexOf('.', start);
      const written = source.substring(start, dot < 0 ? source.length : dot);
      count++;
      if (written === '*') segments.push(one);
      else if (written === '**') {
        if (!pending) manyCount++;
        pending = true;
      } else {
        if (pending) segments.push(many);
        pending = false;
        segments.push(isPlain ? this.#text(written) : this.#segment(pattern, written));
      }
    } while (dot >= 0);
    if (pending) segments.push(many);
    if (count > limits.segments) {
      throw refusal(pattern, `has more than ${limits.segments} segments`);
    }
    if (manyCount > limits.manyWildcards) {
      throw refusal(pattern, `has more than ${limits.manyWildcards} '**' that stand apart`);
    }
    return segments;
  }

  /** Returns one string for equal texts: nodes that share it take less memory and cause fewer cache misses. */
  #text(written: string): string {
    const text = this.nocase ? foldCase(written) : written;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size === remembered) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }

  #segment(pattern: string, written: string): Segment {
    if (written === '')
      throw refusal(pattern, 'has an empty segment: write names between the dots');
    if (literal.test(written)) return this.#text(written);
    const known = this.#complex.get(written);
    if (known !== undefined) return known;
    const pieces = readSegment(pattern, written);
    if (pieces.every((piece) => piece.type === 'char')) {
      return this.#text(pieces.map(({ char }) => char).join(''));
    }
    const segment = new ComplexSegment(pattern, written, pieces, this.nocase);
    if (this.#complex.size === remembered) this.#complex.clear();
    this.#complex.set(written, segment);
    return segment;
  }
}
