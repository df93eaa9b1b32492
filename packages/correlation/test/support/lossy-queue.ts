import type { Loss, Plugin, Queue, Queued } from '@bus/core';
import { definePlugin, QueuedList } from '@bus/core';

/** Holds one message, and gives one up for the next, in the way its endpoint's `overflow` says. */
class LossyQueue implements Queue {
  readonly #waiting = new QueuedList();
  readonly #overflow: string;

  constructor(overflow: string) {
    this.#overflow = overflow;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get busy(): boolean {
    return this.size > 0;
  }

  push(delivery: Queued): Loss | undefined {
    const [reason, old] = [this.#overflow, this.#waiting.head];
    if (reason === 'drop-newest' && old) return { lost: delivery, outcome: 'dropped', reason };
    if (old !== undefined) this.#waiting.remove(old);
    this.#waiting.push(delivery);
    if (old === undefined) return undefined;
    if (reason === 'latest') return { lost: old, outcome: 'superseded' };
    return { lost: old, outcome: 'dropped', reason };
  }

  take(): Queued | undefined {
    const next = this.#waiting.head;
    if (next !== undefined) this.#waiting.remove(next);
    return next;
  }

  done(): void {}

  remove(delivery: Queued): void {
    delivery.list?.remove(delivery);
  }

  oldest(): number | undefined {
    return this.#waiting.head?.message.sentAt;
  }

  *all(): Generator<Queued> {
    while (this.#waiting.head !== undefined) yield this.#waiting.head;
  }
}

/** Brings the overflow policies that lose messages, for handlers. */
export function lossyQueues(): Plugin {
  return definePlugin({
    name: 'lossy-queues',
    setup({ hooks }) {
      hooks.define.tap((definition) => {
        const { overflow } = definition;
        if (overflow === undefined || overflow === 'block' || overflow === 'error') {
          return definition;
        }
        return { ...definition, queue: () => new LossyQueue(overflow) };
      });
      return undefined;
    },
  });
}
