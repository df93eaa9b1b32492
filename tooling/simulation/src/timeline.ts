/** Something to be run at a time. */
export interface Event {
  at: number;
  /** Decides between those due at the same time; set when it is added. */
  order: number;
  readonly run: () => void;
  /** Taken back, or run. */
  over: boolean;
}

/** Events by when they are due: a binary heap. */
export class Timeline {
  readonly #heap: Event[] = [];
  #order = 0;

  add(event: Event): void {
    event.order = this.#order++;
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Event;
      if (!isBefore(event, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = event;
  }

  /** Takes out the first event due at `until` or before. */
  take(until: number): Event | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (!first.over && first.at > until) return undefined;
      this.#removeFirst();
      if (!first.over) return first;
    }
    return undefined;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, child)) {
        below++;
        child = right;
      }
      if (!isBefore(child, last)) break;
      heap[place] = child;
      place = below;
    }
    heap[place] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}
