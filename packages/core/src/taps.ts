import { BusError, busError } from './errors.ts';
import type { OutcomeArgs, OutcomeTapOptions, Send } from './hooks.ts';

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
export function compileObserver<T>(
  taps: readonly Tap<(value: T) => undefined>[],
  fault: (error: BusError) => void,
): ((value: T) => void) | undefined {
  return taps.reduceRight<((value: T) => void) | undefined>((next, tap) => {
    const { fn } = tap;
    return (value) => {
      try {
        fn(value);
      } catch (error) {
        fault(hookFailed(tap, error));
      }
      if (next !== undefined) next(value);
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
