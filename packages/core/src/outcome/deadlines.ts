import { type Listed, QueuedList } from '../endpoint/queue.ts';
import type { Env, Timer } from '../env.ts';
import { type BusError, busError } from '../errors.ts';
import type { BusMessage } from '../message/message.ts';

/** Something that ends by itself at a given time. It carries its place among the {@link Deadlines}. */
export interface Expiring extends Listed {
  /** On a clock that stands still while our own event loop stalls. */
  due?: number | undefined;
  expire(now: number): void;
}

/** The timer is never armed for longer, so an idle process is kept alive no longer than this. */
const longestSleepMs = 100;
/** A timer this late means that our own event loop stalled, which must not end other parties' work. */
const stallMs = 15;
/** Expirations in one go, before input and other timers get their turn. */
const longestBatch = 256;

/**
 * All deadlines of a bus behind one timer, in lists that are each in the order they are due. What takes
 * equally long comes in that order by itself: a program has few durations, and so few lists. Coming and
 * going touch neither the timer nor memory.
 */
export class Deadlines {
  readonly #env: Env;
  #lists: QueuedList<Expiring>[] = [];
  /** How long our own event loop has stalled in all. */
  #stalledMs = 0;
  /** What began in this turn of the event loop; `due` is its duration. */
  readonly #begun = new QueuedList<Expiring>();
  #isTurnSet = false;
  #timer: Timer | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(env: Env) {
    this.#env = env;
  }

  /** @param due - on the clock of `Env`; `Infinity` for what ends only when it is removed. */
  add(due: number, item: Expiring): Expiring {
    item.due = due - this.#stalledMs;
    this.#listFor(item.due).push(item);
    if (due < this.#wakeAt) this.#arm(due);
    return item;
  }

  /**
   * Ends an item after `ms`, which count from the next turn of the event loop: no timer fires before
   * that, and most handlers have settled by then, without a reading of the clock.
   */
  begin(ms: number, item: Expiring): void {
    item.due = ms;
    this.#begun.push(item);
    if (this.#isTurnSet) return;
    // Only then: on a stack that is nearly full, a call may fail.
    this.#env.setTurn(this.#count);
    this.#isTurnSet = true;
  }

  remove(item: Expiring): void {
    (item.list as QueuedList<Expiring> | undefined)?.remove(item);
  }

  /** Everything that has not ended. */
  all(): Expiring[] {
    const all: Expiring[] = [];
    for (const { head } of [this.#begun, ...this.#lists]) {
      for (let item = head; item !== undefined; item = item.after as Expiring) all.push(item);
    }
    return all;
  }

  /** A time, moved by as much as our own event loop stalls now. */
  extended(due: number): number {
    return due + this.#lagAt(this.#env.now());
  }

  /** When something here is due, on the clock of `Env`, as far as can be known now. */
  dueOf({ due = Number.POSITIVE_INFINITY }: Expiring): number {
    return this.extended(due + this.#stalledMs);
  }

  /** Whether the time of something here is over, at this moment and not at the next turn. */
  isOver({ due = Number.POSITIVE_INFINITY }: Expiring): boolean {
    const now = this.#env.now();
    return due + this.#stalledMs + this.#lagAt(now) <= now;
  }

  stop(): void {
    this.#disarm();
    this.#lists = [];
  }

  /** Lets the durations count of what began and has not ended in a turn. */
  readonly #count = (): void => {
    this.#isTurnSet = false;
    const now = this.#env.now();
    for (let item = this.#begun.head; item !== undefined; item = this.#begun.head) {
      this.#begun.remove(item);
      this.add(now + (item.due ?? 0), item);
    }
  };

  /** The first list that it can close; lists made later end earlier, so halving finds it. */
  #listFor(due: number): QueuedList<Expiring> {
    const lists = this.#lists;
    let low = 0;
    let high = lists.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((lists[middle]?.tail?.due ?? Number.NEGATIVE_INFINITY) <= due) high = middle;
      else low = middle + 1;
    }
    lists[low] ??= new QueuedList();
    return lists[low] as QueuedList<Expiring>;
  }

  #lagAt(now: number): number {
    const lag = now - this.#wakeAt;
    return lag > stallMs ? lag : 0;
  }

  #arm(due: number): void {
    this.#disarm();
    const now = this.#env.now();
    const sleep = Math.min(Math.max(due - now, 0), longestSleepMs);
    this.#timer = this.#env.setTimer(this.#wake, sleep);
    this.#wakeAt = now + sleep;
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  readonly #wake = (): void => {
    const lag = this.#lagAt(this.#env.now());
    this.#stalledMs += lag;
    this.#wakeAt += lag;
    // After a stall, input that came meanwhile is read first.
    if (lag > 0) this.#env.setTurn(this.#expireDue);
    else this.#expireDue();
  };

  readonly #expireDue = (): void => {
    this.#disarm();
    const now = this.#env.now();
    let left = longestBatch;
    let next = Number.POSITIVE_INFINITY;
    for (const list of this.#lists) {
      let { head } = list;
      for (; head && dueOf(head) + this.#stalledMs <= now; head = list.head) {
        if (left-- === 0) {
          this.#env.setTurn(this.#expireDue);
          return;
        }
        list.remove(head);
        head.expire(now);
      }
      next = Math.min(next, dueOf(head) + this.#stalledMs);
    }
    this.#lists = this.#lists.filter(({ size }) => size > 0);
    if (next < this.#wakeAt) this.#arm(next);
  };
}

