/** What can stand in one list. */
export interface Linked<T> {
  before: T | undefined;
  after: T | undefined;
}

/**
 * What is under way, in the order it began. Its members are linked themselves: a `Set` that members
 * come to and go from leaves old tables behind, which keep what went alive for V8's young collector,
 * and that doubles the cost of a message.
 */
export class Pending<T extends Linked<T>> implements Iterable<T> {
  size = 0;
  #first: T | undefined;
  #last: T | undefined;

  add(member: T): void {
    member.before = this.#last;
    if (this.#last === undefined) this.#first = member;
    else this.#last.after = member;
    this.#last = member;
    this.size++;
  }

  /** To be called once for what was added. */
  delete(member: T): void {
    const { before, after } = member;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    member.before = undefined;
    member.after = undefined;
    this.size--;
  }

  /** Those that are there when it is called, whatever becomes of them meanwhile. */
  [Symbol.iterator](): IterableIterator<T> {
    const members: T[] = [];
    for (let next = this.#first; next !== undefined; next = next.after) members.push(next);
    return members.values();
  }
}
