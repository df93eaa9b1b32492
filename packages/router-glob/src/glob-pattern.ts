import { expandBraces } from './braces.ts';
import { foldCase } from './case-folding.ts';
import { limits, refusal } from './refusal.ts';
import type { Segment } from './segment.ts';
import { ComplexSegment, many, one } from './segment.ts';
import { readSegment } from './segment-syntax.ts';

/** A pattern without braces. */
export type Alternative = readonly Segment[];

/** What a pattern means: the topics that match one of its alternatives. */
export interface GlobPattern {
  /** Whether it may match topics under `$bus.`. */
  readonly system: boolean;
  /** More than one where the pattern has braces. */
  readonly alternatives: readonly Alternative[];
}

// What the kernel allows in no topic and no pattern gives a meaning to.
const unprintable = /[/\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
// Most patterns are text, `*` and `**` between dots, and need no closer look.
const plain = /^(?:[\w$:@ -]+|\*\*?)(?:\.(?:[\w$:@ -]+|\*\*?))*$/;
const literal = /^[\w$:@ -]+$/;
/** How many segments with marks a reader remembers. */
const remembered = 4096;

/** Whether anything in a pattern means more than itself. */
export function hasGlobSyntax(pattern: string): boolean {
  return /[*?[\]{}()!\\]/.test(pattern);
}

/** The smaller string is the more specific pattern; see `Matcher.specificity`. */
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

/** Reads patterns. */
export class GlobReader {
  readonly nocase: boolean;
  /** By how they are written: many patterns share them, and compiling one is most of the work. */
  readonly #complex = new Map<string, ComplexSegment>();
  readonly #texts = new Map<string, string>();
  /** The kernel asks about one pattern several times in a row. */
  #last: { readonly pattern: string; readonly read: GlobPattern } | undefined = undefined;

  constructor(nocase: boolean) {
    this.nocase = nocase;
  }

  /** @throws BUS_PATTERN_INVALID saying what is wrong and what to write instead */
  read(pattern: string): GlobPattern {
    if (this.#last?.pattern === pattern) return this.#last.read;
    if (pattern.length > limits.length) {
      throw refusal(pattern, `is longer than ${limits.length} characters`);
    }
    const read = {
      system: pattern.startsWith('$bus'),
      alternatives: plain.test(pattern)
        ? [this.#readPlain(pattern)]
        : this.#readAlternatives(pattern),
    };
    this.#last = { pattern, read };
    return read;
  }

  #readPlain(pattern: string): Alternative {
    const segments: Segment[] = pattern.split('.');
    let wild = false;
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i];
      if (segment === '*') segments[i] = one;
      else if (segment === '**') {
        segments[i] = many;
        wild = true;
      } else if (typeof segment === 'string') segments[i] = this.#text(segment);
    }
    return checked(pattern, segments, wild);
  }

  /** Nodes of the index share the texts of their segments: less memory, and fewer cache misses. */
  #text(written: string): string {
    const text = this.nocase ? foldCase(written) : written;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size === remembered) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }

  #readAlternatives(pattern: string): Alternative[] {
    const bad = unprintable.exec(pattern);
    if (bad) throw refusal(pattern, `contains ${JSON.stringify(bad[0])}, which no topic may`);
    return expandBraces(pattern).map((source) => {
      const segments = source.split('.').map((written) => this.#readSegment(pattern, written));
      return checked(pattern, segments, segments.includes(many));
    });
  }

  #readSegment(pattern: string, written: string): Segment {
    if (written === '')
      throw refusal(pattern, 'has an empty segment: write names between the dots');
    if (written === '*') return one;
    if (written === '**') return many;
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

function checked(pattern: string, segments: readonly Segment[], wild: boolean): Alternative {
  if (segments.length > limits.segments) {
    throw refusal(pattern, `has more than ${limits.segments} segments`);
  }
  if (!wild) return segments;
  const normal = normalize(segments);
  if (normal.filter((segment) => segment === many).length > limits.manyWildcards) {
    throw refusal(pattern, `has more than ${limits.manyWildcards} '**' that stand apart`);
  }
  return normal;
}

/** Gives patterns that mean the same one form: in a run of wildcards each `*` before one `**`. */
function normalize(segments: readonly Segment[]): Segment[] {
  const normal: Segment[] = [];
  let pending = false;
  for (const segment of segments) {
    if (segment === many) {
      pending = true;
      continue;
    }
    if (pending && segment !== one) {
      normal.push(many);
      pending = false;
    }
    normal.push(segment);
  }
  if (pending) normal.push(many);
  return normal;
}
