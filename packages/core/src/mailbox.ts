import type { Delivery } from './delivery.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import type { Priority } from './envelope.ts';
import type { BusError, BusErrorCodes } from './errors.ts';
import type { BusMessage } from './message.ts';

/** What happens to a message when a mailbox has no room. */
export type Overflow = 'block' | 'drop-oldest' | 'drop-newest' | 'latest' | 'error';

export type MailboxFull = BusError<'BUS_MAILBOX_FULL', BusErrorCodes['BUS_MAILBOX_FULL']>;

/** After this many overtakings the lowest priority that waits goes next. */
const overtakings = 8;

const level: Record<Priority, 0 | 1 | 2> = { high: 0, normal: 1, low: 2 };

/**
 * What waits at one endpoint: by priority, and by key where order per key must hold. It knows
 * neither handlers nor outcomes; made when an endpoint first has to keep a message waiting.
 */
export class Mailbox {
  /** Behind a full mailbox, publishers that wait for room. */
  readonly blocked: DeliveryQueue = new DeliveryQueue();
  /** The last refusal, for others like it. */
  refusal: MailboxFull | undefined;
  /** Messages lost since the last one taken. */
  missed = 0;
  /** Waiting: queued, ready or parked. */
  size = 0;
  readonly #levels = [new DeliveryQueue(), new DeliveryQueue(), new DeliveryQueue()] as const;
  readonly #ready = new DeliveryQueue();
  /** By key of what runs, the deliveries that wait for it. */
  readonly #lanes = new Map<string, DeliveryQueue>();
  readonly #latest = new Map<string, Delivery>();
  #overtaken = 0;

  push(delivery: Delivery): void {
    this.#levels[level[delivery.message.priority]].push(delivery);
    this.size++;
  }

  /** Takes a waiting delivery out, wherever it waits. */
  remove(delivery: Delivery): void {
    const { queue, latestKey } = delivery;
    if (latestKey !== undefined && this.#latest.get(latestKey) === delivery) {
      this.#latest.delete(latestKey);
    }
    if (queue === undefined) return;
    queue.remove(delivery);
    if (queue !== this.blocked) this.size--;
  }

  /** Takes out a delivery that ended while it waited; a lane that it held goes on to the next. */
  discard(delivery: Delivery): void {
    const heldLane = delivery.queue === this.#ready ? delivery.laneKey : undefined;
    this.remove(delivery);
    if (heldLane !== undefined) this.leave(heldLane);
  }

  /** Puts `newer` where `waiting` was. */
  replace(waiting: Delivery, newer: Delivery): void {
    waiting.queue?.replace(waiting, newer);
    if (waiting.latestKey !== undefined) this.keepLatest(waiting.latestKey, newer);
    newer.laneKey = waiting.laneKey;
  }

  /** The waiting delivery that a newer message with this key supersedes. */
  latest(key: string): Delivery | undefined {
    return this.#latest.get(key);
  }

  keepLatest(key: string, delivery: Delivery): void {
    this.#latest.set(key, delivery);
    delivery.latestKey = key;
  }

  /** The one to give up for `incoming`: of the lowest priority that waits, if not above its own. */
  victim(incoming: BusMessage, from: 'head' | 'tail'): Delivery | undefined {
    const own = level[incoming.priority];
    for (const at of [2, 1, 0] as const) {
      if (at < own) return undefined;
      const found = this.#levels[at][from];
      if (found !== undefined && (from === 'head' || at > own)) return found;
    }
    if (from === 'head') {
      for (const lane of this.#lanes.values()) if (lane.head !== undefined) return lane.head;
    }
    return undefined;
  }

  /** The next delivery to run, or undefined when all that waits waits for its lane or a writer. */
  take(laneOf: (message: BusMessage) => string | undefined): Delivery | undefined {
    const ready = this.#ready.head;
    if (ready !== undefined) {
      this.remove(ready);
      return ready;
    }
    for (;;) {
      const next = this.#next();
      if (next === undefined) return undefined;
      const key = laneOf(next.message);
      const lane = key === undefined ? undefined : this.#lanes.get(key);
      if (lane === undefined) {
        this.remove(next);
        return next;
      }
      next.queue?.remove(next);
      lane.push(next);
    }
  }

  /** Marks a lane as running. */
  enter(key: string): void {
    if (!this.#lanes.has(key)) this.#lanes.set(key, new DeliveryQueue());
  }

  /** The lane's message is done: the next of its key runs before anything else. */
  leave(key: string): void {
    const lane = this.#lanes.get(key);
    const next = lane?.head;
    if (lane === undefined || next === undefined) {
      this.#lanes.delete(key);
      return;
    }
    lane.remove(next);
    next.laneKey = key;
    this.#ready.push(next);
  }

  /** When the oldest message was sent that waits here; each queue is in order, so heads suffice. */
  oldest(): number | undefined {
    let oldest: number | undefined;
    for (const { head } of this.#queues()) {
      const sentAt = head?.message.sentAt;
      if (oldest === undefined || (sentAt ?? oldest) < oldest) oldest = sentAt;
    }
    return oldest;
  }

  /** Everything that waits, in no promised order; for the end of an endpoint. */
  *all(): Generator<Delivery> {
    for (const queue of this.#queues()) {
      while (queue.head !== undefined) yield queue.head;
    }
  }

  #queues(): DeliveryQueue[] {
    return [this.#ready, ...this.#levels, ...this.#lanes.values(), this.blocked];
  }

  #next(): Delivery | undefined {
    const [highs, normals, lows] = this.#levels;
    const high = headOf(highs);
    const normal = headOf(normals);
    const low = headOf(lows);
    const best = high ?? normal ?? low;
    const lowest = low ?? normal ?? high;
    if (best === lowest || ++this.#overtaken <= overtakings) return best;
    this.#overtaken = 0;
    return lowest;
  }
}

/** A delivery held back until its writer is done holds back those behind it. */
function headOf(queue: DeliveryQueue): Delivery | undefined {
  return queue.head?.held ? undefined : queue.head;
}
