import type { Endpoint } from './endpoint/endpoint.ts';
import { BusError, codeOf } from './errors.ts';
import {
  type BusMessage,
  Delivery,
  type DeliveryRunner,
  type MessageHome,
} from './message/message.ts';
import type { EndingParts, Endings } from './outcome/endings.ts';
import { untimed } from './outcome/endings.ts';
import { Verdict } from './outcome/outcomes.ts';
import { isStream, isThenable, streamReply } from './outcome/results.ts';
import type { Deliver } from './plugin/hooks.ts';

/** One run in so many is timed, of those that return at once. */
const runsPerSample = 64;

const nativeThen = Promise.prototype.then;

/** The parts of a bus that running handlers uses. */
export interface RunParts extends EndingParts {
  /** The identity of the messages of this bus. */
  readonly home: MessageHome;
  readonly hooks: EndingParts['hooks'] & {
    readonly deliver: Deliver | undefined;
    /** How many want every run timed. */
    readonly timeEvery: number;
    blame(hook: 'deliver', error: unknown): BusError;
  };
  /** The state of the bus: while it stops, only handlers that still run may send. */
  readonly gate: { readonly state: string };
  /** `limits.inFlight`. */
  readonly inFlight: number;
}

/** The rest of delivering, as running handlers calls it. */
export interface RunOwner {
  /** Enters a delivery where its sender and its deadline find it. */
  track(delivery: Delivery): void;
  /** Starts messages that wait at an endpoint. */
  drain(endpoint: Endpoint): void;
  /** The time limit of a run is over: ends it. */
  overran(run: Delivery): void;
}

/** Runs handlers: calls them, waits for their promises, and settles their messages. */
export class Runs implements DeliveryRunner {
  /** The message whose handler is on the stack. */
  current: BusMessage | undefined;
  /** Handlers that run and may send without being recognised: they began before the bus stopped. */
  unrecognised = 0;
  readonly #parts: RunParts;
  readonly #endings: Endings;
  readonly #owner: RunOwner;
  /** Asynchronous handlers that run, less those that wait for a request of their own. */
  #running = 0;
  #usesContext = false;
  /** Endpoints with messages that `limits.inFlight` holds back. */
  readonly #starved = new Set<Endpoint>();
  #untilSample = runsPerSample;
  /** The error that the handler on the stack threw, until it has been judged. */
  #thrown: unknown;

  constructor(parts: RunParts, endings: Endings, owner: RunOwner) {
    this.#parts = parts;
    this.#endings = endings;
    this.#owner = owner;
  }

  /**
   * Calls the handler, and deals with its result.
   * @param waited - the delivery, if it had to wait.
   * @returns why a link refused the message, whose sender is to be told.
   */
  run(endpoint: Endpoint, message: BusMessage, waited: Delivery | undefined): BusError | undefined {
    const { current } = this;
    // A tap may hold an error of its handler while it sends, and so run others.
    const thrown = this.#thrown;
    const isTracked = this.#tracks(endpoint, message);
    const timedFrom = this.#parts.hooks.outcome === undefined ? untimed : this.#sample(endpoint);
    let value: unknown;
    let hasFailed = false;
    // Its handler may let another endpoint start that waits with the same message.
    if (waited !== undefined && !endpoint.isRemote) message.work ??= waited;
    endpoint.isDirect = false;
    endpoint.executing = true;
    if (!endpoint.isRemote) this.current = message;
    try {
      value = this.#call(endpoint, message, isTracked);
    } catch (error) {
      value = error;
      hasFailed = true;
    }
    this.current = current;
    try {
      return this.#after(endpoint, message, waited, value, hasFailed, timedFrom, isTracked);
    } finally {
      endpoint.executing = false;
      this.#thrown = thrown;
    }
  }

  /**
   * Calls the handler of a direct endpoint, for a message that nothing observes.
   * @param outer - the message whose handler sent it.
   */
  callDirectly(endpoint: Endpoint, message: BusMessage, outer: BusMessage | undefined): void {
    const { ledger } = this.#parts;
    ledger.accepted++;
    endpoint.load = 1;
    endpoint.executing = true;
    let value: unknown;
    let hasFailed = false;
    try {
      value = endpoint.handler(message);
    } catch (error) {
      value = error;
      hasFailed = true;
    }
    // Whatever came or changed meanwhile has taken its short way from it.
    if (endpoint.isDirect && !hasFailed && (value === undefined || !isThenable(value))) {
      ledger.handled++;
      endpoint.load = 0;
      endpoint.executing = false;
    } else {
      endpoint.isDirect = false;
      this.current = outer;
      try {
        this.#after(endpoint, message, undefined, value, hasFailed, untimed, false);
      } finally {
        endpoint.executing = false;
      }
    }
  }

  /** Whether nothing observes how a message ends. */
  isPlain({ traits }: BusMessage): boolean {
    const { outcome, deliver } = this.#parts.hooks;
    const isUnobserved = outcome === undefined && deliver === undefined;
    return isUnobserved && traits.completion === undefined && traits.key === undefined;
  }

