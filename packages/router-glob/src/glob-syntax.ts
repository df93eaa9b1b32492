import type { Syntax } from '@bus/core';

type Segments<S extends string> = S extends `${infer Head}.${infer Tail}`
  ? [Head, ...Segments<Tail>]
  : [S];

type Wild = '*' | '?' | '[' | '(' | '\\';

/** Segments that types cannot evaluate become `*`. */
type Readable<P extends readonly string[]> = {
  [I in keyof P]: P[I] extends '**' ? '**' : P[I] extends `${string}${Wild}${string}` ? '*' : P[I];
};

type MatchSegments<P, T> = P extends ['**', ...infer PR]
  ? MatchSegments<PR, T> extends true
    ? true
    : T extends [unknown, ...infer TR]
      ? MatchSegments<P, TR>
      : false
  : P extends [infer PH, ...infer PR]
    ? T extends [infer TH, ...infer TR]
      ? PH extends '*' | TH
        ? MatchSegments<PR, TR>
        : false
      : false
    : T extends []
      ? true
      : false;

/** The pattern as a template literal whose wildcards may span dots: a cheap filter that lets too much through. */
type Loose<P extends string> = P extends '**'
  ? string
  : P extends `**.${infer B}`
    ? `${'' | `${string}.`}${Loose<B>}`
    : P extends `${infer A}.**${infer B}`
      ? `${Loose<A>}${'' | `.${string}`}${Loose<B>}`
      : P extends `${infer A}*${infer B}`
        ? `${A}${string}${Loose<B>}`
        : P;

/** Compares segment by segment the topics that pass the loose filter. */
type MatchExact<P, T extends string> = T extends string
  ? MatchSegments<P, Segments<T>> extends true
    ? T
    : never
  : never;

/** The loose filter knows no mark but `*`. Braces may span dots, so they match any topic. */
type MatchWild<P extends string, T extends string> = P extends `${string}{${string}`
  ? T
  : P extends `${string}${'?' | '[' | '(' | '\\'}${string}`
    ? MatchExact<Readable<Segments<P>>, T>
    : MatchExact<Readable<Segments<P>>, Extract<T, Loose<P>>>;

type MatchGlob<P, T extends string> = string extends T
  ? T
  : P extends T
    ? P
    : P extends string
      ? string extends P
        ? T
        : P extends '**'
          ? T
          : MatchWild<P, T>
      : never;

type MatchNocase<P, T extends string, Lower extends string> = T extends string
  ? Lowercase<T> extends MatchGlob<P, Lower>
    ? T
    : never
  : never;

/**
 * `*` is one segment and `**` any number of segments, including none. In types, a segment with other
 * marks matches any one segment, and a pattern with braces matches any topic.
 */
export interface GlobSyntax extends Syntax {
  /** Any string; editors complete the topics of the contract. */
  readonly pattern: this['topic'] | (string & {});
  /** The topics of the contract that the pattern matches, or more if types cannot tell. */
  readonly matched: MatchGlob<this['input'], this['topic']>;
}

/** {@link GlobSyntax} that ignores case. */
export interface NocaseGlobSyntax extends Syntax {
  /** Any string; editors complete the topics of the contract. */
  readonly pattern: this['topic'] | (string & {});
  /** The topics of the contract that the pattern matches in any case, or more if types cannot tell. */
  readonly matched: string extends this['topic'] | this['input']
    ? this['topic']
    : MatchNocase<
        Lowercase<Extract<this['input'], string>>,
        this['topic'],
        Lowercase<this['topic']>
      >;
}