function dueOf(item: Expiring | undefined): number {
  return item?.due ?? Number.POSITIVE_INFINITY;
}

/** The actions that wait for each signal. */
const waiting = new WeakMap<EventTarget, Set<{ readonly run: () => void }>>();

function runAll({ target }: Event): void {
  for (const action of waiting.get(target as EventTarget) ?? []) {
    try {
      action.run();
    } catch {
      // The other actions must still run, and there is no caller to tell.
    }
  }
}

/**
 * Runs `action` when `signal` aborts; returns a function that takes it back. An action that throws
 * keeps no other from running.
 *
 * A signal gets one listener however many messages and endpoints wait for it: platforms add and remove
 * listeners slowly, and Node warns of a leak from the eleventh on.
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  const actions = waiting.get(signal) ?? new Set();
  waiting.set(signal, actions);
  if (actions.size === 0) listen(signal, 'addEventListener');
  // An object of its own, as an action may be registered twice.
  const own = { run: action };
  actions.add(own);
  return () => {
    if (actions.delete(own) && actions.size === 0) listen(signal, 'removeEventListener');
  };
}

/** A signal of somebody's own making may throw, which harms nobody but who waits for it. */
function listen(signal: AbortSignal, how: 'addEventListener' | 'removeEventListener'): void {
  try {
    signal[how]('abort', runAll);
  } catch {
    // It never aborts then.
  }
}

/** Ends everything outstanding of a message, and tells running handlers. */
export function cancel(message: BusMessage, reason: BusError): void {
  const outstanding = message.track();
  if (outstanding.reason !== undefined) return;
  outstanding.reason = reason;
  outstanding.owner?.cancelled(outstanding, reason);
}

/** The error of a message whose sender aborted it. */
export function cancelledBy(signal: AbortSignal, { topic }: BusMessage): BusError {
  const text = `message on '${topic}' was cancelled by its sender`;
  return busError('BUS_CANCELLED', text, { topic }, reasonOf(signal));
}

function reasonOf(signal: AbortSignal): unknown {
  try {
    return signal.reason;
  } catch (cause) {
    return cause;
  }
}

/** Whether a signal has aborted. One of somebody's own making that cannot say so has not. */
export function isAborted(signal: AbortSignal | undefined): signal is AbortSignal {
  try {
    return signal?.aborted === true;
  } catch {
    return false;
  }
}
