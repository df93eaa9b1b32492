import type { Pattern } from '../contract.ts';
import type {
  Balance,
  Endpoint,
  EndpointChange,
  EndpointDefinition,
  EndpointView,
  Matcher,
} from '../endpoint/endpoint.ts';
import type { Stamp } from '../env.ts';
import type { AnyBusError, BusError } from '../errors.ts';
import type { Message, MessageKind, SendOptions } from '../message/envelope.ts';
import type { BusMessage, MessageFields } from '../message/message.ts';
import type { Completion, Outcome } from '../outcome/outcomes.ts';

/** The only ordering knob. Ties keep plugin order: install order adjusted by `requires` and `after`. */
export interface TapOptions {
  /** `first` and `last` run before and after all taps without an order. */
  readonly order?: 'first' | 'last' | undefined;
}

interface Hook<Fn, Options extends TapOptions = TapOptions> {
  /**
   * Adds a function to the hook, in `setup` or anywhere before the bus starts.
   * @throws BUS_ALREADY_STARTED, BUS_CLOSED
   */
  tap(fn: Fn, options?: Options): void;
}

/** Waterfall: each tap gets the previous tap's value. Sync. `undefined` drops the message. */
export interface WaterfallHook<T extends object, Context extends readonly unknown[] = []>
  extends Hook<(value: T, ...context: Context) => T | undefined> {}

/** First-wins: the first tap that does not return `undefined` decides. Sync. */
export interface FirstHook<T, R extends object | string>
  extends Hook<(value: T) => R | undefined> {}

/**
 * Wrap-around: called with the next layer whenever the hooks are compiled, at `use` and at start,
 * never per message. The first tap is the outermost.
 */
export interface WrapHook<Fn> extends Hook<(next: Fn) => Fn> {}

/** Observers: all run, none can change or stop anything. `undefined`, not `void`, so async taps are rejected. */
export interface ObserverHook<
  Args extends readonly unknown[],
  Options extends TapOptions = TapOptions,
> extends Hook<(...args: Args) => undefined, Options> {}

/** Collect: all run, results are gathered under their plugin's name. Sync. */
export interface CollectHook<R extends object> extends Hook<() => R> {}

/** Series: awaited one by one, in plugin order; `stop` runs in reverse and gathers errors. */
export interface SeriesHook extends Hook<(signal: AbortSignal) => void | Promise<void>> {}

/** Additions of a plugin to a message it sends, beyond the options of users. */
export interface SendExtras {
  /** Learns what became of it at each target. */
  readonly completion?: Completion | undefined;
  /** Sends a request to every matching endpoint instead of one. */
  readonly scatter?: boolean | undefined;
  /** Overrides how one of equals is chosen. */
  readonly balance?: Balance | undefined;
  /** Leaves out the endpoints it returns false for; asked once per message and candidate. */
  readonly wants?: ((endpoint: Endpoint) => boolean) | undefined;
  /** Fields that its sender cannot set: of a message that is sent again, say. */
  readonly fields?: Pick<MessageFields, 'idPrefix' | 'attempt'> | undefined;
  /** Its number, which makes its id with the id prefix; default the bus's own count. */
  readonly sequence?: number | undefined;
}

/** Additions of a link to a message that it has received. */
export interface ReceiveExtras {
  /** Learns what became of it at each target; its message can be cancelled. */
  readonly completion?: Completion | undefined;
  /** Gives a request to each of the targets instead of one. */
  readonly scatter?: boolean | undefined;
  /**
   * The endpoints it is for, best first, where the sender has chosen one of the link's offers. They are
   * equals: of one pattern, one priority and one group. The topic is taken as checked.
   */
  readonly targets?: readonly Endpoint[] | undefined;
  /** The sender's number for it, which makes its id with `MessageFields.idPrefix`. */
  readonly sequence?: number | undefined;
  /** When it was sent. */
  readonly stamp?: Stamp | undefined;
}

/** Sends a message; resolves to how many targets accepted it, or as its wrapper decides. */
export type Send = (
  kind: MessageKind,
  topic: string,
  payload: unknown,
  options: SendOptions | undefined,
  extras: SendExtras | undefined,
) => Promise<number>;

/** Delivers a message to its targets; resolves to how many accepted it. */
export type Dispatch = (message: Message, targets: readonly Endpoint[]) => number | Promise<number>;

/** Runs one target's handler; its result is the reply of a request. */
export type Deliver = (message: Message, endpoint: Endpoint) => unknown;

/** The message that endpoints are selected for. */
export interface SelectContext {
  /** The message to be delivered; with `isDryRun`, one that will not be. */
  readonly message: Message;
  /** Nothing is sent: a tap must leave its state alone. */
  readonly isDryRun: boolean;
}

