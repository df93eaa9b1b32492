import type { Message } from '@bus/core';
import { Verdict } from '@bus/core';
import { expiredWaiting } from './errors.ts';
import type { Item } from './item.ts';
import type { Limits } from './limits.ts';

/** The messages that wait for their batch, in the order they came. */
export class WaitingItems {
  readonly #limits: Limits;
  #items: Item[] = [];
  #weight = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#items.length;
  }

  /** They fill a batch. */
  get isFull(): boolean {
    return this.#items.length >= this.#limits.size || this.#weight >= this.#limits.bytes;
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#weight += item.weight;
  }

  find(isIt: (item: Item) => boolean): Item | undefined {
    return this.#items.find(isIt);
  }

  /** Takes one out; returns whether it was here. */
  remove(item: Item): boolean {
    const at = this.#items.indexOf(item);
    if (at < 0) return false;
    this.#items.splice(at, 1);
    this.#weight -= item.weight;
    return true;
  }

  /** Takes the next batch out. Messages past their deadline end here. */
  take(now: number, name: string): readonly Item[] {
    const count = this.#countOfBatch();
    const taken = count === this.#items.length ? this.#items : this.#items.splice(0, count);
    if (taken === this.#items) this.#items = [];
    for (const { weight } of taken) this.#weight -= weight;
    if (taken.every(({ message }) => !isLate(message, now))) return taken;
    for (const item of taken) {
      const { message } = item;
      if (!isLate(message, now)) continue;
      item.reject(new Verdict('expired', expiredWaiting(message.topic, name)));
    }
    return taken.filter(({ message }) => !isLate(message, now));
  }

  #countOfBatch(): number {
    const { size, bytes } = this.#limits;
    if (this.#items.length <= size && this.#weight <= bytes) return this.#items.length;
    let weight = 0;
    const over = this.#items.findIndex((item, at) => {
      weight += item.weight;
      return at > 0 && (at >= size || weight > bytes);
    });
    return over < 0 ? this.#items.length : over;
  }
}

function isLate({ deadline }: Message, now: number): boolean {
  return deadline !== undefined && deadline <= now;
}
