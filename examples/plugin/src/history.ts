/** A value with the time it was kept. */
interface Kept<T> {
  readonly value: T;
  readonly at: number;
}

/** The last values of many topics, bounded in every direction: per topic, in topics, and in age. */
export class History<T> {
  readonly #perTopic: number;
  readonly #topics: number;
  readonly #kept = new Map<string, Kept<T>[]>();

  constructor(perTopic: number, topics: number) {
    this.#perTopic = perTopic;
    this.#topics = topics;
  }

  /** How many topics have something kept. */
  get size(): number {
    return this.#kept.size;
  }

  add(topic: string, value: T, at: number): void {
    const list = this.#kept.get(topic) ?? [];
    list.push({ value, at });
    if (list.length > this.#perTopic) list.shift();
    // Put back at the end: a Map keeps the order of insertion, so the first topic is the stalest.
    this.#kept.delete(topic);
    this.#kept.set(topic, list);
    const [stalest] = this.#kept.keys();
    if (this.#kept.size > this.#topics && stalest !== undefined) this.#kept.delete(stalest);
  }

  /** The values of a topic kept at `since` or later, oldest first. */
  of(topic: string, since: number): readonly T[] {
    const list = this.#kept.get(topic) ?? [];
    return list.filter(({ at }) => at >= since).map(({ value }) => value);
  }

  /** Forgets what was kept before `since`. */
  forget(since: number): void {
    for (const [topic, list] of this.#kept) {
      const left = list.filter(({ at }) => at >= since);
      if (left.length === 0) this.#kept.delete(topic);
      else this.#kept.set(topic, left);
    }
  }
}
