import type { Entry } from './due.ts';
import { Due } from './due.ts';

/** Time, randomness and timers under the test's control; fits `Env` of @bus/core by its shape. */
export interface VirtualEnv {
  /** Milliseconds that have been let pass; begins with 0. */
  now(): number;
  /** Milliseconds since the Unix epoch, as far as the test is concerned; see {@link jumpWall}. */
  wall(): number;
  /** Uniform in [0, 1), as the seed has it. */
  random(): number;
  /** Bytes as the seed has them, so fit for tests alone. */
  randomBytes(count: number): Uint8Array;
  /** Runs `callback` once, when the clock has been moved on by `ms`; never for `Infinity`. */
  setTimer(callback: () => void, ms: number): unknown;
  /** Forgets a timer, however often, and also one that has run. */
  clearTimer(timer: unknown): void;
  /** Runs `callback` in a later turn: at the next {@link advance} or {@link settle}. */
  setTurn(callback: () => void): void;
  /** None: nested requests inherit by `{ parent: message }`. */
  readonly context: undefined;
  /** Timers and turns not yet run. */
  readonly pending: number;
  /** Lets `ms` pass: runs what comes due, in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Lets promises settle and runs due turns; no time passes. */
  settle(): Promise<void>;
  /** Moves the wall clock alone, as an operator or NTP would. */
  jumpWall(ms: number): void;
}

/** Rounds of microtasks after which everything that can settle without a timer has. */
const roundsOfMicrotasks = 40;

/**
 * A clock that stands still until told to advance, and randomness from a seed. Timers due at the same
 * instant run in an order the seed decides; turns run in the order they were asked for.
 * @param options - `seed`: a whole number, default 1. The same seed is the same run.
 */
export function virtualEnv(options: { readonly seed?: number | undefined } = {}): VirtualEnv {
  let state = (options.seed ?? 1) >>> 0 || 1;
  const random = (): number => {
    // mulberry32: one word of state, good enough to choose orders and delays.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  let now = 0;
  let wallOffset = 1_700_000_000_000;
  let order = 0;
  const due = new Due();
  const add = (ms: number, tiebreak: number, callback: () => void): Entry => {
    const over = ms === Number.POSITIVE_INFINITY;
    const entry = { at: now + Math.max(0, ms), tiebreak, order: order++, callback, over };
    if (!over) due.add(entry);
    return entry;
  };
  const microtasks = async (): Promise<void> => {
    for (let i = 0; i < roundsOfMicrotasks; i++) await Promise.resolve();
  };
  const runUntil = async (until: number): Promise<void> => {
    await microtasks();
    for (let entry = due.take(until); entry !== undefined; entry = due.take(until)) {
      now = Math.max(now, entry.at);
      entry.callback();
      await microtasks();
    }
    now = until;
  };
  return {
    now: () => now,
    wall: () => wallOffset + now,
    random,
    randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
    setTimer: (callback, ms) => add(ms, random(), callback),
    clearTimer: (timer) => {
      if (timer !== undefined) due.remove(timer as Entry);
    },
    setTurn: (callback) => void add(0, -1, callback),
    context: undefined,
    get pending() {
      return due.size;
    },
    advance: (ms) => runUntil(now + ms),
    settle: () => runUntil(now),
    jumpWall: (ms) => {
      wallOffset += ms;
    },
  };
}
