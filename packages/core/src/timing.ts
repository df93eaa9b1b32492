import type { CoarseClock } from './clock.ts';
import type { KernelHooks } from './kernel-hooks.ts';

/** When a run began that was not timed, and how long it took. */
export const untimed: number = Number.NaN;

/** Whose run is timed: reading the clock twice costs more than many a handler. */
export class Timing {
  readonly #hooks: KernelHooks;
  readonly #clock: CoarseClock;
  #runs = 0;

  constructor(hooks: KernelHooks, clock: CoarseClock) {
    this.#hooks = hooks;
    this.#clock = clock;
  }

  /** Whether the next run is to be timed: one in 64, where somebody observes outcomes. */
  isNextTimed(): boolean {
    const hooks = this.#hooks;
    return hooks.outcome !== undefined && (hooks.timeEvery > 0 || (this.#runs & 63) === 63);
  }

  countRun(): void {
    this.#runs++;
  }

  /** Whether a run that waits is timed: of those up to some thousands a second, each. */
  isWaitTimed(): boolean {
    const hooks = this.#hooks;
    return hooks.outcome !== undefined && (hooks.timeEvery > 0 || this.#clock.timings-- > 0);
  }
}
