import type { Endpoint, EndpointChange, EndpointDefinition } from '../endpoint/endpoint.ts';
import { type AnyBusError, BusError, busError } from '../errors.ts';
import type { BusMessage } from '../message/message.ts';
import { isThenable } from '../outcome/results.ts';
import type {
  Deliver,
  Dispatch,
  Fact,
  HookPoints,
  OutcomeArgs,
  OutcomeTapOptions,
  SelectContext,
  Send,
} from './hooks.ts';

type HookName = keyof HookPoints;

/** What a plugin taps a hook with. */
type TapFunction<Name extends HookName> = HookPoints[Name] extends {
  tap(fn: infer Fn, options?: never): void;
}
  ? Fn
  : never;

/** One tap with its owner. */
export interface Tap<Fn> {
  readonly hook: HookName;
  readonly plugin: string;
  readonly fn: Fn;
  readonly options: OutcomeTapOptions;
}

type AllTaps = { readonly [Name in HookName]: Tap<TapFunction<Name>>[] };

type Waterfall<T, Context = undefined> = (value: T, context: Context) => T | undefined;
type Observe<Args extends readonly unknown[]> = ((...args: Args) => void) | undefined;

/** The parts whose functions the taps are folded around, and the receivers of their faults. */
export interface HookEnds {
  readonly publisher: {
    readonly sendUntapped: Send;
    /** Ends a message that a `send` tap threw at, so that its sender learns of it. */
    readonly refuse: (error: BusError, ...sent: Parameters<Send>) => Promise<number>;
  };
  readonly dispatcher: { readonly passOn: Dispatch };
  readonly deliverer: {
    readonly runs: {
      readonly handle: Deliver;
      readonly isHandlers: (error: unknown) => boolean;
    };
  };
  report(error: BusError): void;
  /** Logs an error that an observer threw. */
  fault(error: BusError): void;
}

type Compile = (taps: readonly Tap<never>[], ends: HookEnds) => unknown;

/** The names of all hooks, by what makes one function of their taps. */
const hookKinds: readonly (readonly [Compile | undefined, ...HookName[]])[] = [
  [undefined, 'start', 'leave', 'stop', 'inspect', 'measure'], // run one by one
  [first, 'claim', 'admit', 'unrouted'],
  [waterfall, 'define', 'outbound', 'inbound', 'select'],
  [wrapSend, 'send'],
  [(taps, { dispatcher }) => wrap(taps, dispatcher.passOn, () => false), 'dispatch'],
  [(taps, { deliverer: { runs } }) => wrap(taps, runs.handle, runs.isHandlers), 'deliver'],
  [observers, 'outcome', 'error', 'endpoint', 'fact'],
];

/** Every hook point of one bus: its taps, and the compiled functions that a message passes. */
export class KernelHooks {
  declare readonly claim: TapFunction<'claim'>;
  declare readonly admit: (endpoint: Endpoint) => BusError | undefined;
  declare readonly unrouted: TapFunction<'unrouted'>;
  // Undefined where nothing tapped.
  declare readonly send: Send | undefined;
  declare readonly define: Waterfall<EndpointDefinition> | undefined;
  declare readonly outbound: Waterfall<BusMessage> | undefined;
  declare readonly inbound: Waterfall<BusMessage> | undefined;
  declare readonly select: Waterfall<readonly Endpoint[], SelectContext> | undefined;
  declare readonly dispatch: Dispatch | undefined;
  declare readonly deliver: Deliver | undefined;
  declare readonly outcome: Observe<OutcomeArgs>;
  declare readonly fact: Observe<[Fact]>;
  declare readonly endpoint: Observe<[EndpointChange]>;
  declare readonly error: Observe<[AnyBusError]>;
  /** How many want every run timed: `outcome` taps, and plugins that ask for a while. */
  timeEvery = 0;
  readonly taps = Object.fromEntries(
    hookKinds.flatMap(([, ...names]) => names.map((hook) => [hook, []])),
  ) as unknown as AllTaps;

  /** The hook points as one plugin sees them; `beforeStart` throws where the bus has started. */
  of(plugin: string, beforeStart: (action: string) => void): HookPoints {
    return this.#each((hook, taps) => ({
      tap: (fn: never, options: OutcomeTapOptions = {}) => {
        beforeStart(`hooks.${hook}.tap`);
        taps.push({ hook, plugin, fn, options });
        if (options.timing === 'every') this.timeEvery++;
      },
    })) as unknown as HookPoints;
  }

  /** Makes an error of whatever a hook threw; a tap alone is called without a guard that would. */
  blame(hook: HookName, error: unknown): BusError {
    return hookFailed({ hook, plugin: this.taps[hook][0]?.plugin ?? 'unknown' }, error);
  }

  /** The plugins that tapped each hook, in the order they run. */
  plan(): Record<string, string[]> {
    return this.#each((_, taps) => taps.map((tap) => tap.plugin));
  }

  /** Sorts the taps by plugin order and compiles them. */
  compile(order: readonly string[], ends: HookEnds): void {
    const weight = ({ options }: Tap<never>): number =>
      ({ first: -1, last: 1 })[options.order as string] ?? 0;
    for (const [compile, ...names] of hookKinds) {
      for (const hook of names) {
        const taps = this.taps[hook] as Tap<never>[];
        taps.sort(
          (a, b) => weight(a) - weight(b) || order.indexOf(a.plugin) - order.indexOf(b.plugin),
        );
        // Few enough for properties that are read by every message to stay fast.
        if (compile !== undefined) Object.assign(this, { [hook]: compile(taps, ends) });
      }
    }
  }

  #each<R>(make: (hook: HookName, taps: Tap<never>[]) => R): Record<string, R> {
    const lists = Object.entries(this.taps) as [HookName, Tap<never>[]][];
    return Object.fromEntries(lists.map(([hook, taps]) => [hook, make(hook, taps)]));
  }
}

