import type { Syntax } from '@bus/core';

/** TypeScript cannot run a RegExp, so the type of a match is the union of all topics. Narrow on `topic`. */
export interface RegexSyntax extends Syntax {
  /** A topic or any RegExp. */
  readonly pattern: this['topic'] | RegExp;
  /** All topics for a RegExp, otherwise the named topic. */
  readonly matched: this['input'] extends RegExp
    ? this['topic']
    : Extract<this['input'], this['topic']>;
}
