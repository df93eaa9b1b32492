import type { Env } from './env.ts';
import { type BusError, busError } from './errors.ts';
import type { Tap } from './hooks.ts';
import { startFailed } from './plugins.ts';

type Step = (signal: AbortSignal) => void | Promise<void>;

/**
 * Runs the `start` taps one by one, each within its time.
 * @param started - gets the plugins that have started, so that they can be stopped if one fails.
 * @throws BUS_PLUGIN_START_FAILED, BUS_PLUGIN_START_TIMEOUT
 */
export async function startAll(
  taps: readonly Tap<Step>[],
  timeoutMs: number,
  env: Env,
  started: Set<string>,
): Promise<void> {
  for (const tap of taps) {
    const { plugin } = tap;
    const timeout = busError(
      'BUS_PLUGIN_START_TIMEOUT',
      `plugin '${plugin}' did not start within ${timeoutMs} ms`,
      { plugin, timeoutMs },
    );
    try {
      await within(tap.fn, timeoutMs, env, timeout);
      started.add(plugin);
    } catch (cause) {
      throw cause === timeout ? timeout : startFailed(plugin, 'to start', cause);
    }
  }
}

/** Runs the `stop` taps in reverse, each within its time, and gathers what failed. */
export async function stopAll(
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

/** Runs one step; past its time its signal aborts and `timeout` is thrown. */
export async function within(step: Step, ms: number, env: Env, timeout: Error): Promise<void> {
  const controller = new AbortController();
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
    if (timer !== undefined) env.clearTimer(timer);
  }
}
