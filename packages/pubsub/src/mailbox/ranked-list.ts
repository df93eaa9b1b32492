import type { Priority, Queued } from '@bus/core';
import { QueuedList } from '@bus/core';

/** The place of each priority in a {@link RankedList}, best first. */
export const ranks: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };
/** The rank of the lowest priority. */
export const lowestRank = 2;

/** After this many overtakings, the lowest priority that waits has its turn. */
const mostOvertakings = 8;

/** Messages by priority. Those of one priority stay in the order they came. */
export class RankedList {
  readonly lists: readonly QueuedList[] = [new QueuedList(), new QueuedList(), new QueuedList()];
  #overtaken = 0;

  push(delivery: Queued): void {
    this.lists[ranks[delivery.message.priority]]?.push(delivery);
  }

  /** The next in turn. Those `ahead` go before others of their priority. */
  next(ahead?: RankedList): Queued | undefined {
    const high = this.#head(0, ahead);
    const normal = this.#head(1, ahead);
    const low = this.#head(2, ahead);
    const best = high ?? normal ?? low;
    const lowest = low ?? normal ?? high;
    if (best === lowest || ++this.#overtaken <= mostOvertakings) return best;
    this.#overtaken = 0;
    return lowest;
  }

  /** A held message holds back those behind it. */
  #head(rank: number, ahead: RankedList | undefined): Queued | undefined {
    const first = ahead?.lists[rank]?.head;
    if (first !== undefined) return first;
    const head = this.lists[rank]?.head;
    return head?.held ? undefined : head;
  }
}
