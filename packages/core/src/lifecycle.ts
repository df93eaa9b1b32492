import type { Env, Timer } from './env.ts';
import { type BusError, busError, textOf } from './errors.ts';
import type { Settings } from './options.ts';
import type { KernelHooks, Tap } from './plugin/taps.ts';

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
  /** Nothing may be sent any more, not even by handlers that still run. */
  isSealed = false;

  /** @throws BUS_ALREADY_STARTED, BUS_CLOSED */
  beforeStart(action: string): void {
    this.beforeStop();
    if (this.state === 'idle') return;
    const text = `the bus has started: call ${action} before bus.start()`;
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
    const mayFinish = state === 'stopping' && !this.isSealed;
    if (!mayFinish || (cause === undefined && !mayBeOurs)) throw closed(state, topic);
  }
}

/** The error of anything that comes too late, such as a message on `topic`. */
function closed(state: BusState, topic?: string): BusError {
  const sent = topic === undefined ? '' : `'${topic}' was sent, but `;
  const details = topic === undefined ? { state } : { state, topic };
  return busError('BUS_CLOSED', `${sent}the bus is ${state}`, details);
}

export function startFailed(plugin: string, where: string, cause: unknown): BusError {
  const text = `plugin '${plugin}' failed ${where}: ${textOf(cause)}`;
  return busError('BUS_PLUGIN_START_FAILED', text, { plugin }, cause);
}

function startTimedOut(plugin: string, timeoutMs: number, cause?: unknown): BusError {
  const why = cause === undefined ? '' : `: ${textOf(cause)}`;
  const text = `plugin '${plugin}' did not start within ${timeoutMs} ms${why}`;
  return busError('BUS_PLUGIN_START_TIMEOUT', text, { plugin, timeoutMs }, cause);
}

/** One step of a start or stop. */
type Step = (signal: AbortSignal) => void | Promise<void>;

/** The parts of a bus that starting and stopping touches. */
export interface LifecycleParts {
  readonly env: Env;
  readonly gate: Gate;
  readonly settings: Settings;
  readonly hooks: KernelHooks;
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
export interface Lifecycle {
  /** @throws BUS_PLUGIN_START_FAILED, BUS_PLUGIN_START_TIMEOUT, BUS_CLOSED */
  start(): Promise<void>;
  /** @throws BUS_PLUGIN_STOP_FAILED */
  stop(drainMs: number): Promise<void>;
}

export function lifecycleOf(parts: LifecycleParts): Lifecycle {
  const { env, gate, endpoints, report, release } = parts;
  const { startTimeoutMs } = parts.settings;
  const { taps } = parts.hooks;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  /** Ends the drain early: a later `stop` has less patience. */
  let cut = (): void => undefined;
  const cutShort = new Promise<void>((resolve) => {
    cut = resolve;
  });
  const cutTimers: Timer[] = [];
  /** The step that runs: a plugin that still starts need not outlast the bus. */
  let step: AbortController | undefined;

  const startPlugins = async (): Promise<void> => {
    const started = new Set<string>();
    gate.state = 'starting';
    gate.isOpen = true;
    try {
      for (const { plugin, fn } of taps.start) {
        if (stopping !== undefined) throw closed('stopping');
        const timeout = startTimedOut(plugin, startTimeoutMs);
        let running: ReturnType<Step>;
        const begin: Step = (signal) => {
          running = fn(signal);
          return running;
        };
        await within(startTimeoutMs, timeout, begin).catch(async (cause) => {
          if (stopping !== undefined) throw closed('stopping');
          if (step?.signal.reason !== timeout) throw startFailed(plugin, 'to start', cause);
          // Its signal has aborted: in this turn it may say what kept it.
          const turn = new Promise<void>((resolve) => env.setTurn(resolve));
          const why = await Promise.race([running, turn]).catch((reason) => reason);
          throw (why ?? timeout) === timeout ? timeout : startTimedOut(plugin, startTimeoutMs, why);
        });
        started.add(plugin);
      }
      gate.state = 'running';
    } catch (error) {
      gate.isOpen = false;
      const undo = taps.stop.filter(({ plugin }) => started.has(plugin));
      await stopEach(undo, startTimeoutMs).catch(report);
      end();
      throw error;
    }
  };

  const stopOnce = async (drainMs: number): Promise<void> => {
    const wasIdle = gate.state === 'idle';
    // At once, so that nothing new subscribes.
    if (wasIdle || gate.state === 'running') gate.state = 'stopping';
    else if (gate.isOpen) step?.abort(closed('stopping'));
    try {
      await starting;
    } catch {
      // It has undone what it did.
      return;
    }
    if (wasIdle) return end();
    gate.state = 'stopping';
    if (drainMs > 0) await Promise.race([cutShort, stopEach(taps.leave, drainMs).catch(report)]);
    gate.isOpen = false;
    const late = new Error('not idle in time');
    const idle = within(drainMs, late, () => endpoints.idle()).catch(() => undefined);
    await Promise.race([cutShort, idle]);
    // Senders that still wait for this bus learn that it stopped, and not that its links went.
    gate.isSealed = true;
    endpoints.close(closed('stopped'));
    await stopEach(taps.stop, startTimeoutMs).finally(end);
  };

  /** Runs steps in reverse, each within its time, and gathers their errors. */
  const stopEach = async (steps: readonly Tap<Step>[], ms: number): Promise<void> => {
    const plugins: string[] = [];
    const causes: unknown[] = [];
    for (const { plugin, fn } of steps.toReversed()) {
      const late = new Error(`plugin '${plugin}' took over ${ms} ms`);
      await within(ms, late, fn).catch((cause) => {
        plugins.push(plugin);
        causes.push(cause);
      });
    }
    if (plugins.length === 0) return;
    const text = `failed to stop: ${plugins.join(', ')}; everything else is stopped`;
    const cause = causes.length === 1 ? causes[0] : new AggregateError(causes);
    throw busError('BUS_PLUGIN_STOP_FAILED', text, { plugins }, cause);
  };

  /** Leaves nothing behind: whatever still waits or runs gets its outcome, and no timer stays. */
  const end = (): void => {
    gate.state = 'stopped';
    gate.isSealed = true;
    for (const timer of cutTimers) env.clearTimer(timer);
    endpoints.close(closed('stopped'));
    release();
  };

  /** Runs one step; when its time is over its signal aborts and `timeout` is thrown. */
  const within = async (ms: number, timeout: Error, fn: Step): Promise<void> => {
    const controller = new AbortController();
    step = controller;
    let timer: unknown;
    const late = new Promise<never>((_, reject) => {
      timer = env.setTimer(() => {
        controller.abort(timeout);
        reject(timeout);
      }, ms);
    });
    try {
      await Promise.race([fn(controller.signal), late]);
    } finally {
      env.clearTimer(timer);
    }
  };

  return {
    start: () => {
      starting = startPlugins();
      return starting;
    },
    stop: (drainMs) => {
      if (stopping === undefined) stopping = stopOnce(drainMs);
      else if (gate.state !== 'stopped') cutTimers.push(env.setTimer(cut, drainMs));
      return stopping;
    },
  };
}
