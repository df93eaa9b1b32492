import type { Env, Timer } from './env.ts';

/** Something that ends by itself at a given time. */
export interface Expiring {
  expire(now: number): void;
}

/** A place in {@link Deadlines}; give it back when the work is done. */
export interface Deadline {
  /** A stall of our own loop moves it. */
  due: number;
  owner: Expiring | undefined;
}

/** When something is due that has no deadline. */
export const never: number = Number.POSITIVE_INFINITY;

/** The timer is never armed for longer, so an idle process is kept alive no longer than this. */
const longestSleepMs = 100;
/** A timer this late means that our own loop stalled: nobody else is to blame for that. */
const stallMs = 15;

/**
 * All deadlines of a bus behind one timer. A binary heap: deadlines mostly come in rising order, so
 * adding is one comparison, and removing only marks, to be swept when half of the heap is marked.
 */
export class Deadlines {
  readonly #env: Env;
  #heap: Deadline[] = [];
  #live = 0;
  #timer: Timer | undefined;
  #wakeAt = never;

  constructor(env: Env) {
    this.#env = env;
  }

  /** How many are pending. */
  get size(): number {
    return this.#live;
  }

  add(due: number, owner: Expiring): Deadline {
    const deadline: Deadline = { due, owner };
    this.#live++;
    this.#push(deadline);
    if (this.#timer === undefined || due < this.#wakeAt) this.#arm(due);
    return deadline;
  }

  remove(deadline: Deadline): void {
    if (deadline.owner === undefined) return;
    deadline.owner = undefined;
    this.#live--;
    if (this.#heap.length > 2 * this.#live + 512) this.#sweepMarked();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#heap = [];
    this.#live = 0;
  }

  #arm(due: number): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    const now = this.#env.now();
    const sleep = Math.min(Math.max(due - now, 0), longestSleepMs);
    this.#wakeAt = now + sleep;
    this.#timer = this.#env.setTimer(this.#wake, sleep);
  }

  readonly #wake = (): void => {
    const lag = this.#env.now() - this.#wakeAt;
    if (lag <= stallMs) {
      this.#expireDue();
      return;
    }
    // All alike, so that the heap keeps its order; and what has come meanwhile is read first.
    for (const deadline of this.#heap) deadline.due += lag;
    this.#env.setTurn(this.#expireDue);
  };

  readonly #expireDue = (): void => {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
    const now = this.#env.now();
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.owner !== undefined && top.due > now) break;
      this.#pop();
      const owner = top.owner;
      if (owner === undefined) continue;
      top.owner = undefined;
      this.#live--;
      owner.expire(now);
    }
    const next = this.#heap[0];
    if (next !== undefined && (this.#timer === undefined || next.due < this.#wakeAt)) {
      this.#arm(next.due);
    }
  };

  #push(deadline: Deadline): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(deadline);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.due <= deadline.due) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = deadline;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child === undefined) break;
      if (right !== undefined && right.due < child.due) {
        below++;
        child = right;
      }
      if (child.due >= last.due) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }

  #sweepMarked(): void {
    const kept = this.#heap.filter((deadline) => deadline.owner !== undefined);
    this.#heap = [];
    for (const deadline of kept) this.#push(deadline);
  }
}
