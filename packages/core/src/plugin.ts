import type { Stamp } from './clock.ts';
import type { AnyContract } from './contract.ts';
import type { Endpoint, EndpointDefinition } from './endpoint.ts';
import type { Env } from './env.ts';
import type { Completion, Message, MessageKind, SendOptions } from './envelope.ts';
import type { BusError } from './errors.ts';
import type { HookPoints } from './hooks.ts';
import type { Logger } from './log.ts';
import type { Measurement } from './measurement.ts';
import type { MessageFields, MessageTraits } from './message.ts';
import type { Limits } from './options.ts';
import type { PeerChange } from './peer.ts';
import type { AnySyntax, ExactSyntax, Pattern } from './syntax.ts';

/**
 * Type-level description of what a plugin adds to the bus. The bus fills in `contract` and
 * `syntax`; `api` reads them from `this`. Only routers set `routes`.
 */
export interface Capability {
  readonly name: string;
  readonly contract: unknown;
  readonly syntax: unknown;
  readonly routes: unknown;
  /**
   * Members of `api` that are on the bus already, such as `subscribe`: the capability adds overloads
   * to them, for options that it takes by the hooks `define` and `send`.
   */
  readonly extends?: unknown;
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
  readonly name: F['name'];
  readonly '~capability'?: F;
}

/** Makes the token of a capability; export it under the capability's own name. */
export function capability<F extends Capability>(name: F['name']): CapabilityToken<F> {
  return { name };
}

/** What the kernel does for a message sent by a plugin, beyond what users may ask. */
export interface SendExtras {
  /** Told what became of it at each target. */
  readonly completion?: Completion | undefined;
  /** A request for every matching endpoint instead of one. */
  readonly scatter?: boolean | undefined;
  /** Overrides how equals are chosen among. */
  readonly balance?: EndpointDefinition['balance'];
  /** Leaves out the endpoints it says no of; asked once per message and candidate. */
  wants?(endpoint: Endpoint): boolean;
  /** Fields that its sender cannot set: of a message that is sent again, say. */
  readonly fields?: Pick<MessageFields, 'idPrefix' | 'attempt'> | undefined;
  /** The count that, with the id prefix, makes its id; default the bus's own count. */
  readonly sequence?: number | undefined;
}

/** What a link adds to a message that it has received. */
export interface ReceiveExtras {
  /** Told what became of it at each target; what it is told of can be cancelled. */
  readonly completion?: Completion | undefined;
  /** A request for each of the targets instead of one. */
  readonly scatter?: boolean | undefined;
  /**
   * The endpoints it is for, best first, where the sender has chosen among what the link offered.
   * They are equals: of one pattern, one priority and one group. The topic is taken as checked.
   */
  readonly targets?: readonly Endpoint[] | undefined;
  /** The sender's count of its messages, which `MessageFields.idPrefix` makes an id of. */
  readonly sequence?: number | undefined;
  /** When it was sent. */
  readonly stamp?: Stamp | undefined;
}

/** What `setup` gets: hook points and required capabilities, never the bus itself. */
export interface Host<R extends Capability = never> {
  readonly busId: string;
  readonly env: Env;
  readonly limits: Limits;
  /** `createBus`'s `defaultTimeoutMs`: the deadline of what gives none. */
  readonly defaultTimeoutMs: number;
  readonly log: Logger;
  readonly hooks: HookPoints;
  readonly deps: ErasedApi<R>;
  /** Sends as a verb of the bus does; resolves to how many targets accepted. */
  send(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    options?: SendOptions,
    extras?: SendExtras,
  ): Promise<number>;
  /** A direct way to one topic: the options are checked and the route found once. */
  channel(
    kind: MessageKind,
    topic: string,
    options?: SendOptions,
  ): (payload: unknown) => Promise<number>;
  /**
   * Takes a message that came over a link: checks hops, runs `inbound`, routes it to every endpoint
   * but those of its own origin, or to the targets given. Returns how many accepted, or a promise of
   * that where some have no room yet; rejections are counted too. Traits made once by {@link traits}
   * serve many messages.
   */
  receive(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    fields: MessageFields | MessageTraits,
    extras?: ReceiveExtras,
  ): number | Promise<number>;
  /** What many messages of a link have in common; they have no completion. */
  traits(kind: MessageKind, fields: MessageFields): MessageTraits;
  /** Cancels a message that its completion was told the targets of. */
  cancel(message: Message, reason: BusError): void;
  /** The API of a capability that happens to be installed; to be asked from `start` on. */
  find<F extends Capability>(token: CapabilityToken<F>): ErasedApi<F> | undefined;
  /** Publishes a system event; `topic` begins with `$bus.`. Costs nothing where nobody listens. */
  emit(topic: `$bus.${string}`, payload: unknown): void;
  addEndpoint(definition: EndpointDefinition): Endpoint;
  /** The endpoints, in the order they were added; those whose pattern is `pattern`, if given. */
  endpoints(pattern?: Pattern): readonly Endpoint[];
  /** Tells the `error` observers. */
  report(error: BusError): void;
  /** Tells the `peer` observers; for what keeps links. */
  peerChanged(change: PeerChange): void;
  /** What the `measure` taps of all plugins say now. */
  measurements(): readonly Measurement[];
  /**
   * Has every handler's run timed until the function it returns is called: a clock is read twice a
   * delivery then.
   */
  timeEveryRun(): () => void;
}

/** A plugin as `use` takes it; made by {@link definePlugin}. */
export interface Plugin<P extends Capability = never, R extends Capability = never> {
  readonly name: string;
  readonly provides: string | undefined;
  readonly requires: readonly string[];
  readonly after: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: the host's type is settled where the plugin is defined
  setup(host: Host<any>): unknown;
  readonly '~types'?: { readonly provides: P; readonly requires: R };
}

/** Any plugin, where its types do not matter. */
// biome-ignore lint/suspicious/noExplicitAny: `Plugin` is invariant in both
export type AnyPlugin = Plugin<any, any>;

/** The capability a plugin type provides. */
export type ProvidesOf<T> = T extends {
  readonly '~types'?: { readonly provides: infer P extends Capability };
}
  ? P
  : never;

/** The capabilities a plugin type needs. */
export type RequiresOf<T> = T extends {
  readonly '~types'?: { readonly requires: infer R extends Capability };
}
  ? R
  : never;

/** What a plugin's author writes. */
export interface PluginDefinition<P extends Capability, R extends Capability> {
  /** The npm package name; shown in errors and in `bus.inspect()`. */
  readonly name: string;
  readonly provides?: CapabilityToken<P>;
  /** Must be installed, and is set up and started before this plugin. */
  readonly requires?: readonly CapabilityToken<R>[];
  /** Ordering only, when the named capability happens to be installed. */
  readonly after?: readonly string[];
  /** Synchronous: register taps, return the API. Async work belongs in the `start` hook. */
  setup(host: Host<R>): [P] extends [never] ? undefined : OwnApi<P>;
}

/** Makes a plugin of its definition. */
export function definePlugin<P extends Capability = never, R extends Capability = never>(
  definition: PluginDefinition<P, R>,
): Plugin<P, R> {
  return {
    name: definition.name,
    provides: definition.provides?.name,
    requires: definition.requires?.map((token) => token.name) ?? [],
    after: definition.after ?? [],
    setup: (host) => definition.setup(host),
  };
}
