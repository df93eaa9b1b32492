/** One topic of a contract. A topic with a `reply` can be requested; one without is an event. */
export interface ContractEntry {
  /** What a message on the topic carries. */
  readonly payload: unknown;
  /** What its handler answers. The key makes it a request topic, even where the type is `void`. */
  readonly reply?: unknown;
}

/** F-bounded so that plain interfaces qualify: `createBus<Shop>()`, no index signature needed. */
export type ContractShape<C> = { readonly [K in keyof C]: ContractEntry };

/** No contract: any topic, any payload. Also what plugin code sees. */
export type AnyContract = Record<string, { readonly payload: unknown; readonly reply: unknown }>;

/** The topics of a contract. */
export type Topic<C> = Extract<keyof C, string>;

/** The payload the contract gives for topic `K`. */
export type PayloadOf<C, K extends keyof C> = C[K] extends { readonly payload: infer P }
  ? P
  : never;

/** The reply the contract gives for topic `K`. */
export type ReplyOf<C, K extends keyof C> = C[K] extends { readonly reply: infer R } ? R : never;

/** Topics that have a reply. */
export type RequestTopic<C> = {
  [K in Topic<C>]: C[K] extends { readonly reply: unknown } ? K : never;
}[Topic<C>];

/** Topics that have none; without a contract, every topic may be either. */
export type EventTopic<C> = string extends keyof C ? string : Exclude<Topic<C>, RequestTopic<C>>;

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

/**
 * Type-level description of what a plugin adds to the bus. The bus fills in `contract` and
 * `syntax`; `api` reads them from `this`. Only routers set `routes`.
 */
export interface Capability {
  /** By which plugins require it; unique on a bus. */
  readonly name: string;
  /** The contract of the bus; to be read, never set. */
  readonly contract: unknown;
  /** What may be written as a pattern on the bus; to be read, never set. */
  readonly syntax: unknown;
  /** The syntax of patterns that a router adds: a `Syntax`. */
  readonly routes: unknown;
  /**
   * Members of `api` that are on the bus already, such as `subscribe`: the capability adds overloads
   * to them, for options that it takes by the hooks `define` and `send`.
   */
  readonly extends?: unknown;
  /** The members that appear on the bus. */
  readonly api: object;
}

/** What capability `F` adds to a bus of contract `C` and pattern syntax `S`. */
export type ApiOf<F extends Capability, C, S> = F extends Capability
  ? (F & { readonly contract: C; readonly syntax: S })['api']
  : never;

/** The API as its author implements it: contract and pattern syntax erased. */
export type ErasedApi<F extends Capability> = MergeApis<F, AnyContract, AnySyntax>;

/** The names of the members that capability `F` adds overloads to. */
export type ExtendedBy<F extends Capability> = F extends { readonly extends: infer E }
  ? Extract<E, string>
  : never;

/** What `setup` returns: the API without what it extends. */
export type OwnApi<F extends Capability> = [ExtendedBy<F>] extends [never]
  ? ErasedApi<F>
  : Omit<ErasedApi<F>, ExtendedBy<F>>;

type UnionToIntersection<U> = (U extends unknown ? (value: U) => void : never) extends (
  value: infer I,
) => void
  ? I
  : never;

/** What all capabilities of the union `F` add together. */
export type MergeApis<F extends Capability, C, S> = [F] extends [never]
  ? unknown
  : UnionToIntersection<ApiOf<F, C, S>>;

type RoutesOf<F extends Capability> = F extends { readonly routes: infer S }
  ? unknown extends S
    ? never
    : S
  : never;

/** The union of the installed routers' syntaxes, or the kernel's exact one. */
export type SyntaxOf<F extends Capability> = [RoutesOf<F>] extends [never]
  ? ExactSyntax
  : RoutesOf<F>;

/** Names a capability at run time and carries its type. */
export interface CapabilityToken<F extends Capability> {
  /** The name of the capability. */
  readonly name: F['name'];
  /** Carries the type; never set. */
  readonly '~capability'?: F;
}

/**
 * Makes the token of a capability; export it under the capability's own name.
 *
 * @example
 * ```ts
 * export interface Recent extends Capability {
 *   readonly name: 'recent';
 *   readonly api: { recent(topic: string): readonly Message[] };
 * }
 * export const Recent: CapabilityToken<Recent> = capability<Recent>('recent');
 * ```
 */
export function capability<F extends Capability>(name: F['name']): CapabilityToken<F> {
  return { name };
}
