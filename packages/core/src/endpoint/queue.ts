import type { Message } from '../message/envelope.ts';

/** A message as a queue sees it: in truth a `BusMessage`. */
export interface QueuedMessage extends Message {
  /** When it was sent, on the monotonic clock. */
  readonly sentAt: number;
  /** The same message with other fields. */
  with(changes: { readonly missed?: number | undefined }): QueuedMessage;
}

/** One message that waits at an endpoint, as a queue sees it. */
export interface Queued {
  /** The message; a queue may replace it by `message.with(…)`. */
  message: QueuedMessage;
  /** Keeps its place but must not start yet: a `dispatch` tap still works on it. */
  readonly held: boolean;
  /** The queue's own mark, such as the lane it waits in. */
  mark: unknown;
  /** Tells a sender that waited for room that there is some. */
  admit(): void;
  /** The list it is in; maintained by {@link QueuedList}. */
  list: QueuedList | undefined;
  /** Its neighbour in the list, towards the head. */
  before: Queued | undefined;
  /** Its neighbour in the list, towards the tail. */
  after: Queued | undefined;
}

/** A message that a full queue gives up: the one that came, or one that waited. */
export interface Loss {
  /** The message that is lost. */
  readonly lost: Queued;
  /** How it ends. */
  readonly outcome: 'rejected' | 'dropped' | 'superseded';
  /** Why it was dropped: the overflow policy. */
  readonly reason?: string;
}

/** Holds the messages that wait at one endpoint; made when one first has to. */
export interface Queue {
  /** Everything in it, senders that wait for room included. */
  readonly size: number;
  /** Whether a new message must queue up, though the handler is free. */
  readonly busy: boolean;
  /** Takes a message in. Returns what is lost for it, or that its sender must wait for room. */
  push(delivery: Queued): Loss | 'blocked' | undefined;
  /** Takes out the next message that may start. */
  take(): Queued | undefined;
  /** A message that was taken out has ended. */
  done(delivery: Queued): void;
  /** Takes out a message that ended while it waited. */
  remove(delivery: Queued): void;
  /** When the oldest message in it was sent, on the monotonic clock; undefined where it is empty. */
  oldest(): number | undefined;
  /** Everything in it, until it is empty: the caller removes each by {@link remove}. */
  all(): Iterable<Queued>;
}

/** What a {@link QueuedList} writes in its members. */
export interface Listed {
  /** The list it is in. */
  list?: object | undefined;
  /** Its neighbours there. */
  before?: Listed | undefined;
  /** See `before`. */
  after?: Listed | undefined;
}

/** A list that any member leaves in constant time: members carry its links. */
export class QueuedList<T extends Listed = Queued> {
  /** The first member. */
  head: T | undefined;
  /** The last member. */
  tail: T | undefined;
  /** How many members it has. */
  size = 0;

  /** Adds a member behind the last. */
  push(item: T): void {
    this.#link(item, this.tail, undefined);
  }

  /** Takes a member out. */
  remove(item: T): void {
    const { before, after } = item;
    if (before === undefined) this.head = after as T | undefined;
    else before.after = after;
    if (after === undefined) this.tail = before as T | undefined;
    else after.before = before;
    item.list = item.before = item.after = undefined;
    this.size--;
  }

  /** Puts `item` where `old` was. */
  replace(old: T, item: T): void {
    const { before, after } = old;
    this.remove(old);
    this.#link(item, before, after);
  }

  #link(item: Listed, before: Listed | undefined, after: Listed | undefined): void {
    item.list = this;
    item.before = before;
    item.after = after;
    if (before === undefined) this.head = item as T;
    else before.after = item;
    if (after === undefined) this.tail = item as T;
    else after.before = item;
    this.size++;
  }
}

/**
 * The kernel's queue: first in, first out. When it is full, as many senders again may wait for room
 * with `block`; beyond that, and with `error`, it refuses.
 */
export class FifoQueue implements Queue {
  readonly #waiting = new QueuedList();
  readonly #blocked = new QueuedList();
  readonly #capacity: number;
  readonly #blocks: boolean;

  constructor({ capacity, overflow }: { readonly capacity: number; readonly overflow: string }) {
    this.#capacity = capacity;
    this.#blocks = overflow === 'block';
  }

  get size(): number {
    return this.#waiting.size + this.#blocked.size;
  }

  get busy(): boolean {
    return this.#waiting.size > 0;
  }

  push(delivery: Queued): Loss | 'blocked' | undefined {
    if (this.#waiting.size < this.#capacity) {
      this.#waiting.push(delivery);
      return undefined;
    }
    if (!this.#blocks || this.#blocked.size >= this.#capacity) {
      return { lost: delivery, outcome: 'rejected' };
    }
    this.#blocked.push(delivery);
    return 'blocked';
  }

  take(): Queued | undefined {
    const next = this.#waiting.head;
    if (next === undefined || next.held) return undefined;
    this.remove(next);
    return next;
  }

  done(): void {}

  remove(delivery: Queued): void {
    delivery.list?.remove(delivery);
    const next = this.#blocked.head;
    if (next === undefined || this.#waiting.size >= this.#capacity) return;
    this.#blocked.remove(next);
    this.#waiting.push(next);
    next.admit();
  }

  oldest(): number | undefined {
    return this.#waiting.head?.message.sentAt;
  }

  *all(): Generator<Queued> {
    for (const list of [this.#blocked, this.#waiting]) {
      while (list.head !== undefined) yield list.head;
    }
  }
}
