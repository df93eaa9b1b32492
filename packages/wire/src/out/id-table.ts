/** Ids with the same rest by this number share a slot, one after the other: so many fit at once. */
export const mostIds = 65_536;

/**
 * Values by ids that it gives out. A slot is used again for another id, so that it stays small and
 * finding one is an array access; an id given back is not found again.
 */
export class IdTable<T> {
  readonly #values: (T | undefined)[] = [];
  readonly #ids: number[] = [];
  readonly #free: number[] = [];
  size = 0;

  /** The id that the next value will get. */
  nextId(): number {
    const slot = this.#free[this.#free.length - 1];
    return slot === undefined ? this.#ids.length : (this.#ids[slot] as number);
  }

  /** Puts a value under {@link nextId}. */
  add(value: T): void {
    const slot = this.#free.pop() ?? this.#ids.length;
    if (slot === this.#ids.length) this.#ids.push(slot);
    this.#values[slot] = value;
    this.size++;
  }

  get(id: number): T | undefined {
    const slot = id % mostIds;
    return this.#ids[slot] === id ? this.#values[slot] : undefined;
  }

  /** Gives an id back, with its value. */
  delete(id: number): void {
    const slot = id % mostIds;
    if (this.#ids[slot] !== id || this.#values[slot] === undefined) return;
    this.#values[slot] = undefined;
    this.#ids[slot] = id + mostIds;
    this.#free.push(slot);
    this.size--;
  }

  /** All values with their ids; what is deleted meanwhile is left out. */
  *entries(): Generator<[number, T]> {
    for (const [slot, value] of this.#values.entries()) {
      if (value !== undefined) yield [this.#ids[slot] as number, value];
    }
  }
}
