import type { Delivery } from '../endpoint/delivery.ts';
import { QueuedList } from '../endpoint/queue.ts';
import type { Env, Timer } from '../env.ts';

/** Something that ends by itself at a given time. */
export interface Expiring {
  expire(now: number): void;
}

/** A place in {@link Deadlines}; give it back when the work is done. */
export interface Deadline {
  /** A stall of our own event loop moves it. */
  due: number;
  owner: Expiring | undefined;
  /** Keeps the timer armed. */
  isLive: boolean;
}

/** The timer is never armed for longer, so an idle process is kept alive no longer than this. */
const longestSleepMs = 100;
/** A timer this late means that our own event loop stalled, which must not end other parties' work. */
const stallMs = 15;
/** Expirations in one go, before input and other timers get their turn. */
const longestBatch = 256;

/**
 * All deadlines of a bus behind one timer. A binary heap: deadlines mostly come in rising order, so
 * adding is one comparison. Removing only marks; marked places are swept when they outnumber the rest.
 */
export class Deadlines {
  /** How long our own event loop has stalled in all. */
  stalledMs = 0;
  readonly #env: Env;
  #heap: Deadline[] = [];
  #live = 0;
  #timer: Timer | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(env: Env) {
    this.#env = env;
  }

  add(due: number, owner: Expiring): Deadline {
    const deadline: Deadline = { due, owner, isLive: false };
    this.#push(deadline);
    this.revive(deadline);
    return deadline;
  }

  remove(deadline: Deadline): void {
    if (deadline.owner === undefined) return;
    deadline.owner = undefined;
    this.suspend(deadline);
    if (this.#heap.length > 2 * this.#live + 512) this.#sweep();
  }

  /** Keeps its place, but the timer runs no longer for its sake. */
  suspend(deadline: Deadline): void {
    if (deadline.isLive) this.#live--;
    deadline.isLive = false;
  }

  /** Undoes {@link suspend}. */
  revive(deadline: Deadline): void {
    if (!deadline.isLive) this.#live++;
    deadline.isLive = true;
    if (this.#timer === undefined || deadline.due < this.#wakeAt) this.#arm(deadline.due);
  }

  /** A time, moved by as much as our own event loop stalls now. */
  extended(due: number): number {
    return due + this.#lagAt(this.#env.now());
  }

  /** Whether a time is over, on the clock that stands still while our own event loop stalls. */
  isOver(due: number): boolean {
    const now = this.#env.now();
    return due <= now && due + this.#lagAt(now) <= now;
  }

  stop(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#heap = [];
    this.#live = 0;
  }

  #lagAt(now: number): number {
    const lag = this.#timer === undefined ? 0 : now - this.#wakeAt;
    return lag > stallMs ? lag : 0;
  }

  #arm(due: number): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    const now = this.#env.now();
    const sleep = Math.min(Math.max(due - now, 0), longestSleepMs);
    this.#wakeAt = now + sleep;
    this.#timer = this.#env.setTimer(this.#wake, sleep);
  }

  readonly #wake = (): void => {
    const lag = this.#lagAt(this.#env.now());
    if (lag === 0) {
      this.#expireDue();
      return;
    }
    // All alike, so that the heap keeps its order. Input that came meanwhile is read first.
    for (const deadline of this.#heap) deadline.due += lag;
    this.stalledMs += lag;
    this.#wakeAt += lag;
    this.#env.setTurn(this.#expireDue);
  };

  readonly #expireDue = (): void => {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
    const now = this.#env.now();
    let left = longestBatch;
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      const { owner } = top;
      if (owner !== undefined && (top.due > now || left-- === 0)) break;
      this.#pop();
      if (owner === undefined) continue;
      top.owner = undefined;
      this.suspend(top);
      owner.expire(now);
    }
    const next = this.#heap[0];
    if (next === undefined || this.#live === 0) return;
    if (next.due <= now) this.#env.setTurn(this.#expireDue);
    if (this.#timer === undefined || next.due < this.#wakeAt) this.#arm(next.due);
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

  #sweep(): void {
    const kept = this.#heap.filter((deadline) => deadline.owner !== undefined);
    this.#heap = [];
    for (const deadline of kept) this.#push(deadline);
  }
}

/** Runs with one time limit, in the order they began, which is the order they are due. */
class LimitedRuns extends QueuedList<Delivery> implements Expiring {
  deadline: Deadline | undefined;
  readonly limitMs: number;
  readonly #deadlines: Deadlines;
  readonly #overran: (run: Delivery) => void;

  constructor(limitMs: number, deadlines: Deadlines, overran: (run: Delivery) => void) {
    super();
    this.limitMs = limitMs;
    this.#deadlines = deadlines;
    this.#overran = overran;
  }

  #dueOf(run: Delivery | undefined): number {
    return run?.due ?? Number.POSITIVE_INFINITY;
  }

  expire(now: number): void {
    this.deadline = undefined;
    const { stalledMs } = this.#deadlines;
    while (this.#dueOf(this.head) + stalledMs <= now) this.#overran(this.head as Delivery);
    if (this.size > 0) {
      this.deadline ??= this.#deadlines.add(this.#dueOf(this.head) + stalledMs, this);
    }
  }
}

/** The time limits of handler runs. Those with one limit need one deadline, however many run. */
export class TimeLimits {
  readonly #deadlines: Deadlines;
  readonly #overran: (run: Delivery) => void;
  readonly #lists = new Map<number, LimitedRuns>();
  /** The limit used last: most runs of a program have the same. */
  #last: LimitedRuns | undefined;

  /** @param overran - ends a run whose time is over, and takes it out by {@link end}. */
  constructor(deadlines: Deadlines, overran: (run: Delivery) => void) {
    this.#deadlines = deadlines;
    this.#overran = overran;
  }

  begin(run: Delivery, now: number, limitMs: number): void {
    let list = limitMs === this.#last?.limitMs ? this.#last : this.#lists.get(limitMs);
    if (list === undefined) {
      list = new LimitedRuns(limitMs, this.#deadlines, this.#overran);
      this.#lists.set(limitMs, list);
    }
    this.#last = list;
    const { stalledMs } = this.#deadlines;
    run.due = now + limitMs - stalledMs;
    list.push(run);
    if (list.size > 1 || limitMs === Number.POSITIVE_INFINITY) return;
    if (list.deadline === undefined) list.deadline = this.#deadlines.add(now + limitMs, list);
    else this.#deadlines.revive(list.deadline);
  }

  end(run: Delivery): void {
    const list = run.list as LimitedRuns | undefined;
    if (list === undefined) return;
    list.remove(run);
    if (list.size > 0 || list.deadline === undefined) return;
    if (list === this.#last) this.#deadlines.suspend(list.deadline);
    else {
      this.#deadlines.remove(list.deadline);
      this.#lists.delete(list.limitMs);
    }
  }

  /** Calls `end` for every run; it must take the run out by {@link end}. */
  endAll(end: (run: Delivery) => void): void {
    for (const list of this.#lists.values()) while (list.head !== undefined) end(list.head);
  }
}
