import type { Env, Timer } from '@bus/core';
import type { LoopHealth } from './api.ts';

/** The worst lag is kept for two of these in turn. */
const halfMinuteMs = 30_000;

/** From one look at the loop to the next while no messages pass. */
const idlePeriodMs = 1000;

/** What a {@link LoopWatch} is told, and tells. */
export interface LoopWatchSettings {
  readonly env: Env;
  /** From one look at the loop to the next while messages pass. */
  readonly periodMs: number;
  /** Whether to go on though no message has passed since the last tick. */
  stays(): boolean;
  /** Called each period with how late it is. */
  ticked(lagMs: number): void;
}

/**
 * Measures how late the event loop is, by how late its own timer is. It stops when nothing happens,
 * so that a program with nothing left to do can end.
 */
export class LoopWatch {
  /** Whether {@link touch} has been called since the last tick. */
  touched = false;
  /** When it last began to wait: a time that is to be had without reading a clock. */
  armedAt: number = Number.NEGATIVE_INFINITY;
  readonly #settings: LoopWatchSettings;
  #timer: Timer | undefined;
  #due = 0;
  #lagMs = 0;
  #worstMs = 0;
  #worstBeforeMs = 0;
  #halfEndsAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(settings: LoopWatchSettings) {
    this.#settings = settings;
  }

  get isArmed(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * To be called before a message is handled, the first time since the last tick, or else how long that
   * takes is not seen.
   */
  touch(): void {
    this.touched = true;
    this.#arm(this.#settings.periodMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#settings.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  report(): LoopHealth {
    const now = this.#settings.env.now();
    // Asked in the very turn that takes too long, the timer has not had its say yet.
    const overdueMs = this.#timer === undefined ? 0 : Math.max(0, now - this.#due);
    const lagMs = Math.max(this.#lagMs, overdueMs);
    this.#note(overdueMs, now);
    return { lagMs, worstMs: Math.max(this.#worstMs, this.#worstBeforeMs) };
  }

  #arm(periodMs: number): void {
    if (this.#stopped) return;
    const { env } = this.#settings;
    env.clearTimer(this.#timer);
    this.armedAt = env.now();
    this.#due = this.armedAt + periodMs;
    this.#timer = env.setTimer(this.#tick, periodMs);
  }

  readonly #tick = (): void => {
    this.#timer = undefined;
    const now = this.#settings.env.now();
    const lagMs = Math.max(0, now - this.#due);
    this.#lagMs = lagMs;
    this.#note(lagMs, now);
    this.#settings.ticked(lagMs);
    if (this.touched) this.#arm(this.#settings.periodMs);
    else if (this.#settings.stays()) this.#arm(idlePeriodMs);
    else this.#lagMs = 0;
    this.touched = false;
  };

  #note(lagMs: number, now: number): void {
    if (now >= this.#halfEndsAt) {
      this.#worstBeforeMs = now < this.#halfEndsAt + halfMinuteMs ? this.#worstMs : 0;
      this.#worstMs = 0;
      this.#halfEndsAt = now + halfMinuteMs;
    }
    this.#worstMs = Math.max(this.#worstMs, lagMs);
  }
}