/**
 * The end of one message at one endpoint, as positional arguments so that counting costs no object.
 * `endpoint` is undefined where none was reached. `startedAt` is when its handler was called, to a
 * millisecond where that was not timed; `durationMs` is NaN then. Handlers that return a promise are
 * always timed; of those that return at once, one run in 64, unless a tap asks for `every`. `reason`
 * says why a message was dropped.
 */
export type OutcomeArgs = readonly [
  message: Message,
  endpoint: Endpoint | undefined,
  outcome: Outcome,
  startedAt: number,
  durationMs: number,
  error: BusError | undefined,
  reason: string | undefined,
];

/** How an observer of outcomes is called. */
export interface OutcomeTapOptions extends TapOptions {
  /** `every` reads the clock twice a delivery; the default times some. */
  readonly timing?: 'sampled' | 'every' | undefined;
}

/** One figure that a plugin keeps anyway, for plugins that show or export figures. */
export interface Measurement {
  /** In snake case, with the plugin's own prefix: `reliable_retries`. Times in seconds, sizes in bytes. */
  readonly name: string;
  /** Explains the figure in one sentence. */
  readonly help: string;
  /** `counter`: only rises. `gauge`: goes up and down. */
  readonly kind: 'counter' | 'gauge';
  /** The figure as it is now. */
  readonly value: number;
  /** Few values each: names, patterns, states; never ids or topics as they come. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/**
 * What plugins tell each other, by name. A plugin declares here what it tells; the kernel reads none of it.
 */
// biome-ignore lint/suspicious/noEmptyInterface: plugins add to it
export interface Facts {}

/** Something a plugin has told. */
export type Fact = {
  readonly [Name in keyof Facts]: { readonly name: Name; readonly value: Facts[Name] };
}[keyof Facts];

/** The kernel's whole extension surface. */
export interface HookPoints {
  /** In plugin order, each within `startTimeoutMs`. */
  readonly start: SeriesHook;
  /**
   * In reverse order, when the bus is told to stop and before it refuses messages: links ask their
   * peers to send no more. A tap that fails is reported, and the stop goes on.
   */
  readonly leave: SeriesHook;
  /** In reverse order, after mailboxes have drained. */
  readonly stop: SeriesHook;
  /** Finds the matcher that understands a pattern. Asked once per endpoint; the kernel takes exact topics. */
  readonly claim: FirstHook<Pattern, Matcher>;
  /**
   * Changes the definition of an endpoint before it is made. Options of plugins are in `asked`: a plugin
   * takes out those it knows, and may wrap the handler. Options left in `asked` are refused.
   */
  readonly define: WaterfallHook<EndpointDefinition>;
  /** Refuses an endpoint before it routes: the first error does. */
  readonly admit: FirstHook<EndpointView, BusError>;
  /** An endpoint was added or removed, or a part of it that a plugin reads has changed. */
  readonly endpoint: ObserverHook<readonly [change: EndpointChange]>;
  /** A plugin has told something by `host.tell`, such as what a link learns of its peer. */
  readonly fact: ObserverHook<readonly [fact: Fact]>;
  /**
   * Wraps sends of this bus that have options, or that a plugin makes, before anything is checked. A tap
   * may pass on something else, later, again, or not at all. A tap that throws refuses the message; a
   * rejection of its own promise goes to the sender as it is.
   */
  readonly send: WrapHook<Send>;
  /** A message of this bus, before it is routed. */
  readonly outbound: WaterfallHook<BusMessage>;
  /** A message from a link, before it is routed. */
  readonly inbound: WaterfallHook<BusMessage>;
  /** Narrows the matching endpoints, best first, to those that may be chosen. */
  readonly select: WaterfallHook<readonly Endpoint[], readonly [context: SelectContext]>;
  /** May return a promise: the order in which mailboxes take messages is fixed before the wait. */
  readonly dispatch: WrapHook<Dispatch>;
  /** Runs one handler; its result, or the value its promise resolves to, is the reply of a request. */
  readonly deliver: WrapHook<Deliver>;
  /** Names the outcome of a message that nothing matches; the default is `unroutable`. */
  readonly unrouted: FirstHook<Message, Outcome>;
  /** Observes how each message ended at each target; see {@link OutcomeArgs}. */
  readonly outcome: ObserverHook<OutcomeArgs, OutcomeTapOptions>;
  /** Observes every error the bus or a plugin reports, also those that a sender gets by a rejection. */
  readonly error: ObserverHook<readonly [error: AnyBusError]>;
  /** Adds the plugin's part of `bus.inspect()`: plain JSON, with `links` those of a transport. */
  readonly inspect: CollectHook<object>;
  /** Collects figures that a plugin keeps, when they are asked for. */
  readonly measure: CollectHook<readonly Measurement[]>;
}
