import type { Endpoint, EndpointChange, Matcher } from './endpoint.ts';
import type { Message } from './envelope.ts';
import type { AnyBusError, BusError } from './errors.ts';
import type { Deliver, Dispatch, HookPoints, OutcomeArgs, TapOptions } from './hooks.ts';
import {
  askFirst,
  compileObserver,
  compileOutcome,
  compileWaterfall,
  compileWrap,
  hookFailed,
  Taps,
} from './hooks.ts';
import type { BusMessage } from './message.ts';
import type { Outcome } from './outcomes.ts';
import type { Pattern } from './syntax.ts';

/** The hooks as the path of a message calls them; undefined where nobody tapped. */
export interface CompiledHooks {
  outbound: ((message: BusMessage, context: undefined) => BusMessage | undefined) | undefined;
  inbound: ((message: BusMessage, context: undefined) => BusMessage | undefined) | undefined;
  select:
    | ((targets: readonly Endpoint[], message: Message) => readonly Endpoint[] | undefined)
    | undefined;
  dispatch: Dispatch | undefined;
  deliver: Deliver | undefined;
  unrouted: ((message: Message) => Outcome | undefined) | undefined;
  outcome: ((...args: OutcomeArgs) => void) | undefined;
  /** Whether an `outcome` tap wants every run timed. */
  timeEvery: boolean;
  /** Makes an error of what a hook threw; a tap alone is called without a guard that would. */
  blame: (
    hook: 'outbound' | 'inbound' | 'select' | 'dispatch' | 'deliver',
    error: unknown,
  ) => BusError;
  endpoint: (change: EndpointChange) => void;
  error: (error: AnyBusError) => void;
  claim: (pattern: Pattern) => Matcher | undefined;
  admit: (endpoint: Endpoint) => BusError | undefined;
}

type Starting = (signal: AbortSignal) => void | Promise<void>;

/** Every hook point of one bus, with who tapped it. */
export class KernelHooks {
  readonly start: Taps<Starting> = new Taps('start');
  readonly stop: Taps<Starting> = new Taps('stop');
  readonly claim: Taps<(pattern: Pattern) => Matcher | undefined> = new Taps('claim');
  readonly admit: Taps<(endpoint: Endpoint) => BusError | undefined> = new Taps('admit');
  readonly endpoint: Taps<(change: EndpointChange) => undefined> = new Taps('endpoint');
  readonly outbound: Taps<(message: BusMessage, context: undefined) => BusMessage | undefined> =
    new Taps('outbound');
  readonly inbound: Taps<(message: BusMessage, context: undefined) => BusMessage | undefined> =
    new Taps('inbound');
  readonly select: Taps<
    (targets: readonly Endpoint[], message: Message) => readonly Endpoint[] | undefined
  > = new Taps('select');
  readonly dispatch: Taps<(next: Dispatch) => Dispatch> = new Taps('dispatch');
  readonly deliver: Taps<(next: Deliver) => Deliver> = new Taps('deliver');
  readonly unrouted: Taps<(message: Message) => Outcome | undefined> = new Taps('unrouted');
  readonly outcome: Taps<(...args: OutcomeArgs) => undefined> = new Taps('outcome');
  readonly error: Taps<(error: AnyBusError) => undefined> = new Taps('error');
  readonly inspect: Taps<() => object> = new Taps('inspect');
  readonly #points: readonly (keyof HookPoints)[] = [
    'start',
    'stop',
    'claim',
    'admit',
    'endpoint',
    'outbound',
    'inbound',
    'select',
    'dispatch',
    'deliver',
    'unrouted',
    'outcome',
    'error',
    'inspect',
  ];
  readonly #guard: (action: string) => void;

  /** @param guard - throws where it is too late to tap. */
  constructor(guard: (action: string) => void) {
    this.#guard = guard;
  }

  /** The hook points as one plugin sees them: whatever it taps carries its name. */
  of(plugin: string): HookPoints {
    const points = this.#points.map((hook) => {
      const { taps } = this[hook] as Taps<() => unknown>;
      const tap = (fn: () => unknown, options: TapOptions = {}): void => {
        this.#guard(`tapping '${hook}'`);
        taps.push({ plugin, fn, options });
      };
      return [hook, { tap }];
    });
    return Object.fromEntries(points);
  }

  /** Who tapped what, in the order it runs. */
  plan(): Record<string, string[]> {
    return Object.fromEntries(this.#points.map((hook) => [hook, this[hook].plan]));
  }

  /** Sorts the taps by plugin order and rebuilds `into` from them. */
  compile(
    into: CompiledHooks,
    order: readonly string[],
    ends: {
      readonly dispatch: Dispatch;
      readonly deliver: Deliver;
      readonly isHandlers: (error: unknown) => boolean;
      readonly fault: (error: BusError) => void;
    },
  ): void {
    const rank = new Map(order.map((name, index) => [name, index]));
    for (const hook of this.#points) (this[hook] as Taps<() => unknown>).sort(rank);
    const { claim, admit, unrouted } = this;
    const never = (): boolean => false;
    into.blame = (hook, error) => hookFailed(hook, this[hook].plan[0] ?? 'unknown', error);
    into.outbound = this.outbound.used ? compileWaterfall(this.outbound) : undefined;
    into.inbound = this.inbound.used ? compileWaterfall(this.inbound) : undefined;
    into.select = this.select.used ? compileWaterfall(this.select) : undefined;
    into.dispatch = this.dispatch.used
      ? compileWrap(this.dispatch, ends.dispatch, never)
      : undefined;
    into.deliver = this.deliver.used
      ? compileWrap(this.deliver, ends.deliver, ends.isHandlers)
      : undefined;
    into.unrouted = unrouted.used ? (message) => askFirst(unrouted, message) : undefined;
    into.outcome = this.outcome.used ? compileOutcome(this.outcome, ends.fault) : undefined;
    into.timeEvery = this.outcome.taps.some((tap) => tap.options.timing === 'every');
    into.endpoint = compileObserver(this.endpoint, ends.fault);
    into.error = compileObserver(this.error, ends.fault);
    into.claim = (pattern) => askFirst(claim, pattern);
    into.admit = (endpoint) => askFirst(admit, endpoint);
  }
}
