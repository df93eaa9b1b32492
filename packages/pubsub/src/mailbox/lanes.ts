import type { Queued } from '@bus/core';
import { RankedList } from './ranked-list.ts';

/** The mailbox's mark on a delivery whose key matters. */
export interface Mark {
  /** Its key, where messages of one key run one at a time. */
  readonly lane: string | undefined;
  /** The key by which a newer message supersedes it. */
  readonly slot: string | undefined;
  /** It runs, or its lane is kept free for it. */
  holdsLane: boolean;
}

/** Keeps messages of one key from running at the same time. */
export class Lanes {
  /** Messages that have waited for their lane and hold it now. */
  readonly ready: RankedList = new RankedList();
  /** By the key of each lane that is held, the messages that wait for it. */
  readonly #lanes = new Map<string, RankedList | undefined>();

  /** Lets a delivery have its lane. If that is held, the delivery waits there from now on. */
  enter(delivery: Queued): boolean {
    const mark = delivery.mark as Mark | undefined;
    const lane = mark?.lane;
    if (mark === undefined || lane === undefined || mark.holdsLane) return true;
    if (!this.#lanes.has(lane)) {
      mark.holdsLane = true;
      this.#lanes.set(lane, undefined);
      return true;
    }
    const waiting = this.#lanes.get(lane) ?? new RankedList();
    this.#lanes.set(lane, waiting);
    delivery.list?.remove(delivery);
    waiting.push(delivery);
    return false;
  }

  /** Gives the lane of a delivery to the next of its key. */
  leave({ mark }: Queued): void {
    const { lane, holdsLane } = (mark ?? {}) as Partial<Mark>;
    if (lane === undefined || !holdsLane) return;
    (mark as Mark).holdsLane = false;
    const next = this.#lanes.get(lane)?.next();
    if (next === undefined) {
      this.#lanes.delete(lane);
      return;
    }
    next.list?.remove(next);
    (next.mark as Mark).holdsLane = true;
    this.ready.push(next);
  }

  /** All messages that wait for their lane, or hold it and wait to start. */
  get lists(): RankedList[] {
    const waiting = [...this.#lanes.values()].filter((list) => list !== undefined);
    return [...waiting, this.ready];
  }
}
