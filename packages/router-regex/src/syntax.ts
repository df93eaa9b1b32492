import type { Syntax } from '@bus/core';

/** TypeScript cannot run a RegExp, so it matches the union of all topics; narrow on `topic`. */
export interface RegexSyntax extends Syntax {
  readonly pattern: this['topic'] | RegExp;
  readonly matched: this['input'] extends RegExp
    ? this['topic']
    : Extract<this['input'], this['topic']>;
}
