import type { Context } from './context.ts';
import type { Endpoints } from './endpoints.ts';
import type { Env } from './env.ts';
import { type BusError, busError } from './errors.ts';
import { closed } from './gate.ts';
import { atLeast } from './option-checks.ts';
import { startFailed } from './plugins.ts';
import { onAbort } from './signals.ts';
import type { Tap } from './taps.ts';

type Step = (signal: AbortSignal) => void | Promise<void>;

/** Starts and stops one bus, and its plugins with it. */
export class Lifecycle {
  readonly #context: Context;
  readonly #endpoints: Endpoints;
  #starting: Promise<unknown> = Promise.resolve();
  /** Aborts when the bus is stopped, which a plugin that still waits to be started need not outlast. */
  readonly #ended = new AbortController();
  #stopping: Promise<void> | undefined;

  constructor(context: Context, endpoints: Endpoints) {
    this.#context = context;
    this.#endpoints = endpoints;
  }

  /** @throws BUS_PLUGIN_START_FAILED, BUS_PLUGIN_START_TIMEOUT, BUS_CLOSED */
  async start(): Promise<void> {
    const { gate } = this.#context;
    gate.state = 'starting';
    gate.open = true;
    this.#starting = this.#startPlugins();
    await this.#starting;
  }

  /** @throws BUS_OPTION_INVALID, BUS_PLUGIN_STOP_FAILED */
  async stop(drainMs: number): Promise<void> {
    this.#stopping ??= this.#stopOnce(atLeast(0, 'drainMs', drainMs));
    return this.#stopping;
  }

  async #startPlugins(): Promise<void> {
    const { hooks, env, gate, settings } = this.#context;
    const { start, stop } = hooks.taps;
    const { startTimeoutMs } = settings;
    const started = new Set<string>();
    try {
      for (const tap of start) {
        this.#ended.signal.throwIfAborted();
        await startOne(tap, startTimeoutMs, env, this.#ended.signal);
        started.add(tap.plugin);
      }
      gate.state = 'running';
    } catch (error) {
      gate.open = false;
      const undo = stop.filter(({ plugin }) => started.has(plugin));
      await this.#stopAndReport(undo, startTimeoutMs);
      this.#end();
      throw error;
    }
  }

  async #stopOnce(drainMs: number): Promise<void> {
    const { hooks, env, gate, settings } = this.#context;
    this.#ended.abort(closed('stopping'));
    await this.#starting.catch(() => undefined);
    if (gate.state === 'stopped') return;
    const wasRunning = gate.state === 'running';
    gate.state = 'stopping';
    if (wasRunning && drainMs > 0 && hooks.taps.leave.length > 0) {
      await this.#stopAndReport(hooks.taps.leave, drainMs);
    }
    gate.open = false;
    let failed: BusError | undefined;
    if (wasRunning) {
      await this.#endpoints.drain(drainMs).catch(() => undefined);
      failed = await stopAll(hooks.taps.stop, settings.startTimeoutMs, env);
    }
    this.#end();
    if (failed !== undefined) throw failed;
  }

  async #stopAndReport(taps: readonly Tap<Step>[], ms: number): Promise<void> {
    const { env, report } = this.#context;
    const failed = await stopAll(taps, ms, env);
    if (failed !== undefined) report(failed);
  }

  /** Nothing is left behind: what still waits or runs gets its outcome, and no timer stays. */
  #end(): void {
    const { gate, deadlines, clock } = this.#context;
    gate.state = 'stopped';
    this.#endpoints.close(closed('stopped'));
    deadlines.stop();
    clock.stop();
  }
}

/** @throws BUS_PLUGIN_START_FAILED, BUS_PLUGIN_START_TIMEOUT, and why it `ended` */
async function startOne(
  { plugin, fn }: Tap<Step>,
  timeoutMs: number,
  env: Env,
  ended: AbortSignal,
): Promise<void> {
  const timeout = busError(
    'BUS_PLUGIN_START_TIMEOUT',
    `plugin '${plugin}' did not start within ${timeoutMs} ms`,
    { plugin, timeoutMs },
  );
  try {
    await within(fn, timeoutMs, env, timeout, ended);
  } catch (cause) {
    ended.throwIfAborted();
    throw cause === timeout ? timeout : startFailed(plugin, 'to start', cause);
  }
}

/** Runs the `stop` taps in reverse, each within its time, and gathers what failed. */
async function stopAll(
  taps: readonly Tap<Step>[],
  timeoutMs: number,
  env: Env,
): Promise<BusError | undefined> {
  const failed: string[] = [];
  const causes: unknown[] = [];
  for (const { plugin, fn } of taps.toReversed()) {
    try {
      await within(fn, timeoutMs, env, new Error(`plugin '${plugin}' took over ${timeoutMs} ms`));
    } catch (cause) {
      failed.push(plugin);
      causes.push(cause);
    }
  }
  if (failed.length === 0) return undefined;
  return busError(
    'BUS_PLUGIN_STOP_FAILED',
    `failed to stop: ${failed.join(', ')}; everything else is stopped`,
    { plugins: failed },
    causes.length === 1 ? causes[0] : new AggregateError(causes),
  );
}

/**
 * Runs one step; past its time its signal aborts and `timeout` is thrown. When `ended` aborts so does
 * its signal, and the step has the rest of its time to end in good order.
 */
export async function within(
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
