import type {
  AnyContract,
  ApiOf,
  Capability,
  CheckedPattern,
  ContractShape,
  ExtendedBy,
  MatchedTopic,
  MergeApis,
  Pattern,
  PatternOf,
  PayloadOf,
  ReplyOf,
  RequestTopic,
  SyntaxOf,
  Topic,
} from './contract.ts';
import type { Balance, EndpointView, Overflow, Subscription } from './endpoint/endpoint.ts';
import type { BusReport, Explanation } from './inspect.ts';
import { kernelOf } from './kernel.ts';
import type { BusState, StopOptions } from './lifecycle.ts';
import type { MessageKind, MessageOf, SendOptions } from './message/envelope.ts';
import type { BusOptions } from './options.ts';
import type { AnyPlugin, ProvidesOf, RequiresOf } from './plugin/plugins.ts';

/** How `handle` receives; every field may be left out. */
export interface HandleOptions {
  /** Shown in errors, `endpoints()` and `inspect()`; default the handler function's name. */
  readonly name?: string | undefined;
  /** Requests go to the highest; default 0. */
  readonly priority?: number | undefined;
  /** How many messages are handled at once; default 100. Messages of one key never are. */
  readonly concurrency?: number | undefined;
  /** How many messages wait; default the bus's `mailbox.capacity`. */
  readonly capacity?: number | undefined;
  /** What happens to one more message than may wait; default the bus's `mailbox.overflow`. */
  readonly overflow?: Overflow | undefined;
  /** Which of several equal handlers gets a request; default `round-robin`. */
  readonly balance?: Balance | undefined;
  /** Milliseconds one run may take; default the bus's `defaultTimeoutMs`, `Infinity` for no limit. */
  readonly timeoutMs?: number | undefined;
  /** Aborting it stops the handler. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of a handler for topic `K`: its reply, or a stream of replies from a generator. */
export type HandlerResult<C, K extends Topic<C>> = [K] extends [never]
  ? void | Promise<void>
  : K extends RequestTopic<C>
    ?
        | ReplyOf<C, K>
        | Promise<ReplyOf<C, K>>
        | AsyncIterable<ReplyOf<C, K>>
        | Generator<ReplyOf<C, K>>
    : void | Promise<void>;

type NameOf<F> = F extends { readonly name: infer N extends string } ? N : never;

type MissingName<T, Have> = Exclude<NameOf<RequiresOf<T>>, NameOf<Have>>;

type ApiKeys<F extends Capability> = F extends Capability
  ? Exclude<keyof ApiOf<F, unknown, unknown>, ExtendedBy<F>>
  : never;

type KernelKeys = keyof BusCore<unknown, never> | keyof HandleApi<unknown, unknown>;

type TakenKey<T, Others extends Capability> = ApiKeys<ProvidesOf<T>> &
  (ApiKeys<Others> | KernelKeys);

/** `T` itself when it may be installed, else an impossible object whose `~error` says why not. */
type Explain<T, Have extends Capability, Others extends Capability> = [
  MissingName<T, Have>,
] extends [never]
  ? [NameOf<ProvidesOf<T>> & NameOf<Others>] extends [never]
    ? [TakenKey<T, Others>] extends [never]
      ? T
      : { readonly '~error': `'${TakenKey<T, Others> & string}' is already on the bus` }
    : { readonly '~error': `capability '${NameOf<ProvidesOf<T>>}' is already provided` }
  : {
      readonly '~error': `needs capability '${MissingName<T, Have>}': install a plugin that provides it`;
    };

type Except<Ps extends readonly AnyPlugin[], I> = {
  [J in keyof Ps]: J extends I ? never : ProvidesOf<Ps[J]>;
}[number];

type Checked<Ps extends readonly AnyPlugin[], Installed extends Capability> = {
  readonly [I in keyof Ps]: Explain<
    Ps[I],
    Installed | ProvidesOf<Ps[number]>,
    Installed | Except<Ps, I>
  >;
};

/** The members of every bus, whatever is installed. */
export interface BusCore<C, in P extends Capability> extends AsyncDisposable {
  /** Names this bus to its peers, and in the ids of its endpoints. */
  readonly id: string;
  /** Where it is between `idle` and `stopped`. */
  readonly state: BusState;
  /**
   * Installs plugins, before `start` only. Order does not matter for dependencies; ties run in install
   * order. Plugins that do not fit together are refused by `start`.
   * @throws BUS_ALREADY_STARTED, BUS_CLOSED; BUS_PLUGIN_START_FAILED where a plugin fails in `setup`.
   */
  use<const Ps extends readonly AnyPlugin[]>(
    ...plugins: Ps & Checked<Ps, P>
  ): Bus<C, P | ProvidesOf<Ps[number]>>;
  /**
   * Starts the plugins in order. A failed start stops those already started, and so does a `stop`
   * meanwhile: the start then rejects with BUS_CLOSED.
   * @throws BUS_CAPABILITY_MISSING, BUS_CAPABILITY_CONFLICT, BUS_DEPENDENCY_CYCLE,
   * BUS_PLUGIN_START_FAILED, BUS_PLUGIN_START_TIMEOUT, BUS_ALREADY_STARTED, BUS_CLOSED
   */
  start(): Promise<this>;
  /**
   * Refuses new messages, lets handlers and mailboxes finish, stops the plugins in reverse order.
   * @throws BUS_OPTION_INVALID; BUS_PLUGIN_STOP_FAILED once everything that could be stopped is.
   */
  stop(options?: StopOptions): Promise<void>;
  /**
   * Sends to every matching endpoint; resolves to how many accepted it.
   * @throws BUS_NO_ROUTE where nothing matches, BUS_MAILBOX_FULL, BUS_CANCELLED, BUS_CLOSED …
   */
  notify<K extends Topic<C>>(
    topic: K,
    payload: PayloadOf<C, K>,
    options?: SendOptions,
  ): Promise<number>;
  /** The endpoints here and at the ends of links; those with this very pattern, if one is given. */
  endpoints(pattern?: Pattern): readonly EndpointView[];
  /** Everything about this bus as plain JSON. */
  inspect(): BusReport;
  /** Dry run: who would get a message on `topic`, in which order, and who would not and why. */
  explain(topic: string, options?: { readonly kind?: MessageKind }): Explanation;
}

/** `handle`, whose patterns depend on the routers installed. */
export interface HandleApi<C, S> {
  /**
   * Adds an endpoint for requests and notifications.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_OPTION_INVALID, BUS_CLOSED
   */
  handle<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    handler: (
      message: MessageOf<C, MatchedTopic<S, C, I>>,
    ) => HandlerResult<C, MatchedTopic<S, C, I>>,
    options?: HandleOptions,
  ): Subscription;
}

/** Hover shows `Bus<Shop, GlobRouter | PubSub | Health>`: the contract and what is installed. */
export type Bus<C = AnyContract, P extends Capability = never> = BusCore<C, P> &
  HandleApi<C, SyntaxOf<P>> &
  MergeApis<P, C, SyntaxOf<P>>;

/**
 * Makes a bus. Install plugins with `use`, then `start` it.
 * @throws BUS_OPTION_INVALID
 */
export function createBus<C extends ContractShape<C> = AnyContract>(
  options: BusOptions = {},
): Bus<C> {
  return kernelOf(options) as unknown as Bus<C>;
}
