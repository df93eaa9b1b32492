import type { Syntax } from '@bus/core';

/** Whether a pattern matches a topic, segment by segment. */
type Matches<P extends string, T extends string> = P extends '>'
  ? true
  : P extends `${infer Segment}.${infer Rest}`
    ? T extends `${infer Head}.${infer Tail}`
      ? Segment extends '*' | Head
        ? Matches<Rest, Tail>
        : false
      : false
    : T extends `${string}.${string}`
      ? false
      : P extends '*' | T
        ? true
        : false;

type Matched<P extends string, T extends string> = T extends string
  ? Matches<P, T> extends true
    ? T
    : never
  : never;

/**
 * What patterns mean to the compiler: `*` is one segment, `>` at the end is one or more. Where a
 * pattern or the topics are known only as text, any topic may match.
 */
export interface AcmeSyntax extends Syntax {
  readonly pattern: this['topic'] | (string & {});
  readonly matched: string extends this['topic'] | this['input']
    ? this['topic']
    : Matched<Extract<this['input'], string>, this['topic']>;
}
