import type { Env } from './env.ts';
import { type BusError, busError, textOf } from './errors.ts';
import { onAbort } from './outcome/deadlines.ts';
import type { Tap } from './plugin/taps.ts';

/**
 * `idle` until `start` is called; `starting` and `stopping` while the plugins do; `stopped` for
 * good.
 */
export type BusState = 'idle' | 'starting' | 'running' | 'stopping' | 'stopped';

/** How `stop` treats unfinished work. */
export interface StopOptions {
  /**
   * Milliseconds that handlers and mailboxes get to finish, at least 0; default 5,000. Everything
   * left then is counted and ended.
   */
  readonly drainMs?: number | undefined;
}

/** The state of one bus, and what may be done in it. */
export class Gate {
  state: BusState = 'idle';
  /** Whether anything may be sent. */
  isOpen = false;
  readonly #busId: string;

  constructor(busId: string) {
    this.#busId = busId;
  }

  /** @throws BUS_ALREADY_STARTED, BUS_CLOSED */
  beforeStart(action: string): void {
    this.beforeStop();
    if (this.state === 'idle') return;
    const text = `the bus '${this.#busId}' has started: call ${action} before bus.start()`;
    throw busError('BUS_ALREADY_STARTED', text, { action });
  }

  /** @throws BUS_CLOSED */
  beforeStop(): void {
    if (this.state === 'stopping' || this.state === 'stopped') throw closed(this.state);
  }

  /**
   * Checks a send while the bus is not open.
   * @param cause - the message whose handler sends.
   * @param mayBeOurs - a handler still runs that would not be recognised as the sender.
   * @throws BUS_NOT_STARTED, BUS_CLOSED
   */
  beforeSend(topic: string, cause: object | undefined, mayBeOurs: boolean): void {
    const { state } = this;
    if (state === 'idle') {
      const text = `'${topic}' was sent before bus.start()`;
      throw busError('BUS_NOT_STARTED', text, { state, topic });
    }
    // A handler that is allowed to finish needs its own messages to arrive.
    if (state !== 'stopping' || (cause === undefined && !mayBeOurs)) throw closed(state, topic);
  }
}

/** The error of anything that comes too late, such as a message on `topic`. */
export function closed(state: BusState, topic?: string): BusError {
  if (topic === undefined) return busError('BUS_CLOSED', `the bus is ${state}`, { state });
  const text = `'${topic}' was sent, but the bus is ${state}`;
  return busError('BUS_CLOSED', text, { state, topic });
}

/** One step of a plugin's start or stop. */
export type Step = (signal: AbortSignal) => void | Promise<void>;

/** The parts of a bus that starting and stopping touches. */
export interface LifecycleParts {
  readonly env: Env;
  readonly gate: Gate;
  readonly startTimeoutMs: number;
  readonly taps: Readonly<Record<'start' | 'leave' | 'stop', readonly Tap<Step>[]>>;
  readonly endpoints: {
    /** Resolves when nothing waits or runs. */
    idle(): Promise<void>;
    /** Ends everything that still waits or runs, and removes every endpoint. */
    close(error: BusError): void;
  };
  report(error: BusError): void;
  /** Stops the timers of the bus. */
  release(): void;
}