/** Makes an error of the bus from one that a tap threw. */
export function hookFailed(
  { hook, plugin }: Pick<Tap<unknown>, 'hook' | 'plugin'>,
  cause: unknown,
): BusError {
  if (BusError.is(cause)) return cause;
  const text = `plugin '${plugin}' threw in hook '${hook}'`;
  return busError('BUS_HOOK_FAILED', text, { hook, plugin }, cause);
}

/** Calls a tap, and blames its plugin where it throws. */
function call<A, B, R>(tap: Tap<(a: A, b: B) => R>, a: A, b: B): R {
  try {
    return tap.fn(a, b);
  } catch (error) {
    throw hookFailed(tap, error);
  }
}

/**
 * Chains a waterfall's taps; undefined where there are none, so that callers skip it by one test. A
 * tap alone is called as it is: its caller catches and blames it.
 */
function waterfall<T, C>(taps: readonly Tap<Waterfall<T, C>>[]): Waterfall<T, C> | undefined {
  if (taps.length < 2) return taps[0]?.fn;
  return (value, context) => {
    let result: T | undefined = value;
    for (const tap of taps) {
      result = call(tap, result, context);
      if (result === undefined) return undefined;
    }
    return result;
  };
}

/** Asks the taps in turn until one answers; also those that came after this was compiled. */
function first<T, R>(taps: readonly Tap<(value: T) => R>[]): (value: T) => R | undefined {
  return (value) => {
    for (const tap of taps) {
      const answer = call(tap, value, undefined);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}

/** Chains observers, each at the cost of one call: one that throws is logged, and the others still run. */
function observers(
  taps: readonly Tap<(...args: unknown[]) => void>[],
  { fault }: HookEnds,
): Observe<unknown[]> {
  // As many arguments as an outcome has: spreading them takes twice the time.
  return taps.reduceRight<Observe<unknown[]>>(
    (next, tap) => (a, b, c, d, e, f, g) => {
      try {
        tap.fn(a, b, c, d, e, f, g);
      } catch (error) {
        fault(hookFailed(tap, error));
      }
      next?.(a, b, c, d, e, f, g);
    },
    undefined,
  );
}

/** Folds wrap-around taps once, so that a message passes them as plain calls; one alone as it is. */
function wrap<A, B, R>(
  taps: readonly Tap<(next: (a: A, b: B) => R) => (a: A, b: B) => R>[],
  innermost: (a: A, b: B) => R,
  isHandlers: (error: unknown) => boolean,
): ((a: A, b: B) => R) | undefined {
  if (taps.length < 2) return taps[0]?.fn(innermost);
  return taps.reduceRight((next, tap) => {
    const layer = tap.fn(next);
    const failed = (error: unknown): never => {
      throw isHandlers(error) ? error : hookFailed(tap, error);
    };
    return (a, b) => {
      try {
        const result = layer(a, b);
        // A rejection of a `deliver` tap's promise is mostly the handler's own.
        const isOwn = tap.hook === 'dispatch' && isThenable(result);
        return isOwn ? (Promise.resolve(result).catch(failed) as R) : result;
      } catch (error) {
        return failed(error);
      }
    };
  }, innermost);
}

/** Folds the `send` taps; a tap that throws refuses the message. */
function wrapSend(
  taps: readonly Tap<(next: Send) => Send>[],
  { publisher, report }: HookEnds,
): Send | undefined {
  if (taps.length === 0) return undefined;
  /** The last promise that is taken care of already, should it reject. */
  let guarded: Promise<number> | undefined;
  return taps.reduceRight<Send>(
    (next, tap) => {
      const layer = tap.fn(next);
      return (...sent) => {
        let promise: Promise<number>;
        try {
          promise = layer(...sent);
          if (!isThenable(promise)) throw new TypeError('the tap returned no promise');
        } catch (error) {
          guarded = publisher.refuse(hookFailed(tap, error), ...sent);
          return guarded;
        }
        if (promise === guarded) return promise;
        guarded = promise;
        Promise.resolve(promise).catch((error) => {
          if (!BusError.is(error)) report(hookFailed(tap, error));
        });
        return promise;
      };
    },
    (...sent) => {
      guarded = publisher.sendUntapped(...sent);
      return guarded;
    },
  );
}
