import type { Topic } from './contract.ts';

/**
 * A type-level function from a pattern to the topics it matches. The bus fills in `topic` and
 * `input`; a router plugin computes `pattern` (what may be written) and `matched` from `this`.
 */
export interface Syntax {
  /** The topics of the contract, as a union. */
  readonly topic: string;
  /** The pattern that was written, as its literal type. */
  readonly input: unknown;
  /** What may be written as a pattern. */
  readonly pattern: unknown;
  /** The topics that `input` matches. */
  readonly matched: unknown;
}

/** The kernel's own syntax: a pattern is a topic. */
export interface ExactSyntax extends Syntax {
  /** Any topic of the contract. */
  readonly pattern: this['topic'];
  /** The topic that was written. */
  readonly matched: Extract<this['input'], this['topic']>;
}

/** What plugin code sees: any pattern matches any topic. */
export interface AnySyntax extends Syntax {
  /** Whatever a router may read. */
  readonly pattern: Pattern;
  /** All topics: nothing is narrowed. */
  readonly matched: this['topic'];
}

/** What names topics: an exact topic, a glob, or a RegExp, as far as an installed router reads it. */
export type Pattern = string | RegExp;

/** System topics are outside every contract, so their patterns are always allowed. */
type SystemPattern = `$bus.${string}`;

/** What may be written as a pattern on a bus with syntax `S` and contract `C`. */
export type PatternOf<S, C> = S extends Syntax
  ? (S & { readonly topic: Topic<C> })['pattern'] | SystemPattern
  : never;

/** The topics of `C` that pattern `I` matches; a system pattern matches none of them. */
export type MatchedTopic<S, C, I> = S extends Syntax
  ? Extract<(S & { readonly topic: Topic<C>; readonly input: I })['matched'], Topic<C>>
  : never;

/** Turns a pattern that can never match into a readable compile error. */
export type CheckedPattern<S, C, I> = [MatchedTopic<S, C, I>] extends [never]
  ? I extends SystemPattern
    ? I
    : `no topic of the contract matches '${I extends string ? I : 'this pattern'}'`
  : I;
