/** Whoever wants to run, as far as the gate lets it. */
export interface Runnable {
  /** It has been let in; whoever starts it has it {@link Gate.leave} at the end. */
  start(): void;
}

/** Lets so many run at once, in the order they came. */
export class Gate {
  #free: number;
  readonly #waiting: Runnable[] = [];
  #admitting = false;

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  /** Takes a place, if one is free and nobody waits. */
  tryEnter(): boolean {
    if (this.#free === 0 || this.#waiting.length > 0) return false;
    this.#free--;
    return true;
  }

  /** Starts it with a place, now or later. */
  enter(runnable: Runnable): void {
    this.#waiting.push(runnable);
    this.#admit();
  }

  leave(): void {
    this.#free++;
    this.#admit();
  }

  /** What runs and ends at once would recurse otherwise. */
  #admit(): void {
    if (this.#admitting) return;
    this.#admitting = true;
    while (this.#free > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#free--;
      next.start();
    }
    this.#admitting = false;
  }
}
