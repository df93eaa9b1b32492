import type { Syntax } from '@bus/core';

/** TypeScript cannot run a RegExp, so it matches the union of all topics; narrow on `topic`. */
export interface RegexSyntax extends Syntax {
  /** A topic or any RegExp. */
  readonly pattern: this['topic'] | RegExp;
  /** Every topic for a RegExp, else the one that is named. */
  readonly matched: this['input'] extends RegExp
    ? this['topic']
    : Extract<this['input'], this['topic']>;
}