/** Starts and stops one bus, and its plugins with it. */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  #starting: Promise<unknown> = Promise.resolve();
  /** Aborts when the bus is stopped: a plugin that still starts need not outlast it. */
  readonly #ended = new AbortController();
  #stopping: Promise<void> | undefined;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** @throws BUS_PLUGIN_START_FAILED, BUS_PLUGIN_START_TIMEOUT, BUS_CLOSED */
  async start(): Promise<void> {
    const { gate } = this.#parts;
    gate.state = 'starting';
    gate.isOpen = true;
    this.#starting = this.#startPlugins();
    await this.#starting;
  }

  /** @throws BUS_PLUGIN_STOP_FAILED */
  stop(drainMs: number): Promise<void> {
    this.#stopping ??= this.#stopOnce(drainMs);
    return this.#stopping;
  }

  /** Where the bus is by now: a start that was waited for may have failed. */
  get state(): BusState {
    return this.#parts.gate.state;
  }

  async #startPlugins(): Promise<void> {
    const { env, gate, taps, startTimeoutMs } = this.#parts;
    const started = new Set<string>();
    try {
      for (const tap of taps.start) {
        this.#ended.signal.throwIfAborted();
        await startOne(tap, startTimeoutMs, env, this.#ended.signal);
        started.add(tap.plugin);
      }
      gate.state = 'running';
    } catch (error) {
      gate.isOpen = false;
      const undo = taps.stop.filter(({ plugin }) => started.has(plugin));
      await this.#stopAndReport(undo, startTimeoutMs);
      this.#end();
      throw error;
    }
  }

  async #stopOnce(drainMs: number): Promise<void> {
    const { env, gate, taps, endpoints, startTimeoutMs } = this.#parts;
    // At once, so that nothing new subscribes.
    if (gate.state === 'running') gate.state = 'stopping';
    this.#ended.abort(closed('stopping'));
    await this.#starting.catch(() => undefined);
    if (this.state === 'stopped') return;
    const wasRunning = gate.state !== 'idle';
    gate.state = 'stopping';
    if (wasRunning && drainMs > 0) await this.#stopAndReport(taps.leave, drainMs);
    gate.isOpen = false;
    let failed: BusError | undefined;
    if (wasRunning) {
      const late = new Error('not idle in time');
      await within(() => endpoints.idle(), drainMs, env, late).catch(() => undefined);
      // Whoever still waits for this bus learns that it stopped, and not that its links went.
      endpoints.close(closed('stopped'));
      failed = await stopAll(taps.stop, startTimeoutMs, env);
    }
    this.#end();
    if (failed !== undefined) throw failed;
  }

  async #stopAndReport(taps: readonly Tap<Step>[], ms: number): Promise<void> {
    const failed = await stopAll(taps, ms, this.#parts.env);
    if (failed !== undefined) this.#parts.report(failed);
  }

  /** Leaves nothing behind: whatever still waits or runs gets its outcome, and no timer stays. */
  #end(): void {
    const { gate, endpoints, release } = this.#parts;
    gate.state = 'stopped';
    endpoints.close(closed('stopped'));
    release();
  }
}

/** @throws BUS_PLUGIN_START_FAILED, BUS_PLUGIN_START_TIMEOUT, and the reason of `ended` */
async function startOne(
  { plugin, fn }: Tap<Step>,
  timeoutMs: number,
  env: Env,
  ended: AbortSignal,
): Promise<void> {
  const text = `plugin '${plugin}' did not start within ${timeoutMs} ms`;
  const timeout = busError('BUS_PLUGIN_START_TIMEOUT', text, { plugin, timeoutMs });
  try {
    await within(fn, timeoutMs, env, timeout, ended);
  } catch (cause) {
    ended.throwIfAborted();
    throw cause === timeout ? timeout : startFailed(plugin, 'to start', cause);
  }
}

export function startFailed(plugin: string, where: string, cause: unknown): BusError {
  const text = `plugin '${plugin}' failed ${where}: ${textOf(cause)}`;
  return busError('BUS_PLUGIN_START_FAILED', text, { plugin }, cause);
}

/** Runs the `stop` taps in reverse, each within its time, and gathers their errors. */
async function stopAll(
  taps: readonly Tap<Step>[],
  timeoutMs: number,
  env: Env,
): Promise<BusError | undefined> {
  const plugins: string[] = [];
  const causes: unknown[] = [];
  for (const { plugin, fn } of taps.toReversed()) {
    try {
      await within(fn, timeoutMs, env, new Error(`plugin '${plugin}' took over ${timeoutMs} ms`));
    } catch (cause) {
      plugins.push(plugin);
      causes.push(cause);
    }
  }
  if (plugins.length === 0) return undefined;
  const text = `failed to stop: ${plugins.join(', ')}; everything else is stopped`;
  const cause = causes.length === 1 ? causes[0] : new AggregateError(causes);
  return busError('BUS_PLUGIN_STOP_FAILED', text, { plugins }, cause);
}

/**
 * Runs one step; when its time is over its signal aborts and `timeout` is thrown. When `ended` aborts
 * so does its signal, and the step has the rest of its time to end in good order.
 */
async function within(
  step: Step,
  ms: number,
  env: Env,
  timeout: Error,
  ended?: AbortSignal,
): Promise<void> {
  const controller = new AbortController();
  const release = ended && onAbort(ended, () => controller.abort(ended.reason));
  let timer: unknown;
  try {
    const running = step(controller.signal);
    if (running === undefined) return;
    const late = new Promise<never>((_, reject) => {
      timer = env.setTimer(() => {
        controller.abort(timeout);
        reject(timeout);
      }, ms);
    });
    await Promise.race([running, late]);
  } finally {
    release?.();
    if (timer !== undefined) env.clearTimer(timer);
  }
}
