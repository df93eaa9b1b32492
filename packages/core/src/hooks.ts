import type { Endpoint } from './endpoint.ts';
import type { EndpointDefinition } from './endpoint-definition.ts';
import type { EndpointChange, EndpointView } from './endpoint-view.ts';
import type { Message, MessageKind, SendOptions } from './envelope.ts';
import type { AnyBusError, BusError } from './errors.ts';
import type { SendExtras } from './host.ts';
import type { Matcher } from './matcher.ts';
import type { Measurement } from './measurement.ts';
import type { BusMessage } from './message.ts';
import type { Outcome } from './outcomes.ts';
import type { PeerChange } from './peer.ts';
import type { Pattern } from './syntax.ts';

/** The only ordering knob. Ties keep plugin order: install order adjusted by `requires` and `after`. */
export interface TapOptions {
  /** `first` and `last` go before and after all taps that say nothing. */
  readonly order?: 'first' | 'last';
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

/** Sends a message; resolves to how many targets accepted it, or as its wrapper says. */
export type Send = (
  kind: MessageKind,
  topic: string,
  payload: unknown,
  options: SendOptions | undefined,
  extras: SendExtras | undefined,
) => Promise<number>;

/** Puts a message before its targets; resolves to how many accepted it. */
export type Dispatch = (message: Message, targets: readonly Endpoint[]) => number | Promise<number>;

/** Runs one target's handler; what it returns is the reply of a request. */
export type Deliver = (message: Message, endpoint: Endpoint) => unknown;

/**
 * What became of one message at one endpoint, as positional arguments so that counting costs no
 * object. `endpoint` is undefined where none was reached. `startedAt` is when its handler was called,
 * to a millisecond where that was not timed; `durationMs` is NaN then. Unless a tap asks for `every`,
 * handlers that return at once are timed one time in 64, those that wait always, and from 8 in a
 * millisecond on one time in 8. `reason` says why a message was dropped.
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
  readonly timing?: 'sampled' | 'every';
}

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
  /** Which matcher understands this pattern? Asked once per endpoint; the kernel takes exact topics. */
  readonly claim: FirstHook<Pattern, Matcher>;
  /**
   * What an endpoint is to be made of: options of plugins are in `asked`, and whoever knows one takes
   * it out; its handler may be wrapped. What is left of `asked` in the end is refused.
   */
  readonly define: WaterfallHook<EndpointDefinition>;
  /** May this endpoint be added? The first error refuses it, before it routes. */
  readonly admit: FirstHook<EndpointView, BusError>;
  /** An endpoint was added or removed, or something that a plugin says of it has changed. */
  readonly endpoint: ObserverHook<readonly [change: EndpointChange]>;
  /** Links came up, fell silent, were heard again, and went. */
  readonly peer: ObserverHook<readonly [change: PeerChange]>;
  /**
   * Sends of this bus that have options, or that a plugin makes, before anything is looked at. What
   * is passed on may differ, may be passed on again later, or not at all. A tap that throws refuses
   * the message; what a promise of its own rejects with goes to the sender as it is.
   */
  readonly send: WrapHook<Send>;
  /** A message of this bus, before it is routed. */
  readonly outbound: WaterfallHook<BusMessage>;
  /** A message from a link, before it is routed. */
  readonly inbound: WaterfallHook<BusMessage>;
  /** Narrows the matching endpoints, best first, to those that may be chosen. */
  readonly select: WaterfallHook<readonly Endpoint[], readonly [message: Message]>;
  /** May return a promise: the order in which mailboxes take messages is fixed before the wait. */
  readonly dispatch: WrapHook<Dispatch>;
  /** Runs one handler; what it returns, or its promise resolves to, is the reply of a request. */
  readonly deliver: WrapHook<Deliver>;
  /** What becomes of a message nobody matches; the default is `unroutable`. */
  readonly unrouted: FirstHook<Message, Outcome>;
  /** How each message ended at each target; see {@link OutcomeArgs}. */
  readonly outcome: ObserverHook<OutcomeArgs, OutcomeTapOptions>;
  /** Every error the bus or a plugin reports, also those that a sender gets by a rejection. */
  readonly error: ObserverHook<readonly [error: AnyBusError]>;
  /** What `bus.inspect()` shows of the plugin: plain JSON, with `links` those of a transport. */
  readonly inspect: CollectHook<object>;
  /** Figures a plugin keeps, for whoever exports them; collected when they are asked for. */
  readonly measure: CollectHook<readonly Measurement[]>;
}
