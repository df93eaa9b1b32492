import { expandBraces } from './braces.ts';
import { foldCase } from './case-folding.ts';
import { ExtglobMatcher, refuseCostly } from './extglob.ts';
import { limits, refusal } from './refusal.ts';
import type { Piece } from './segment-syntax.ts';
import { readSegment } from './segment-syntax.ts';
import type { SegmentMatcher } from './wildcards.ts';
import { WildcardMatcher } from './wildcards.ts';

/** One segment of a pattern in normal form. */
export interface Segment {
  readonly kind: 'literal' | 'complex' | 'one' | 'many';
  /** What a literal is, or how the others are written. */
  readonly text: string;
  /** Set where the segment is complex. */
  readonly matcher: SegmentMatcher | undefined;
}

/** What a pattern means: topics that match one of its alternatives. */
export interface GlobPattern {
  /** Whether it may match topics under `$bus.`. */
  readonly system: boolean;
  /** More than one where the pattern has braces. */
  readonly alternatives: readonly (readonly Segment[])[];
  readonly specificity: string;
}

const one: Segment = { kind: 'one', text: '*', matcher: undefined };
const many: Segment = { kind: 'many', text: '**', matcher: undefined };

// What the kernel allows in no topic and no pattern gives a meaning to.
const unprintable = /[/\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const plain = /^[\w.$:@ *-]+$/;

/**
 * Reads a pattern.
 * @throws BUS_PATTERN_INVALID saying what is wrong and what to write instead.
 */
export function parseGlob(pattern: string, nocase: boolean): GlobPattern {
  if (pattern.length > limits.length) {
    throw refusal(pattern, `is longer than ${limits.length} characters`);
  }
  const bad = plain.test(pattern) ? null : unprintable.exec(pattern);
  if (bad) {
    throw refusal(pattern, `contains ${JSON.stringify(bad[0])}, which no topic may`);
  }
  const sources = expandBraces(pattern);
  const alternatives = sources.map((source) => readSource(pattern, source, nocase));
  return {
    system: pattern.startsWith('$bus'),
    alternatives: sources.length > 1 ? withoutRepeats(alternatives) : alternatives,
    specificity: alternatives.map(specificityOf).sort().at(-1) ?? '',
  };
}

/** Whether anything in a pattern means more than itself. */
export function hasGlobSyntax(pattern: string): boolean {
  return /[*?[\]{}()!\\]/.test(pattern);
}

function readSource(pattern: string, source: string, nocase: boolean): readonly Segment[] {
  const texts = source.split('.');
  if (texts.length > limits.segments) {
    throw refusal(pattern, `has more than ${limits.segments} segments`);
  }
  const segments = texts.map((text) => {
    if (text === '') throw refusal(pattern, 'has an empty segment: write names between the dots');
    if (text === '*') return one;
    if (text === '**') return many;
    return readText(pattern, text, nocase);
  });
  if (!segments.includes(many)) return segments;
  const normal = normalize(segments);
  if (normal.filter((segment) => segment === many).length > limits.manyWildcards) {
    throw refusal(pattern, `has more than ${limits.manyWildcards} '**' that stand apart`);
  }
  return normal;
}

const literalOnly = /^[\w$:@ -]+$/;

function readText(pattern: string, text: string, nocase: boolean): Segment {
  if (literalOnly.test(text)) {
    return { kind: 'literal', text: nocase ? foldCase(text) : text, matcher: undefined };
  }
  const pieces = readSegment(pattern, text);
  const prefix = literalPrefix(pieces, nocase);
  if (pieces.every((piece) => piece.type === 'char')) {
    return { kind: 'literal', text: prefix, matcher: undefined };
  }
  return { kind: 'complex', text, matcher: compile(pattern, pieces, prefix, nocase) };
}

function compile(
  pattern: string,
  pieces: readonly Piece[],
  prefix: string,
  nocase: boolean,
): SegmentMatcher {
  if (pieces.some((piece) => piece.type === 'group')) {
    refuseCostly(pattern, pieces);
    return new ExtglobMatcher(pieces, prefix, nocase);
  }
  const folded = nocase
    ? pieces.map((piece) =>
        piece.type === 'char' ? { ...piece, char: foldCase(piece.char) } : piece,
      )
    : pieces;
  return new WildcardMatcher(folded, prefix, nocase);
}

function literalPrefix(pieces: readonly Piece[], nocase: boolean): string {
  let prefix = '';
  for (const piece of pieces) {
    if (piece.type !== 'char') break;
    prefix += piece.char;
  }
  return nocase ? foldCase(prefix) : prefix;
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

function withoutRepeats(alternatives: readonly (readonly Segment[])[]): (readonly Segment[])[] {
  const keyOf = (segments: readonly Segment[]) =>
    segments.map(({ kind, text }) => kind + text).join('.');
  return [...new Map(alternatives.map((segments) => [keyOf(segments), segments])).values()];
}

const rank = { literal: '0', complex: '1', one: '2', many: '3' } as const;

function specificityOf(segments: readonly Segment[]): string {
  let key = '';
  for (const { kind } of segments) key += rank[kind];
  return `${key}9`;
}
