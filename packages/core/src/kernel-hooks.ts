import type { Endpoint } from './endpoint.ts';
import type { EndpointDefinition } from './endpoint-definition.ts';
import type { EndpointChange } from './endpoint-view.ts';
import type { Message } from './envelope.ts';
import type { AnyBusError, BusError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Deliver, Dispatch, HookPoints, OutcomeArgs, Send, TapOptions } from './hooks.ts';
import type { Matcher } from './matcher.ts';
import type { Measurement } from './measurement.ts';
import type { BusMessage } from './message.ts';
import type { Outcome } from './outcomes.ts';
import type { PeerChange } from './peer.ts';
import type { Pattern } from './syntax.ts';
import type { SendEnds, Tap } from './taps.ts';
import {
  askFirst,
  compileObserver,
  compileOutcome,
  compileSend,
  compileWaterfall,
  compileWrap,
  hookFailed,
} from './taps.ts';

type Starting = (signal: AbortSignal) => void | Promise<void>;
type TapMessage = (message: BusMessage, context: undefined) => BusMessage | undefined;
type Define = (
  definition: EndpointDefinition,
  context: undefined,
) => EndpointDefinition | undefined;
type Select = (targets: readonly Endpoint[], message: Message) => readonly Endpoint[] | undefined;

/** What a tap of each hook is. */
interface TapFunctions {
  start: Starting;
  leave: Starting;
  stop: Starting;
  claim: (pattern: Pattern) => Matcher | undefined;
  define: Define;
  admit: (endpoint: Endpoint) => BusError | undefined;
  endpoint: (change: EndpointChange) => undefined;
  peer: (change: PeerChange) => undefined;
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

/** What the taps of one bus are folded around, and who is told of their faults. */
export interface HookEnds extends SendEnds {
  readonly dispatch: Dispatch;
  readonly deliver: Deliver;
  readonly isHandlers: (error: unknown) => boolean;
  /** Logs what an observer threw. */
  readonly fault: (error: BusError) => void;
}

const weights = { first: -1, last: 1 };

/** Every hook point of one bus: who tapped it, and how the path of a message calls it. */
export class KernelHooks {
  // Undefined where nobody tapped.
  send: Send | undefined;
  define: Define | undefined;
  outbound: TapMessage | undefined;
  inbound: TapMessage | undefined;
  select: Select | undefined;
  dispatch: Dispatch | undefined;
  deliver: Deliver | undefined;
  outcome: ((...args: OutcomeArgs) => void) | undefined;
  /** How many want every run timed: `outcome` taps, and whoever asks for a while. */
  timeEvery = 0;
  #tapsThatTime = 0;
  peer: ((change: PeerChange) => void) | undefined;
  endpoint: ((change: EndpointChange) => void) | undefined;
  error: ((error: AnyBusError) => void) | undefined;
  readonly taps: AllTaps = {
    start: [],
    leave: [],
    stop: [],
    claim: [],
    define: [],
    admit: [],
    endpoint: [],
    peer: [],
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
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  get #points(): [string, Tap<unknown>[]][] {
    return Object.entries(this.taps);
  }

  /** The hook points as one plugin sees them: whatever it taps carries its name. */
  of(plugin: string): HookPoints {
    const points = this.#points.map(([hook, taps]) => {
      const tap = (fn: unknown, options: TapOptions = {}): void => {
        this.#gate.beforeStart(`tapping '${hook}'`);
        taps.push({ hook, plugin, fn, options });
      };
      return [hook, { tap }];
    });
    return Object.fromEntries(points);
  }

  /** Makes an error of what a hook threw; a tap alone is called without a guard that would. */
  blame(hook: keyof HookPoints, error: unknown): BusError {
    return hookFailed({ hook, plugin: this.taps[hook][0]?.plugin ?? 'unknown' }, error);
  }

  /** Has every run timed until the function it returns is called. */
  timeEveryRun(): () => void {
    let on = true;
    this.timeEvery++;
    return () => {
      if (on) this.timeEvery--;
      on = false;
    };
  }

  /** Who tapped what, in the order it runs. */
  plan(): Record<string, string[]> {
    return Object.fromEntries(
      this.#points.map(([hook, taps]) => [hook, taps.map((tap) => tap.plugin)]),
    );
  }

  /** Sorts the taps by plugin order and compiles them. */
  compile(order: readonly string[], ends: HookEnds): void {
    const weight = ({ options }: Tap<unknown>): number =>
      options.order === undefined ? 0 : weights[options.order];
    for (const [, taps] of this.#points) {
      taps.sort(
        (a, b) => weight(a) - weight(b) || order.indexOf(a.plugin) - order.indexOf(b.plugin),
      );
    }
    const { taps } = this;
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
    this.peer = compileObserver(taps.peer, ends.fault);
    this.endpoint = compileObserver(taps.endpoint, ends.fault);
    this.error = compileObserver(taps.error, ends.fault);
  }
}
