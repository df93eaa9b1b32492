import type { Bus } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import type { GlobRouter } from '@bus/router-glob';
import type { Deliveries } from '../contract/deliveries.ts';
import type { Workspace } from '../contract.ts';

const everyMs = 500;
/** How many batches are remembered, to know one that comes again. */
const remembered = 1024;

/**
 * Follows every batch from storage to the window that analysis makes of it, from outside: what the
 * reliable plugin says of itself is not believed here.
 */
export class DeliveryCheck {
  readonly #unhandled = new Set<number>();
  readonly #handled = new Recent();
  readonly #seen = new Recent();
  readonly #letters = new Set<string>();
  /** How many wait in each process. */
  readonly #waiting = new Map<string, number>();
  readonly #bus: Bus<Workspace, PubSub | GlobRouter>;
  #timer: NodeJS.Timeout | undefined;
  #publishedCount = 0;
  #acknowledged = 0;
  #handledCount = 0;
  #again = 0;
  #replayed = 0;

  constructor(bus: Bus<Workspace, PubSub | GlobRouter>) {
    this.#bus = bus;
    bus.subscribe('batch.stored', ({ payload }) => this.#published(payload.index), {
      name: 'deliveries.batches',
    });
    bus.subscribe('window.*', ({ payload }) => this.#windowed(payload.index), {
      name: 'deliveries.windows',
    });
    bus.subscribe(
      'batch.settled',
      ({ payload }) => {
        // Perhaps it never came by here.
        this.#published(payload.index);
        if (payload.acknowledged) this.#acknowledged++;
      },
      { name: 'deliveries.settled' },
    );
    bus.subscribe('dead-letter.kept', ({ payload: { by, id } }) => {
      this.#letters.add(id);
      this.#waiting.set(by, (this.#waiting.get(by) ?? 0) + 1);
      this.#tell();
    });
    bus.subscribe('dead-letter.replayed', ({ payload: { by, replayed, left } }) => {
      this.#replayed += replayed;
      this.#waiting.set(by, left);
      // At once: the run may end before the next second has come.
      this.#tell();
    });
    // Dead letters are in the memory of their process.
    bus.subscribe('process.lost', ({ payload: { id } }) => void this.#waiting.delete(id));
  }

  get deliveries(): Deliveries {
    const waiting = [...this.#waiting.values()].reduce((sum, count) => sum + count, 0);
    return {
      published: this.#publishedCount,
      acknowledged: this.#acknowledged,
      handled: this.#handledCount,
      again: this.#again,
      deadLetters: this.#letters.size,
      replayed: this.#replayed,
      missing: Math.max(0, this.#unhandled.size - waiting),
    };
  }

  begin(): void {
    this.#timer = setInterval(() => this.#tell(), everyMs);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    void this.#bus.publish('system.deliveries', this.deliveries);
  }

  #published(index: number): void {
    if (this.#seen.has(index)) return;
    this.#seen.add(index);
    this.#unhandled.add(index);
    this.#publishedCount++;
  }

  #windowed(index: number): void {
    this.#published(index);
    if (this.#handled.has(index)) {
      this.#again++;
      return;
    }
    this.#handled.add(index);
    this.#unhandled.delete(index);
    this.#handledCount++;
  }
}

/** The newest numbers. */
class Recent {
  readonly #numbers = new Set<number>();

  has(number: number): boolean {
    return this.#numbers.has(number);
  }

  add(number: number): void {
    this.#numbers.add(number);
    const [oldest] = this.#numbers;
    if (this.#numbers.size > remembered && oldest !== undefined) this.#numbers.delete(oldest);
  }
}
