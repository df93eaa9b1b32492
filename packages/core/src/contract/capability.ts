import type { AnyContract } from './contract.ts';
import type { AnySyntax, ExactSyntax } from './syntax.ts';

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