  /**
   * Whether a run is entered as an async context, so that it is recognised as the sender of requests: it
   * lends them its deadline and its permit, and may send while the bus stops. While its function is on
   * the stack, it is known by `current`. Remote endpoints never issue nested requests here.
   */
  #tracks(endpoint: Endpoint, message: BusMessage): boolean {
    if (endpoint.returns === 'at once' || endpoint.isRemote) return false;
    const { env, gate, inFlight } = this.#parts;
    if (env.context === undefined) return false;
    return (
      message.deadline !== undefined ||
      2 * (this.#running + 1) > inFlight ||
      gate.state === 'stopping'
    );
  }

  #call(endpoint: Endpoint, message: BusMessage, isTracked: boolean): unknown {
    const { context } = this.#parts.env;
    // A message that is not tracked must not run as its sender's sender either.
    const mustLeave =
      this.#usesContext && endpoint.returns !== 'at once' && context?.get() !== undefined;
    if (context === undefined || (!isTracked && !mustLeave)) return this.#begin(endpoint, message);
    this.#usesContext = true;
    const begin = (own: BusMessage): unknown => this.#begin(endpoint, own);
    return context.run(isTracked ? message : undefined, begin, message);
  }

  /** Calls the handler through the taps, and begins to hand over the replies that it streams. */
  #begin(endpoint: Endpoint, message: BusMessage): unknown {
    const { deliver } = this.#parts.hooks;
    const result = deliver === undefined ? endpoint.handler(message) : deliver(message, endpoint);
    const isReplies = message.kind === 'request' && isStream(result);
    return isReplies ? streamReply(result, message, endpoint, this.#parts) : result;
  }

  /** The innermost layer of the `deliver` hook: remembers an error as the handler's own. */
  readonly handle: Deliver = (message, endpoint) => {
    try {
      return endpoint.handler(message);
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
  };

  /** Whether an error is a handler's own or a verdict, and no tap's mistake. */
  readonly isHandlers = (error: unknown): boolean => error === this.#thrown || Verdict.is(error);

  /** When a run began that is to be timed; not a number for others. */
  #sample(endpoint: Endpoint): number {
    const { hooks, env } = this.#parts;
    if (--this.#untilSample > 0 && hooks.timeEvery === 0 && endpoint.returns !== 'a promise')
      return untimed;
    if (this.#untilSample <= 0) this.#untilSample = runsPerSample;
    return env.now();
  }

  /** Deals with a handler's result. */
  #after(
    endpoint: Endpoint,
    message: BusMessage,
    waited: Delivery | undefined,
    value: unknown,
    hasFailed: boolean,
    timedFrom: number,
    isTracked: boolean,
  ): BusError | undefined {
    let refusal: BusError | undefined;
    // Whatever is thrown here, such as an overflow of the stack, the endpoint is free again.
    try {
      if (!hasFailed && isThenable(value)) {
        this.#wait(endpoint, message, waited, value, timedFrom, isTracked);
      } else {
        if (endpoint.returns === 'unknown') endpoint.returns = 'at once';
        refusal = this.#returned(endpoint, message, waited, value, hasFailed, timedFrom);
        if (waited !== undefined) endpoint.queue?.done(waited);
      }
    } finally {
      endpoint.executing = false;
    }
    // Otherwise `drain` started it, and goes on by itself.
    if (waited === undefined) this.#owner.drain(endpoint);
    return refusal;
  }

  /** A handler has returned, or thrown. Returns why a link refused what did not have to wait. */
  #returned(
    endpoint: Endpoint,
    message: BusMessage,
    waited: Delivery | undefined,
    value: unknown,
    hasFailed: boolean,
    timedFrom: number,
  ): BusError | undefined {
    // Its handler, or a tap, may have had its message cancelled.
    if (waited?.isEnded) {
      this.#endings.late(message, endpoint);
      return undefined;
    }
    // A link that throws a coded error has not sent the message.
    const isRefusal = hasFailed && endpoint.isRemote && BusError.is(value);
    if (isRefusal && waited === undefined) {
      this.#thrown = undefined;
      this.#endings.ended(endpoint, message, undefined, 'rejected', value);
      return value;
    }
    const isTaps = hasFailed && this.#parts.hooks.deliver !== undefined && !this.isHandlers(value);
    const fault = isRefusal || isTaps ? this.#parts.hooks.blame('deliver', value) : undefined;
    this.#thrown = undefined;
    this.#endings.settled(endpoint, message, waited, value, hasFailed, timedFrom, fault);
    return undefined;
  }

  /** Waits for a handler that returned a promise. */
  #wait(
    endpoint: Endpoint,
    message: BusMessage,
    waited: Delivery | undefined,
    promise: PromiseLike<unknown>,
    timedFrom: number,
    isTracked: boolean,
  ): void {
    const { clock, deadlines } = this.#parts;
    const run = waited ?? new Delivery(message, endpoint);
    run.startedAt = Number.isNaN(timedFrom) ? clock.stamp().now : timedFrom;
    // Before it is counted: on a stack that is nearly full, a call may fail.
    deadlines.begin(endpoint.policy.timeoutMs, run);
    if (!endpoint.isRemote) {
      endpoint.returns = 'a promise';
      run.asking = message.work?.asking ?? 0;
      run.isTracked = isTracked;
      message.work = run;
    }
    this.#count(run, 1);
    if (waited === undefined) this.#owner.track(run);
    try {
      this.#follow(run, promise);
    } catch (error) {
      this.#count(run, -1);
      throw error;
    }
  }

  /** Counts a run that begins, by 1, or ends, by -1. */
  #count(run: Delivery, by: 1 | -1): void {
    const { endpoint } = run;
    run.runner = by === 1 ? this : undefined;
    endpoint.running += by;
    if (endpoint.isRemote) return;
    // Whether the platform could recognise it as a sender, and this one it cannot.
    if (!run.isTracked && this.#parts.env.context !== undefined) this.unrecognised += by;
    if (run.asking === 0) this.#running += by;
  }

  #follow(run: Delivery, promise: PromiseLike<unknown>): void {
    const fulfilled = (value: unknown): void => this.#settled(run, value, false);
    const rejected = (error: unknown): void => this.#settled(run, error, true);
    try {
      // A stranger's thenable may settle with another, twice, or throw. That of a link may not.
      if (run.endpoint.isRemote && !(promise instanceof Promise)) promise.then(fulfilled, rejected);
      // A proxy of a promise passes for one, and a promise may have a `then` of its own.
      else nativeThen.call(Promise.resolve(promise), fulfilled, rejected);
    } catch (error) {
      void Promise.reject(error).catch(rejected);
    }
  }

  #settled(run: Delivery, value: unknown, hasFailed: boolean): void {
    const { endpoint, message } = run;
    const { hooks } = this.#parts;
    if (run.isEnded) this.#endings.late(message, endpoint);
    else {
      // Nobody can tell whose rejection it is, unless the hook says so.
      const isFault =
        hasFailed && hooks.deliver !== undefined && codeOf(value) === 'BUS_HOOK_FAILED';
      const fault = isFault ? (value as BusError) : undefined;
      const timedFrom = hooks.outcome === undefined ? untimed : (run.startedAt ?? untimed);
      this.#endings.settled(endpoint, message, run, value, hasFailed, timedFrom, fault);
    }
    this.#leave(run);
  }

  /** A run gives its place to messages that wait. */
  #leave(run: Delivery): void {
    if (run.runner === undefined) return;
    const { endpoint } = run;
    this.#count(run, -1);
    this.#parts.deadlines.remove(run);
    endpoint.queue?.done(run);
    // In turn, or an endpoint with a long queue would keep every permit that it frees.
    const isInTurn = this.#starved.size > 0 && !endpoint.isRemote && endpoint.queued > 0;
    if (isInTurn) this.#starved.add(endpoint);
    else this.#owner.drain(endpoint);
    if (this.#starved.size > 0) this.#feed();
  }

  /** Ends every run. @param end - records the outcome. */
  endAll(end: (run: Delivery) => void): void {
    for (const run of this.#parts.deadlines.all()) {
      if (!(run instanceof Delivery)) continue;
      end(run);
      this.#leave(run);
    }
  }

  /** The time limit of a run is over. */
  overran(run: Delivery): void {
    this.#owner.overran(run);
    this.#leave(run);
  }

  // --- limits.inFlight

  /** Handlers that return at once never run beside each other, and need no permit. */
  hasPermit({ returns, isRemote }: Endpoint): boolean {
    return this.#running < this.#parts.inFlight || returns !== 'a promise' || isRemote;
  }

  /** Remembers an endpoint that the limit holds back. */
  starve(endpoint: Endpoint): void {
    this.#starved.add(endpoint);
  }

  /**
   * The message whose handler sends: the one on the stack, or the one of the async context while its
   * handler runs; undefined for any other sender, handlers of other buses among them.
   */
  cause(): BusMessage | undefined {
    const { env, home } = this.#parts;
    const cause = this.current ?? (env.context?.get() as BusMessage | undefined);
    if (cause === undefined || cause === this.current) return cause;
    const isAtWork = cause.work?.runner !== undefined;
    return isAtWork && cause.traits.home === home ? cause : undefined;
  }

  /** A handler waits for a request of its own, or for room: another may run in its place. */
  lend(cause: BusMessage): void {
    // A handler on the stack is not counted yet.
    cause.work ??= { asking: 0 };
    if (cause.work.asking++ > 0 || cause.work.runner === undefined) return;
    this.#running--;
    this.#feed();
  }

  /** The wait of {@link lend} is over. */
  takeBack({ work }: BusMessage): void {
    if (work !== undefined && --work.asking === 0 && work.runner) {
      this.#running++;
    }
  }

  /** Lets endpoints go on that the limit held back, in turn. */
  #feed(): void {
    for (const endpoint of this.#starved) {
      if (this.#running >= this.#parts.inFlight) return;
      this.#starved.delete(endpoint);
      this.#owner.drain(endpoint);
    }
  }
}
