/** Something to be run at a time; `at`, then `tiebreak`, then `order` decide who is first. */
export interface Entry {
  readonly at: number;
  readonly tiebreak: number;
  readonly order: number;
  readonly callback: () => void;
  /** Taken back, or run; it stays in the heap until it comes to the top. */
  over: boolean;
}

/** Taken back entries that are put up with before they are swept. */
const sweepAbove = 64;

/** Entries by when they are due: a binary heap, since a simulation asks for the first all the time. */
export class Due {
  #heap: Entry[] = [];
  #live = 0;

  /** Entries neither run nor taken back. */
  get size(): number {
    return this.#live;
  }

  add(entry: Entry): void {
    this.#live++;
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  remove(entry: Entry): void {
    if (entry.over) return;
    entry.over = true;
    this.#live--;
    if (this.#heap.length > sweepAbove && this.#heap.length > 2 * this.#live) this.#sweep();
  }

  /** Takes out the first entry due at `until` or before. */
  take(until: number): Entry | undefined {
    for (;;) {
      const [first] = this.#heap;
      if (first === undefined || (!first.over && first.at > until)) return undefined;
      this.#pop();
      if (first.over) continue;
      first.over = true;
      this.#live--;
      return first;
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((entry) => !entry.over).sort((a, b) => (before(a, b) ? -1 : 1));
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const entry = heap[from] as Entry;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Entry;
      if (!before(entry, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const entry = heap[from] as Entry;
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const least =
        right < heap.length && before(heap[right] as Entry, heap[left] as Entry) ? right : left;
      const child = heap[least] as Entry;
      if (!before(child, entry)) break;
      heap[at] = child;
      at = least;
    }
    heap[at] = entry;
  }
}

function before(a: Entry, b: Entry): boolean {
  if (a.at !== b.at) return a.at < b.at;
  if (a.tiebreak !== b.tiebreak) return a.tiebreak < b.tiebreak;
  return a.order < b.order;
}
