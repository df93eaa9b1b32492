import type { Pattern } from '../contract/syntax.ts';
import type {
  Endpoint,
  EndpointChange,
  EndpointDefinition,
  Matcher,
} from '../endpoint/endpoint.ts';
import type { AnyBusError } from '../errors.ts';
import { BusError, busError } from '../errors.ts';
import type { Message } from '../message/envelope.ts';
import type { BusMessage } from '../message/message.ts';
import type { Outcome } from '../outcome/outcomes.ts';
import type {
  Deliver,
  Dispatch,
  Fact,
  HookPoints,
  Measurement,
  OutcomeArgs,
  OutcomeTapOptions,
  SelectContext,
  Send,
  TapOptions,
} from './hooks.ts';

/** One tap with its owner. */
export interface Tap<Fn> {
  readonly hook: keyof HookPoints;
  readonly plugin: string;
  readonly fn: Fn;
  readonly options: OutcomeTapOptions;
}

type Step = (signal: AbortSignal) => void | Promise<void>;
type TapMessage = (message: BusMessage, context: undefined) => BusMessage | undefined;
type Define = (
  definition: EndpointDefinition,
  context: undefined,
) => EndpointDefinition | undefined;
type Select = (
  candidates: readonly Endpoint[],
  context: SelectContext,
) => readonly Endpoint[] | undefined;
type Observe<Args extends readonly unknown[]> = (...args: Args) => void;

/** The type of a tap of each hook. */
interface TapFunctions {
  start: Step;
  leave: Step;
  stop: Step;
  claim: (pattern: Pattern) => Matcher | undefined;
  define: Define;
  admit: (endpoint: Endpoint) => BusError | undefined;
  endpoint: (change: EndpointChange) => undefined;
  fact: (fact: Fact) => undefined;
  send: (next: Send) => Send;
  outbound: TapMessage;
  inbound: TapMessage;
  select: Select;
  dispatch: (next: Dispatch) => Dispatch;
  deliver: (next: Deliver) => Deliver;
  unrouted: (message: Message) => Outcome | undefined;
  outcome: (...args: OutcomeArgs) => undefined;
  error: (error: AnyBusError) => undefined;
  inspect: () => object;
  measure: () => readonly Measurement[];
}

type AllTaps = { readonly [Hook in keyof HookPoints]: Tap<TapFunctions[Hook]>[] };

/** The functions that the taps are folded around, and the receivers of their faults. */
export interface HookEnds {
  readonly send: Send;
  readonly dispatch: Dispatch;
  readonly deliver: Deliver;
  /** Ends a message that a `send` tap threw at, so that its sender learns of it. */
  refuse(error: BusError, ...sent: Parameters<Send>): Promise<number>;
  isHandlers(error: unknown): boolean;
  report(error: BusError): void;
  /** Logs an error that an observer threw. */
  fault(error: BusError): void;
}

/** Makes an error of the bus from one that a tap threw. */
export function hookFailed(tap: Pick<Tap<unknown>, 'hook' | 'plugin'>, cause: unknown): BusError {
  if (BusError.is(cause)) return cause;
  const { hook, plugin } = tap;
  const text = `plugin '${plugin}' threw in hook '${hook}'`;
  return busError('BUS_HOOK_FAILED', text, { hook, plugin }, cause);
}

/** Every hook point of one bus: its taps, and the compiled functions that a message passes. */
export class KernelHooks {
  // Undefined where nothing tapped.
  send: Send | undefined;
  define: Define | undefined;
  outbound: TapMessage | undefined;
  inbound: TapMessage | undefined;
  select: Select | undefined;
  dispatch: Dispatch | undefined;
  deliver: Deliver | undefined;
  outcome: Observe<OutcomeArgs> | undefined;
  fact: Observe<[Fact]> | undefined;
  endpoint: Observe<[EndpointChange]> | undefined;
  error: Observe<[AnyBusError]> | undefined;
  /** How many want every run timed: `outcome` taps, and plugins that ask for a while. */
  timeEvery = 0;
  #tapsThatTime = 0;
  readonly taps: AllTaps = {
    start: [],
    leave: [],
    stop: [],
    claim: [],
    define: [],
    admit: [],
    endpoint: [],
    fact: [],
    send: [],
    outbound: [],
    inbound: [],
    select: [],
    dispatch: [],
    deliver: [],
    unrouted: [],
    outcome: [],
    error: [],
    inspect: [],
    measure: [],
  };
  readonly claim: TapFunctions['claim'] = askFirst(this.taps.claim);
  readonly admit: TapFunctions['admit'] = askFirst(this.taps.admit);
  readonly unrouted: TapFunctions['unrouted'] = askFirst(this.taps.unrouted);
  /** Throws where the bus has started. */
  readonly #beforeStart: (action: string) => void;

  constructor(beforeStart: (action: string) => void) {
    this.#beforeStart = beforeStart;
  }

  /** The hook points as one plugin sees them: everything it taps carries its name. */
  of(plugin: string): HookPoints {
    const points = Object.entries(this.taps).map(([hook, taps]) => {
      const tap = (fn: unknown, options: TapOptions = {}): void => {
        this.#beforeStart(`hooks.${hook}.tap`);
        (taps as unknown[]).push({ hook, plugin, fn, options });
      };
      return [hook, { tap }];
    });
    return Object.fromEntries(points);
  }

  /** Makes an error of whatever a hook threw; a tap alone is called without a guard that would. */
  blame(hook: keyof HookPoints, error: unknown): BusError {
    return hookFailed({ hook, plugin: this.taps[hook][0]?.plugin ?? 'unknown' }, error);
  }

