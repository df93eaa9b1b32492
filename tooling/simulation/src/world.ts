import type { Env } from '@bus/core';
import { Random } from './random.ts';
import type { Event } from './timeline.ts';
import { Timeline } from './timeline.ts';

/**
 * Runs all microtasks there are, at once. Node's own and not documented; a real turn of the event loop
 * instead, where that is missing, does the same and takes twenty times as long.
 */
const drainMicrotasks: (() => void) | undefined = (
  process as unknown as { readonly _tickCallback?: () => void }
)._tickCallback;

/** How long input may lie there before a turn reads it, in milliseconds. */
const longestTurnMs = 0.2;

/** The one clock of a simulation, and what is to happen when. */
export class World {
  now = 0;
  /** Events run so far. */
  steps = 0;
  readonly random: Random;
  readonly #timeline = new Timeline();

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  at(time: number, run: () => void): Event {
    const event = { at: Math.max(this.now, time), order: 0, run, over: false };
    this.#timeline.add(event);
    return event;
  }

  /** Lets an event that was due happen later. */
  postpone(event: Event, time: number): void {
    event.at = time;
    event.over = false;
    this.#timeline.add(event);
  }

  /** Lets time pass; promises settle between any two events. */
  async runUntil(until: number): Promise<void> {
    if (drainMicrotasks === undefined) {
      while (this.#step(until)) await new Promise((resolve) => setImmediate(resolve));
    } else await this.#runAtOnce(until, drainMicrotasks);
    this.now = until;
  }

  /** Within a real turn of its own, since microtasks cannot be run from within one. */
  #runAtOnce(until: number, drain: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          do drain();
          while (this.#step(until));
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #step(until: number): boolean {
    const event = this.#timeline.take(until);
    if (event === undefined) return false;
    this.now = event.at;
    this.steps++;
    event.over = true;
    event.run();
    return true;
  }
}

/** The machine of one bus: its timers and turns, which may stand still, and end when it dies. */
export class Machine implements Env {
  readonly context = undefined;
  /** Timers and turns that have not run. */
  pending = 0;
  readonly #world: World;
  readonly #random: Random;
  #stalledUntil = 0;
  #wallOffsetMs = 0;
  #lastTurn = 0;
  #dead = false;

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = new Random(seed);
  }

  readonly now = (): number => this.#world.now;

  readonly wall = (): number =>
    1_700_000_000_000 + this.#wallOffsetMs + Math.floor(this.#world.now);

  readonly random = (): number => this.#random.next();

  readonly randomBytes = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, () => this.#random.whole(0, 255));

  readonly setTimer = (callback: () => void, ms: number): Event | undefined =>
    ms === Number.POSITIVE_INFINITY
      ? undefined
      : this.#add(this.#world.now + Math.max(0, ms), callback);

  readonly clearTimer = (timer: unknown): void => {
    const event = timer as Event | undefined;
    if (event === undefined || event.over) return;
    event.over = true;
    this.pending--;
  };

  readonly setTurn = (callback: () => void): void => {
    const { now } = this.#world;
    this.#lastTurn = Math.max(this.#lastTurn, now + this.#random.next() * longestTurnMs);
    this.#add(this.#lastTurn, callback);
  };

  /** Somebody sets its clock. */
  setClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Its event loop stands still for so long. */
  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#world.now + ms);
  }

  /** Nothing of it runs any more. */
  die(): void {
    this.#dead = true;
    this.pending = 0;
  }

  #add(at: number, callback: () => void): Event {
    this.pending++;
    const event = this.#world.at(at, () => this.#run(callback, event));
    return event;
  }

  #run(callback: () => void, event: Event): void {
    if (this.#dead) return;
    if (this.#stalledUntil > this.#world.now) {
      // The same event, so that it can still be taken back.
      this.#world.postpone(event, this.#stalledUntil);
      return;
    }
    this.pending--;
    callback();
  }
}
