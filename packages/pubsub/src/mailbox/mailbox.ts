import type { BusMessage, Endpoint, Host, Loss, Message, Queue, Queued } from '@bus/core';
import { busError, QueuedList } from '@bus/core';
import type { Mark } from './lanes.ts';
import { Lanes } from './lanes.ts';
import { lowestRank, RankedList, ranks } from './ranked-list.ts';

/** The messages that wait at one endpoint: by priority and by key, and as its overflow policy says. */
export class Mailbox implements Queue {
  readonly #endpoint: Endpoint;
  readonly #report: Host['report'];
  readonly #waiting = new RankedList();
  /** Undefined where messages run one at a time, and at remote endpoints, whose bus has the lanes. */
  readonly #lanes: Lanes | undefined;
  /** The messages of senders that wait for room. */
  readonly #blocked = new QueuedList();
  /** The one message of each key that waits; undefined with policies other than `latest`. */
  readonly #latest: Map<string, Queued> | undefined;
  /** How many wait, without the blocked. */
  #count = 0;
  /** How many were lost since the last one taken. */
  #missed = 0;

  constructor(endpoint: Endpoint, report: Host['report']) {
    this.#endpoint = endpoint;
    this.#report = report;
    const isInOrder = endpoint.isRemote || endpoint.policy.concurrency === 1;
    this.#lanes = isInOrder ? undefined : new Lanes();
    this.#latest = endpoint.policy.overflow === 'latest' ? new Map() : undefined;
  }

  get size(): number {
    return this.#count + this.#blocked.size;
  }

  /** A loss must be told with the next message, so that one has to come through here. */
  get busy(): boolean {
    return this.#count > 0 || this.#missed > 0;
  }

  push(delivery: Queued): Loss | 'blocked' | undefined {
    const { capacity, overflow } = this.#endpoint.policy;
    const mark = this.#markOf(delivery.message);
    delivery.mark = mark;
    const older = mark?.slot === undefined ? undefined : this.#latest?.get(mark.slot);
    if (older !== undefined) return this.#supersede(older, delivery);
    if (this.#count < capacity) this.#add(delivery);
    else if (overflow === 'block' && this.#blocked.size < capacity) {
      this.#blocked.push(delivery);
      return 'blocked';
    } else if (overflow === 'block' || overflow === 'error') {
      return { lost: delivery, outcome: 'rejected' };
    } else return this.#makeRoom(delivery);
    return undefined;
  }

  take(): Queued | undefined {
    for (;;) {
      const next = this.#waiting.next(this.#lanes?.ready);
      if (next === undefined) return undefined;
      if (this.#lanes?.enter(next) === false) continue;
      this.#remove(next);
      this.#admitBlocked();
      if (this.#missed > 0) {
        const message = next.message as BusMessage;
        next.message = message.with({ missed: message.missed + this.#missed });
        this.#missed = 0;
      }
      return next;
    }
  }

  done(delivery: Queued): void {
    this.#lanes?.leave(delivery);
  }

  remove(delivery: Queued): void {
    if (delivery.list === this.#blocked) this.#blocked.remove(delivery);
    else if (delivery.list !== undefined) {
      this.#remove(delivery);
      this.#lanes?.leave(delivery);
      this.#admitBlocked();
    }
  }

  oldest(): number | undefined {
    let oldest: number | undefined;
    for (const { head } of this.#all().flatMap(({ lists }) => lists)) {
      const sentAt = head?.message.sentAt ?? oldest;
      if (oldest === undefined || (sentAt as number) < oldest) oldest = sentAt;
    }
    return oldest;
  }

  *all(): Generator<Queued> {
    const present: Queued[] = [];
    for (const list of [this.#blocked, ...this.#all().flatMap(({ lists }) => lists)]) {
      for (let next = list.head; next !== undefined; next = next.after) present.push(next);
    }
    // The caller may have removed it meanwhile.
    for (const delivery of present) if (delivery.list !== undefined) yield delivery;
  }

  /** Everything but the blocked. Of one priority, messages in earlier lists are older. */
  #all(): readonly RankedList[] {
    return this.#lanes === undefined ? [this.#waiting] : [...this.#lanes.lists, this.#waiting];
  }

  #markOf(message: Message): Mark | undefined {
    if (this.#latest === undefined && this.#lanes === undefined) return undefined;
    const key = this.#keyOf(message);
    const lane = this.#lanes && key;
    const slot = this.#latest && (key ?? message.topic);
    return lane === undefined && slot === undefined ? undefined : { lane, slot, holdsLane: false };
  }

  #keyOf(message: Message): string | undefined {
    const { policy, label } = this.#endpoint;
    if (policy.keyOf === undefined) return message.key;
    try {
      return policy.keyOf(message);
    } catch (cause) {
      const { topic } = message;
      const text = `the key function of ${label} threw on '${topic}': the message keeps its own key`;
      this.#report(busError('BUS_HANDLER_FAILED', text, { topic, endpoint: label }, cause));
      return message.key;
    }
  }

  #add(delivery: Queued): void {
    const slot = (delivery.mark as Mark | undefined)?.slot;
    if (slot !== undefined) this.#latest?.set(slot, delivery);
    this.#waiting.push(delivery);
    this.#count++;
  }

  #remove(delivery: Queued): void {
    const slot = (delivery.mark as Mark | undefined)?.slot;
    if (slot !== undefined) this.#latest?.delete(slot);
    delivery.list?.remove(delivery);
    this.#count--;
  }

  #admitBlocked(): void {
    const next = this.#blocked.head;
    if (next === undefined || this.#count >= this.#endpoint.policy.capacity) return;
    this.#blocked.remove(next);
    this.#add(next);
    next.admit();
  }

  /** The newer message takes the older one's place, and its lane. */
  #supersede(older: Queued, newer: Queued): Loss {
    const { lane, slot } = older.mark as Mark;
    if (newer.held && this.#lanes !== undefined) {
      // It must not keep a lane from others.
      this.remove(older);
      this.#add(newer);
    } else {
      if (lane !== undefined) newer.mark = older.mark;
      older.list?.replace(older, newer);
      this.#latest?.set(slot as string, newer);
    }
    older.mark = undefined;
    return this.#lose(older, 'superseded');
  }

  #makeRoom(delivery: Queued): Loss {
    const { overflow } = this.#endpoint.policy;
    const rank = ranks[delivery.message.priority];
    const isNewest = overflow === 'drop-newest';
    // Of one priority, the new message is the newest.
    const victim = isNewest ? this.#find('tail', rank + 1) : this.#find('head', rank);
    const reason = isNewest ? overflow : 'drop-oldest';
    if (victim === undefined) return this.#lose(delivery, 'dropped', reason);
    this.remove(victim);
    this.#add(delivery);
    return this.#lose(victim, 'dropped', reason);
  }

  /** The oldest or the newest message of the lowest priority that waits, from `best` down. */
  #find(end: 'head' | 'tail', best: number): Queued | undefined {
    const parts = this.#all();
    for (let rank = lowestRank; rank >= best; rank--) {
      let found: Queued | undefined;
      for (const { lists } of parts) {
        const one = lists[rank]?.[end];
        if (one === undefined) continue;
        const isOlder = found !== undefined && one.message.sentAt < found.message.sentAt;
        if (found === undefined || isOlder === (end === 'head')) found = one;
      }
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #lose(lost: Queued, outcome: Loss['outcome'], reason?: string): Loss {
    this.#missed += 1 + lost.message.missed;
    return reason === undefined ? { lost, outcome } : { lost, outcome, reason };
  }
}
