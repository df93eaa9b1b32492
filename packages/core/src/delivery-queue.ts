import type { Delivery } from './delivery.ts';

/** A queue whose members carry its links, so that any of them leaves in constant time. */
export class DeliveryQueue {
  head: Delivery | undefined;
  tail: Delivery | undefined;
  size = 0;

  push(delivery: Delivery): void {
    this.#insert(delivery, this.tail, undefined);
  }

  remove(delivery: Delivery): void {
    const { before, after } = delivery;
    if (before === undefined) this.head = after;
    else before.after = after;
    if (after === undefined) this.tail = before;
    else after.before = before;
    delivery.queue = delivery.before = delivery.after = undefined;
    this.size--;
  }

  replace(old: Delivery, delivery: Delivery): void {
    const { before, after } = old;
    this.remove(old);
    this.#insert(delivery, before, after);
  }

  #insert(delivery: Delivery, before: Delivery | undefined, after: Delivery | undefined): void {
    delivery.queue = this;
    delivery.before = before;
    delivery.after = after;
    if (before === undefined) this.head = delivery;
    else before.after = delivery;
    if (after === undefined) this.tail = delivery;
    else after.before = delivery;
    this.size++;
  }
}
