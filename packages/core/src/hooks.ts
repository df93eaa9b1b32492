import type {
  Endpoint,
  EndpointChange,
  EndpointDefinition,
  EndpointView,
  Matcher,
} from './endpoint.ts';
import type { Message, MessageKind, SendOptions } from './envelope.ts';
import type { AnyBusError } from './errors.ts';
import { BusError, busError } from './errors.ts';
import type { Measurement } from './measurement.ts';
import type { BusMessage } from './message.ts';
import type { Outcome } from './outcomes.ts';
import type { PeerChange } from './peer.ts';
import type { SendExtras } from './plugin.ts';
import type { Pattern } from './syntax.ts';

/** The only ordering knob. Ties keep plugin order: install order adjusted by `requires` and `after`. */
export interface TapOptions {
  readonly order?: 'first' | 'last';
}

interface Hook<Fn, Options extends TapOptions = TapOptions> {
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
  readonly deliver: WrapHook<Deliver>;
  /** What becomes of a message nobody matches; the default is `unroutable`. */
  readonly unrouted: FirstHook<Message, Outcome>;
  readonly outcome: ObserverHook<OutcomeArgs, OutcomeTapOptions>;
  readonly error: ObserverHook<readonly [error: AnyBusError]>;
  readonly inspect: CollectHook<object>;
  /** Figures a plugin keeps, for whoever exports them; collected when they are asked for. */
  readonly measure: CollectHook<readonly Measurement[]>;
}

/** One tap with its owner. */
export interface Tap<Fn> {
  readonly hook: string;
  readonly plugin: string;
  readonly fn: Fn;
  readonly options: OutcomeTapOptions;
}

/** What a tap threw, as an error of the bus. */
export function hookFailed(
  { hook, plugin }: { readonly hook: string; readonly plugin: string },
  cause: unknown,
): BusError {
  if (BusError.is(cause)) return cause;
  return busError(
    'BUS_HOOK_FAILED',
    `plugin '${plugin}' threw in hook '${hook}'`,
    { hook, plugin },
    cause,
  );
}

type Step<T, C> = (value: T, context: C) => T | undefined;

/**
 * Chains a waterfall's taps; undefined where there are none, so that callers skip it by one test. A
 * tap alone is called as it is, and blamed where its caller catches what it throws.
 */
export function compileWaterfall<T, C>(taps: readonly Tap<Step<T, C>>[]): Step<T, C> | undefined {
  if (taps.length === 1) return taps[0]?.fn;
  return taps.reduceRight<Step<T, C> | undefined>((next, tap) => {
    const { fn } = tap;
    return (value, context) => {
      let result: T | undefined;
      try {
        result = fn(value, context);
      } catch (error) {
        throw hookFailed(tap, error);
      }
      return result === undefined || next === undefined ? result : next(result, context);
    };
  }, undefined);
}

/** What the `send` taps are folded around, and what becomes of their faults. */
export interface SendEnds {
  readonly send: Send;
  /** Ends a message that a tap threw at, so that whoever waits for it learns of it. */
  refuse(error: BusError, ...sent: Parameters<Send>): Promise<number>;
  report(error: BusError): void;
}

/** Folds the `send` taps; what they throw refuses the message. */
export function compileSend(
  taps: readonly Tap<(next: Send) => Send>[],
  ends: SendEnds,
): Send | undefined {
  if (taps.length === 0) return undefined;
  /** The last promise that was made safe to be left alone. */
  let safe: Promise<number> | undefined;
  const innermost: Send = (kind, topic, payload, options, extras) => {
    safe = ends.send(kind, topic, payload, options, extras);
    return safe;
  };
  return taps.reduceRight<Send>((next, tap) => {
    const layer = tap.fn(next);
    return (kind, topic, payload, options, extras) => {
      let sent: Promise<number>;
      try {
        sent = layer(kind, topic, payload, options, extras);
      } catch (error) {
        sent = ends.refuse(hookFailed(tap, error), kind, topic, payload, options, extras);
        safe = sent;
      }
      if (sent !== safe) {
        // A promise of the tap's own may reject where nobody awaits it.
        sent.catch((error) => {
          if (!BusError.is(error)) ends.report(hookFailed(tap, error));
        });
        safe = sent;
      }
      return sent;
    };
  }, innermost);
}

/** Folds wrap-around taps once, so that a message passes them as plain calls; one alone as it is. */
// biome-ignore lint/suspicious/noExplicitAny: the layers of one hook share their argument types
export function compileWrap<Fn extends (a: any, b: any) => unknown>(
  taps: readonly Tap<(next: Fn) => Fn>[],
  innermost: Fn,
  isHandlers: (error: unknown) => boolean,
): Fn | undefined {
  if (taps.length < 2) return taps[0]?.fn(innermost);
  return taps.reduceRight<Fn>((next, tap) => {
    const layer = tap.fn(next);
    const reject = (error: unknown): never => {
      throw hookFailed(tap, error);
    };
    const guarded = (a: Parameters<Fn>[0], b: Parameters<Fn>[1]): unknown => {
      try {
        const result = layer(a, b);
        // What a `deliver` tap's promise rejects with is mostly the handler's own.
        return tap.hook === 'dispatch' && result instanceof Promise ? result.catch(reject) : result;
      } catch (error) {
        throw isHandlers(error) ? error : hookFailed(tap, error);
      }
    };
    return guarded as Fn;
  }, innermost);
}

/** Asks the taps in turn until one answers; also those that came after this was called. */
export function askFirst<T, R>(
  taps: readonly Tap<(value: T) => R | undefined>[],
): (value: T) => R | undefined {
  return (value) => {
    for (const tap of taps) {
      try {
        const answer = tap.fn(value);
        if (answer !== undefined) return answer;
      } catch (error) {
        throw hookFailed(tap, error);
      }
    }
    return undefined;
  };
}

/** Chains observers: one that throws is reported, and the others still run. */
export function compileObserver<Args extends readonly unknown[]>(
  taps: readonly Tap<(...args: Args) => undefined>[],
  fault: (error: BusError) => void,
): ((...args: Args) => void) | undefined {
  return taps.reduceRight<((...args: Args) => void) | undefined>((next, tap) => {
    const { fn } = tap;
    return (...args) => {
      try {
        fn(...args);
      } catch (error) {
        fault(hookFailed(tap, error));
      }
      next?.(...args);
    };
  }, undefined);
}

/** The same for `outcome`, which is called per message: each observer costs one call. */
export function compileOutcome(
  taps: readonly Tap<(...args: OutcomeArgs) => undefined>[],
  fault: (error: BusError) => void,
): ((...args: OutcomeArgs) => void) | undefined {
  return taps.reduceRight<((...args: OutcomeArgs) => void) | undefined>((next, tap) => {
    const { fn } = tap;
    return (message, endpoint, outcome, startedAt, durationMs, error, reason) => {
      try {
        fn(message, endpoint, outcome, startedAt, durationMs, error, reason);
      } catch (cause) {
        fault(hookFailed(tap, cause));
      }
      if (next !== undefined)
        next(message, endpoint, outcome, startedAt, durationMs, error, reason);
    };
  }, undefined);
}