  /** Has every run timed until the returned function is called. */
  timeEveryRun(): () => void {
    let isOn = true;
    this.timeEvery++;
    return () => {
      if (isOn) this.timeEvery--;
      isOn = false;
    };
  }

  /** The plugins that tapped each hook, in the order they run. */
  plan(): Record<string, string[]> {
    const plans = Object.entries(this.taps).map(([hook, taps]) => [
      hook,
      taps.map((tap) => tap.plugin),
    ]);
    return Object.fromEntries(plans);
  }

  /** Sorts the taps by plugin order and compiles them. */
  compile(order: readonly string[], ends: HookEnds): void {
    const { taps } = this;
    const weight = ({ options }: Tap<unknown>): number =>
      ({ first: -1, last: 1 })[options.order as string] ?? 0;
    for (const list of Object.values(taps) as Tap<unknown>[][]) {
      list.sort(
        (a, b) => weight(a) - weight(b) || order.indexOf(a.plugin) - order.indexOf(b.plugin),
      );
    }
    this.send = compileSend(taps.send, ends);
    this.define = compileWaterfall(taps.define);
    this.outbound = compileWaterfall(taps.outbound);
    this.inbound = compileWaterfall(taps.inbound);
    this.select = compileWaterfall(taps.select);
    this.dispatch = compileWrap(taps.dispatch, ends.dispatch, () => false);
    this.deliver = compileWrap(taps.deliver, ends.deliver, ends.isHandlers);
    this.outcome = compileOutcome(taps.outcome, ends.fault);
    const thatTime = taps.outcome.filter(({ options }) => options.timing === 'every').length;
    this.timeEvery += thatTime - this.#tapsThatTime;
    this.#tapsThatTime = thatTime;
    this.fact = compileObserver(taps.fact, ends.fault);
    this.endpoint = compileObserver(taps.endpoint, ends.fault);
    this.error = compileObserver(taps.error, ends.fault);
  }
}

/**
 * Chains a waterfall's taps; undefined where there are none, so that callers skip it by one test. A
 * tap alone is called as it is: its caller catches and blames it.
 */
function compileWaterfall<T, C>(
  taps: readonly Tap<(value: T, context: C) => T | undefined>[],
): ((value: T, context: C) => T | undefined) | undefined {
  if (taps.length < 2) return taps[0]?.fn;
  return (value, context) => {
    let result: T | undefined = value;
    for (const tap of taps) {
      try {
        result = tap.fn(result, context);
      } catch (error) {
        throw hookFailed(tap, error);
      }
      if (result === undefined) return undefined;
    }
    return result;
  };
}

/** Folds the `send` taps; a tap that throws refuses the message. */
function compileSend(taps: AllTaps['send'], ends: HookEnds): Send | undefined {
  if (taps.length === 0) return undefined;
  /** The last promise that may reject where nothing awaits it. */
  let guarded: Promise<number> | undefined;
  return taps.reduceRight<Send>(
    (next, tap) => {
      const layer = tap.fn(next);
      return (...sent) => {
        let promise: Promise<number>;
        try {
          promise = layer(...sent);
        } catch (error) {
          promise = ends.refuse(hookFailed(tap, error), ...sent);
          guarded = promise;
        }
        if (promise === guarded) return promise;
        guarded = promise;
        promise.catch((error) => {
          if (!BusError.is(error)) ends.report(hookFailed(tap, error));
        });
        return promise;
      };
    },
    (...sent) => {
      guarded = ends.send(...sent);
      return guarded;
    },
  );
}

/** Folds wrap-around taps once, so that a message passes them as plain calls; one alone as it is. */
// biome-ignore lint/suspicious/noExplicitAny: the layers of one hook share their argument types
function compileWrap<Fn extends (a: any, b: any) => unknown>(
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
    const guardedLayer = (a: Parameters<Fn>[0], b: Parameters<Fn>[1]): unknown => {
      try {
        const result = layer(a, b);
        // A rejection of a `deliver` tap's promise is mostly the handler's own.
        return tap.hook === 'dispatch' && result instanceof Promise ? result.catch(reject) : result;
      } catch (error) {
        throw isHandlers(error) ? error : hookFailed(tap, error);
      }
    };
    return guardedLayer as Fn;
  }, innermost);
}

/** Asks the taps in turn until one answers; also those that came after this was called. */
function askFirst<T, R>(
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
function compileObserver<T>(
  taps: readonly Tap<(value: T) => undefined>[],
  fault: (error: BusError) => void,
): Observe<[T]> | undefined {
  if (taps.length === 0) return undefined;
  return (value) => {
    for (const tap of taps) {
      try {
        tap.fn(value);
      } catch (error) {
        fault(hookFailed(tap, error));
      }
    }
  };
}

/** The same for `outcome`, which is called per message: each observer costs one call. */
function compileOutcome(
  taps: readonly Tap<(...args: OutcomeArgs) => undefined>[],
  fault: (error: BusError) => void,
): Observe<OutcomeArgs> | undefined {
  return taps.reduceRight<Observe<OutcomeArgs> | undefined>((next, tap) => {
    const { fn } = tap;
    return (message, endpoint, outcome, startedAt, durationMs, error, reason) => {
      try {
        fn(message, endpoint, outcome, startedAt, durationMs, error, reason);
      } catch (cause) {
        fault(hookFailed(tap, cause));
      }
      next?.(message, endpoint, outcome, startedAt, durationMs, error, reason);
    };
  }, undefined);
}
